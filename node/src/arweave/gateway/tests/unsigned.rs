//! Lies about what no signature covers: the clock, money, absence, the state of a transaction.

use axum::response::IntoResponse as _;
use serde_json::json;

use super::liar::liar;
use super::lies::gateways;
use super::*;
use crate::arweave::transaction::Anchor;

/// A house with some blocks, and a liar that answers `body` at `path`.
async fn against(path: &'static str, body: impl Into<String>) -> (Loopback, Url) {
    let house = Loopback::start(vec![item("a")]).await;
    house.chain.mine(4).await.unwrap();
    let url = answering(&house, path, body).await;
    (house, url)
}

async fn answering(house: &Loopback, path: &'static str, body: impl Into<String>) -> Url {
    let body = body.into();
    let lie = move |asked: &str| {
        asked
            .starts_with(path)
            .then(|| body.clone().into_response())
    };
    liar(house, lie).await
}

fn tip_of(height: &str, branch: char) -> String {
    let id = branch.to_string().repeat(64);
    format!(r#"{{"indep_hash":"{id}","height":{height},"timestamp":1,"previous_block":""}}"#)
}

#[tokio::test]
async fn a_lying_tip_moves_no_clock() {
    for height in ["1000000", "18446744073709551615", "0", "5"] {
        let (house, liar) = against("/block/current", tip_of(height, 'A')).await;
        for urls in [
            vec![liar.clone(), house.url.clone()],
            vec![house.url.clone(), liar.clone()],
        ] {
            let gateway = gateways(urls);
            let low = height.parse::<u64>().unwrap().min(5);
            // Before anything is agreed on, one behind cannot be told from one ahead; with three there is a quorum.
            assert_eq!(gateway.tip().await.unwrap().height, low, "{height}");
        }
        let three = gateways(vec![liar, house.url.clone(), house.url.clone()]);
        assert_eq!(three.tip().await.unwrap().height, 5, "{height}");
        house.chain.mine(1).await.unwrap();
        assert_eq!(three.tip().await.unwrap().height, 6, "{height}");
    }
}

#[tokio::test]
async fn a_tip_that_does_not_read_is_a_fault() {
    for height in ["-1", "1e3", "18446744073709551616", "\"5\"", "null", "[]"] {
        let (house, liar) = against("/block/current", tip_of(height, 'A')).await;
        let alone = gateways(vec![liar.clone()]).tip().await;
        assert!(
            matches!(alone, Err(GatewayError::Unanswered { .. })),
            "{height}"
        );
        let three = gateways(vec![liar, house.url.clone(), house.url.clone()]);
        assert_eq!(three.tip().await.unwrap().height, 5, "{height}");
    }
}

#[tokio::test]
async fn a_tip_that_swings_and_one_on_a_fork_move_nothing() {
    let (house, _) = against("/none", "").await;
    let count = Arc::new(AtomicUsize::new(0));
    let lie = move |asked: &str| {
        let turn = count.fetch_add(1, Ordering::Relaxed);
        let height = if turn.is_multiple_of(2) {
            "99999999"
        } else {
            "1"
        };
        (asked == "/block/current").then(|| tip_of(height, 'A').into_response())
    };
    let swings = liar(&house, lie).await;
    let forked = answering(&house, "/block/current", tip_of("5", 'B')).await;
    let truth = house.chain.read().await.unwrap().tip().unwrap().tip();
    let gateway = gateways(vec![
        forked,
        swings,
        house.url.clone(),
        house.url.clone(),
        house.url.clone(),
    ]);
    for _poll in 0..6 {
        assert_eq!(gateway.tip().await.unwrap(), truth);
    }
}

#[tokio::test]
async fn a_block_of_another_height_is_a_fault() {
    let (house, liar) = against("/block/height/", tip_of("2", 'A')).await;
    let alone = gateways(vec![liar.clone()]);
    assert!(matches!(
        alone.block(3).await,
        Err(GatewayError::Unanswered { .. })
    ));
    let both = gateways(vec![liar, house.url.clone()]);
    let truth = house.chain.read().await.unwrap().block(3).unwrap().id;
    assert_eq!(both.block(3).await.unwrap().unwrap().id, truth);
}

#[tokio::test]
async fn no_price_drains_the_wallet() {
    let dear = (u128::MAX / 2).to_string();
    for price in [
        "340282366920938463463374607431768211456",
        dear.as_str(),
        "-5",
        "1e9",
        "",
        "NaN",
        "0x10",
    ] {
        let (house, liar) = against("/price/", price).await;
        let alone = gateways(vec![liar.clone()]).price(1_000).await;
        assert!(
            matches!(alone, Err(GatewayError::Unanswered { .. })),
            "{price}"
        );
        let both = gateways(vec![liar, house.url.clone()]);
        let honest = house.gateway().price(1_000).await.unwrap();
        assert_eq!(both.price(1_000).await.unwrap(), honest, "{price}");
    }
    // Within the cap, a quorum decides.
    let (house, low) = against("/price/", "0").await;
    let honest = house.gateway().price(1_000).await.unwrap();
    let both = gateways(vec![low.clone(), house.url.clone()]);
    assert_eq!(both.price(1_000).await.unwrap(), honest);
    let high = answering(&house, "/price/", (honest * 50).to_string()).await;
    let three = gateways(vec![high, low, house.url.clone()]);
    assert_eq!(three.price(1_000).await.unwrap(), honest);
}

#[tokio::test]
async fn a_bad_anchor_does_not_spoil_every_transaction() {
    for anchor in [
        "",
        "AAAA",
        "not base64url !",
        &"B".repeat(43),
        &"B".repeat(64_000),
    ] {
        let (house, liar) = against("/tx_anchor", anchor).await;
        let alone = gateways(vec![liar.clone()]).anchor().await;
        assert!(alone.is_err(), "{anchor:.50}");
        let both = gateways(vec![liar, house.url.clone()]);
        assert_eq!(
            both.anchor().await.unwrap(),
            house.gateway().anchor().await.unwrap()
        );
    }
    // One that reads, of a block that nobody has.
    let (house, liar) = against("/tx_anchor", "B".repeat(64)).await;
    let truth = house.gateway().anchor().await.unwrap();
    let three = gateways(vec![liar.clone(), house.url.clone(), house.url.clone()]);
    assert_eq!(three.anchor().await.unwrap(), truth);
    let liar = liar_about_blocks(&house).await;
    let both = gateways(vec![liar, house.url.clone()]);
    let turns = [both.anchor().await.unwrap(), both.anchor().await.unwrap()];
    assert!(turns.contains(&truth) && turns[0] != turns[1], "{turns:?}");
}

/// Bad anchors, and no other gateway's blocks.
async fn liar_about_blocks(house: &Loopback) -> Url {
    let lie = |asked: &str| match asked {
        "/tx_anchor" => Some("B".repeat(64).into_response()),
        asked if asked.starts_with("/block/hash/") => Some("[]".into_response()),
        _ => None,
    };
    liar(house, lie).await
}

#[tokio::test]
async fn one_liar_cannot_say_what_is_mined() {
    let (house, _) = against("/none", "").await;
    let confirmed = json!({ "block_height": 3, "block_indep_hash": "A".repeat(64), "number_of_confirmations": 90 });
    let confirms = answering(&house, "/tx/", confirmed.to_string()).await;
    let sent = house.transaction(Format::One, b"x".to_vec(), &[]).await;
    let two = gateways(vec![confirms.clone(), house.url.clone()]);
    let three = gateways(vec![confirms, house.url.clone(), house.url.clone()]);
    assert_eq!(
        two.status(sent.id()).await.unwrap(),
        Some(TransactionStatus::Pending)
    );
    house.chain.submit(sent.clone()).await.unwrap();
    assert_eq!(
        two.status(sent.id()).await.unwrap(),
        Some(TransactionStatus::Pending)
    );
    house.chain.mine(2).await.unwrap();
    let mined = TransactionStatus::Mined {
        height: 6,
        confirmations: 2,
    };
    assert_eq!(three.status(sent.id()).await.unwrap(), Some(mined));
    for garbage in [
        "",
        "{}",
        "[]",
        "confirmed",
        r#"{"block_height":-1,"number_of_confirmations":9}"#,
    ] {
        let liar = answering(&house, "/tx/", garbage).await;
        let alone = gateways(vec![liar.clone()]).status(sent.id()).await;
        assert!(
            matches!(alone, Err(GatewayError::Unanswered { .. })),
            "{garbage}"
        );
        let both = gateways(vec![liar, house.url.clone()]);
        assert_eq!(
            both.status(sent.id()).await.unwrap(),
            Some(mined),
            "{garbage}"
        );
    }
}

#[tokio::test]
async fn not_found_is_only_true_where_most_say_so() {
    let (house, _) = against("/none", "").await;
    let sent = house.transaction(Format::Two, b"x".to_vec(), &[]).await;
    house.chain.submit(sent.clone()).await.unwrap();
    house.chain.mine(1).await.unwrap();
    let empty = Loopback::start(vec![]).await;
    let (there, nobody) = (house.url.clone(), nobody());
    let both = gateways(vec![empty.url.clone(), there.clone()]);
    assert_eq!(
        both.transaction(sent.id()).await.unwrap(),
        Some(sent.clone())
    );
    assert_eq!(both.item(item("a").id()).await.unwrap(), Some(item("a")));
    let absent = gateways(vec![empty.url.clone(), nobody.clone()]);
    assert!(absent.transaction(sent.id()).await.is_err());
    let absent = gateways(vec![empty.url.clone(), nobody, empty.url.clone()]);
    assert_eq!(absent.transaction(sent.id()).await.unwrap(), None);
}

#[tokio::test]
async fn one_that_takes_everything_and_keeps_nothing_does_not_swallow_a_transaction() {
    let (house, keeps_nothing) = against("/tx", "OK").await;
    let gateway = gateways(vec![keeps_nothing, house.url.clone()]);
    let sent = house.transaction(Format::Two, b"x".to_vec(), &[]).await;
    gateway.post(&sent).await.unwrap();
    house.chain.mine(1).await.unwrap();
    let status = house.gateway().status(sent.id()).await.unwrap();
    assert!(matches!(status, Some(TransactionStatus::Mined { .. })));
}

#[tokio::test]
async fn a_location_that_another_signed_is_not_the_schedulers() {
    let house = Loopback::start(vec![]).await;
    let (ours, other) = (SigningKey::ed25519([8; 32]), SigningKey::ed25519([9; 32]));
    for (key, port) in [(&ours, 1), (&other, 2)] {
        let url = format!("http://127.0.0.1:{port}").parse().unwrap();
        let draft = location::draft(&Location { url, ttl_ms: 5_000 }, port);
        house.chain.hold(draft.sign(key).unwrap()).await.unwrap();
    }
    house.chain.mine(1).await.unwrap();
    let theirs = house
        .graphql(
            "query ($owner: String!) { transactions(owners: [$owner]) { edges { node { id anchor signature recipient \
             owner { address key } tags { name value } block { height } bundledIn { id } } } } }",
            json!({ "owner": other.address() }),
        )
        .await;
    let liar = answering(&house, "/graphql", theirs.to_string()).await;
    let gateway = gateways(vec![liar, house.url.clone()]);
    let found = gateway
        .scheduler_location(ours.address())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.url.port(), Some(1));
    assert!(matches!(gateway.anchor().await.unwrap(), Anchor::Block(_)));
}

