//! A block as full as the law reads one (PROTOCOL 2.3): it is mined, listed page by page, opened, and read back after a restart.

use std::collections::BTreeSet;
use std::time::Instant;

use aosec_wire::Id;

use super::*;
use crate::arweave::gateway::Gateway;

/// What runs in a block at most.
const ITEMS: usize = 16_384;
const ITEMS_OF_BUNDLE: usize = 1_024;
const PAGE: usize = 100;

fn crowd() -> Vec<VerifiedItem> {
    let key = SigningKey::ed25519([1; 32]);
    let one = |number: usize| Draft {
        tags: Tags::new()
            .with("Crowd", "all")
            .with("Number", number.to_string()),
        data: "x".into(),
        ..Draft::default()
    };
    (0..ITEMS)
        .map(|number| one(number).sign(&key).unwrap())
        .collect()
}

async fn listed(house: &Loopback, height: u64) -> (BTreeSet<Id>, usize) {
    let query = "query ($after: String, $height: Int) { transactions(first: 100, after: $after, sort: HEIGHT_ASC, \
        block: { min: $height, max: $height }, tags: [{ name: \"Crowd\", values: [\"all\"] }]) { \
        pageInfo { hasNextPage } edges { cursor node { id bundledIn { id } } } } }";
    let (mut found, mut pages, mut after) = (BTreeSet::new(), 0, Value::Null);
    loop {
        let variables = json!({ "after": after, "height": height });
        let answer = house.graphql(query, variables).await;
        let page = &answer["data"]["transactions"];
        let edges = page["edges"].as_array().unwrap();
        found.extend(
            edges
                .iter()
                .map(|edge| edge["node"]["id"].as_str().unwrap().parse::<Id>().unwrap()),
        );
        pages += 1;
        if page["pageInfo"]["hasNextPage"] != true {
            return (found, pages);
        }
        after = edges.last().unwrap()["cursor"].clone();
    }
}

#[tokio::test]
async fn a_full_block_stays_servable() {
    let house = Loopback::start(vec![]).await;
    let items = crowd();
    let mut bundles = Vec::new();
    for part in items.chunks(ITEMS_OF_BUNDLE) {
        let tags = [("Bundle-Format", "binary"), ("Bundle-Version", "2.0.0")];
        let data = bundle::build(part).to_vec();
        let sent = house.transaction(Format::One, data, &tags).await;
        house.chain.submit(sent.clone()).await.unwrap();
        bundles.push(sent.id());
    }
    let begun = Instant::now();
    house.chain.mine(1).await.unwrap();
    let mined = begun.elapsed();
    let wanted: BTreeSet<Id> = items.iter().map(VerifiedItem::id).collect();
    let house = check(house, &bundles, &wanted).await;
    let begun = Instant::now();
    let house = house.restart().await;
    let opened = begun.elapsed();
    check(house, &bundles, &wanted).await;
    println!("{ITEMS} items: mined in {mined:?}, opened again in {opened:?}");
}

async fn check(house: Loopback, bundles: &[Id], wanted: &BTreeSet<Id>) -> Loopback {
    let gateway: Gateway = house.gateway();
    let head = gateway.block(2).await.unwrap().unwrap();
    assert_eq!(head.txs, bundles);
    let begun = Instant::now();
    let (found, pages) = listed(&house, 2).await;
    assert_eq!(&found, wanted);
    assert_eq!(pages, ITEMS.div_ceil(PAGE));
    println!("{pages} pages in {:?}", begun.elapsed());
    for bundle in bundles {
        let whole = gateway.transaction(*bundle).await.unwrap().unwrap();
        assert!(whole.data().is_some_and(|data| !data.is_empty()));
    }
    let one = *wanted.first().unwrap();
    assert_eq!(gateway.item(one).await.unwrap().unwrap().id(), one);
    house
}
