//! Gateways that cut the signed bytes of a format 1 transaction into other fields: the signature holds, the law is gone.

use aosec_wire::Id;
use reqwest::Url;

use super::author::{Author, post};
use super::gateways::{Vice, vicious};
use super::{Bench, DEPTH, MODULE, mine, told};
use crate::arweave::devchain::loopback::Loopback;
use crate::arweave::gateway::{Gateway, GatewayError};
use crate::arweave::transaction::Format;
use crate::shutdown::Shutdown;

struct Scene {
    chain: Loopback,
    author: Author,
    record: Id,
    data: Id,
    mined: u64,
}

/// A log of one message whose record and items are both in format 1.
async fn scene() -> Scene {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.send("a");
    let data = post(&chain, Format::One, "Data", &author.items(0, 1)).await;
    let record = author.post_record(&chain, 1, 1).await;
    let mined = mine(&chain, 1 + DEPTH).await - DEPTH;
    Scene {
        chain,
        author,
        record,
        data,
        mined,
    }
}

async fn bench(urls: Vec<Url>) -> Bench {
    Bench::open(Gateway::new(urls).unwrap()).await
}

#[tokio::test]
async fn a_record_that_one_gateway_makes_look_malformed_is_never_ignored() {
    let Scene {
        chain,
        author,
        record,
        mined,
        ..
    } = scene().await;
    let shutdown = Shutdown::new();
    for vice in [Vice::Renames(record), Vice::Shortens(record)] {
        let (liar, honest) = (vicious(&chain, vice, &shutdown).await, chain.url.clone());
        let house = bench(vec![liar.clone(), honest.clone(), honest.clone()]).await;
        house.until_firm(mined).await;
        let found = house.messages(author.process()).await.unwrap();
        assert_eq!(found, told(&author), "{vice:?}: most gateways say what is");
        let hides = vicious(&chain, Vice::Hides(record), &shutdown).await;
        // Where only two are asked and they differ, or the others do not have it, nothing can be told: reading stops with the reason.
        for (urls, reason) in [
            (vec![liar.clone(), honest.clone()], "in 2 ways"),
            (vec![honest.clone(), liar.clone()], "in 2 ways"),
            (vec![liar.clone(), hides.clone()], "only 1 of 2 gateways"),
            (
                vec![liar.clone(), hides.clone(), hides.clone()],
                "only 1 of 3 gateways",
            ),
        ] {
            let house = bench(urls).await;
            let view = house.until(|view| view.trouble.is_some()).await;
            assert!(view.trouble.unwrap().contains(reason), "{vice:?}: {reason}");
            assert_eq!(
                view.firm, None,
                "{vice:?}: a block is read whole or not at all"
            );
        }
    }
    shutdown.tell();
}

#[tokio::test]
async fn one_gateway_alone_is_believed_where_it_cuts() {
    let Scene {
        chain,
        author,
        record,
        mined,
        ..
    } = scene().await;
    let shutdown = Shutdown::new();
    let house = bench(vec![
        vicious(&chain, Vice::Renames(record), &shutdown).await,
    ])
    .await;
    house.until_firm(mined).await;
    let found = house.messages(author.process()).await.unwrap();
    assert_eq!(found.len(), 1, "the operator chose to trust it");
    shutdown.tell();
}

#[tokio::test]
async fn items_are_found_however_one_gateway_cuts_the_transaction_around_them() {
    let Scene {
        chain,
        author,
        data,
        mined,
        ..
    } = scene().await;
    let shutdown = Shutdown::new();
    let liar = vicious(&chain, Vice::Shortens(data), &shutdown).await;
    let gateway = Gateway::new(vec![liar, chain.url.clone()]).unwrap();
    let house = Bench::open(gateway.clone()).await;
    house.until_firm(mined).await;
    let found = house.messages(author.process()).await.unwrap();
    assert_eq!(found, told(&author));
    let told_apart = gateway.transaction(data).await;
    assert!(matches!(
        told_apart,
        Err(GatewayError::Readings { ways: 2, .. })
    ));
    shutdown.tell();
}

#[tokio::test]
async fn a_malformed_record_is_ignored_where_most_gateways_show_it_and_one_makes_it_law() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.send("a");
    author.post_items(&chain, 0, 1).await;
    let tags = [
        ("Data-Protocola", "o"),
        ("Bundle-Format", "binary"),
        ("Bundle-Version", "2.0.0"),
        ("Type", "Log"),
    ];
    let record = aosec_wire::bundle::build(&[author.record(1, 1)]).to_vec();
    let bad = chain.transaction(Format::One, record, &tags).await;
    chain.chain.submit(bad.clone()).await.unwrap();
    let mined = mine(&chain, 1 + DEPTH).await - DEPTH;
    let shutdown = Shutdown::new();
    let liar = vicious(&chain, Vice::Mends(bad.id(), mined), &shutdown).await;
    let honest = chain.url.clone();
    let house = bench(vec![liar, honest.clone(), honest]).await;
    house.until_firm(mined).await;
    let found = house.messages(author.process()).await.unwrap();
    assert_eq!(found.len(), 1, "no law, whatever one gateway says");
    shutdown.tell();
}