#[tokio::test]
async fn a_listing_that_never_ends_or_hides_things_is_outdone_by_an_honest_one() {
    let house = Loopback::start(vec![]).await;
    let tags = [("Type", "Log")];
    let sent = house.transaction(Format::One, b"x".to_vec(), &tags).await;
    house.chain.submit(sent.clone()).await.unwrap();
    house.chain.mine(1).await.unwrap();
    let edge = |cursor: &str, height: u64| json!({ "cursor": cursor, "node": { "id": Id::new([7; 32]), "block": { "height": height }, "bundledIn": null } });
    let page = |edges: Vec<serde_json::Value>, more: bool| json!({ "data": { "transactions": { "pageInfo": { "hasNextPage": more }, "edges": edges } } });
    let again = page(vec![edge("same", 2); 100], true);
    for garbage in [
        again.to_string(),
        "{}".into(),
        "[]".into(),
        r#"{"data":null}"#.into(),
    ] {
        let liar = answering(&house, "/graphql", garbage.clone()).await;
        let alone = gateways(vec![liar.clone()]).listed(&tags, 0..=9).await;
        let named = matches!(&alone, Err(GatewayError::Unanswered { faults }) if matches!(faults[..], [Fault::Unreadable(_)]));
        assert!(named, "{garbage:.60}: {alone:?}");
        let both = gateways(vec![liar, house.url.clone()])
            .listed(&tags, 0..=9)
            .await
            .unwrap();
        assert_eq!(
            both.iter().map(|one| one.id).collect::<Vec<_>>(),
            [sent.id()]
        );
    }
    // One that hides everything; one that names what was not asked for.
    for lie in [
        page(vec![], false),
        page(vec![], true),
        page(vec![edge("a", 99)], false),
    ] {
        let liar = answering(&house, "/graphql", lie.to_string()).await;
        let both = gateways(vec![liar, house.url.clone()])
            .listed(&tags, 0..=9)
            .await
            .unwrap();
        assert_eq!(
            both.iter().map(|one| one.id).collect::<Vec<_>>(),
            [sent.id()]
        );
    }
    // The same page twice is one page; a cursor that is always new ends with the question.
    let twice = answering(
        &house,
        "/graphql",
        page(vec![edge("a", 2); 2], false).to_string(),
    )
    .await;
    assert_eq!(
        gateways(vec![twice])
            .listed(&tags, 0..=9)
            .await
            .unwrap()
            .len(),
        1
    );
    let turn = Arc::new(AtomicUsize::new(0));
    let next = move |path: &str| {
        let cursor = turn.fetch_add(1, Ordering::Relaxed).to_string();
        (path == "/graphql").then(|| {
            page(vec![edge(&cursor, 2)], true)
                .to_string()
                .into_response()
        })
    };
    let endless = liar(&house, next).await;
    let alone = gateways(vec![endless]).listed(&tags, 0..=9).await;
    assert!(matches!(alone, Err(GatewayError::Unanswered { .. })));
}
