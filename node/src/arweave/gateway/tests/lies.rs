//! How a liar is judged: alone it gives a named fault in bounded time, beside an honest gateway the answer is right.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::*;
use crate::arweave::transaction::Transaction;

/// Short, so that a slow lie is a quick test.
pub(super) const QUICK: Deadlines = Deadlines {
    head: Duration::from_millis(400),
    data: Duration::from_millis(600),
    question: Duration::from_millis(1_500),
    post: Duration::from_millis(2_000),
};
/// Every question of these tests, on a busy machine.
const BOUND: Duration = Duration::from_secs(20);

pub(super) fn gateways(urls: Vec<Url>) -> Gateway {
    Gateway::with_deadlines(urls, QUICK).unwrap()
}

/// A house with an item, and a mined transaction of each format.
pub(super) struct House {
    pub(super) house: Loopback,
    pub(super) item: VerifiedItem,
    pub(super) one: Transaction,
    pub(super) two: Transaction,
}

pub(super) async fn house() -> House {
    let house = Loopback::start(vec![item("a")]).await;
    let one = house
        .transaction(
            Format::One,
            b"one".to_vec(),
            &[("Type", "Log"), ("Number", "1")],
        )
        .await;
    let two = house
        .transaction(
            Format::Two,
            b"two".to_vec(),
            &[("Type", "Data"), ("Number", "2")],
        )
        .await;
    for sent in [&one, &two] {
        house.chain.submit(sent.clone()).await.unwrap();
    }
    house.chain.mine(1).await.unwrap();
    House {
        house,
        item: item("a"),
        one,
        two,
    }
}

/// What a fault should be.
pub(super) type Expected = fn(&Fault) -> bool;

pub(super) const FORGED: Expected = |fault| matches!(fault, Fault::Forged { .. });
pub(super) const UNREADABLE: Expected = |fault| matches!(fault, Fault::Unreadable(_));
pub(super) const TOO_LONG: Expected = |fault| matches!(fault, Fault::TooLong(_));
pub(super) const STATUS: Expected = |fault| matches!(fault, Fault::Status { .. });
pub(super) const REQUEST: Expected = |fault| matches!(fault, Fault::Request(_) | Fault::Late);

pub(super) fn text(text: impl Into<String>) -> Response {
    text.into().into_response()
}

pub(super) fn changed(transaction: &Transaction, change: impl Fn(&mut Value)) -> String {
    let mut json = transaction.to_json();
    change(&mut json);
    json.to_string()
}

/// Asks for all three things: the liar alone, and beside the honest one.
pub(super) async fn judge(name: &str, house: &House, liar: &Url, expected: Expected) {
    let alone = gateways(vec![liar.clone()]);
    let faults = timeout(BOUND, faults_of(&alone, house))
        .await
        .unwrap_or_else(|_| panic!("{name}: too slow"));
    assert!(!faults.is_empty(), "{name}: nothing was wrong with it");
    for fault in &faults {
        assert!(expected(fault), "{name}: {fault}");
    }
    let both = gateways(vec![liar.clone(), house.house.url.clone()]);
    let right = async {
        assert_eq!(
            both.item(house.item.id()).await.unwrap().as_ref(),
            Some(&house.item),
            "{name}"
        );
        for sent in [&house.one, &house.two] {
            assert_eq!(
                both.transaction(sent.id()).await.unwrap().as_ref(),
                Some(sent),
                "{name}"
            );
        }
    };
    timeout(BOUND, right)
        .await
        .unwrap_or_else(|_| panic!("{name}: too slow beside an honest gateway"));
}

/// The faults of those questions that the gateway did not answer rightly.
async fn faults_of(gateway: &Gateway, house: &House) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut take = |answer: Result<bool, GatewayError>| match answer {
        Ok(right) => assert!(right, "something else was believed"),
        Err(GatewayError::Unanswered { faults }) => found.extend(faults),
        Err(other) => panic!("{other}"),
    };
    take(
        gateway
            .item(house.item.id())
            .await
            .map(|found| found.is_none_or(|found| found == house.item)),
    );
    for sent in [&house.one, &house.two] {
        take(
            gateway
                .transaction(sent.id())
                .await
                .map(|found| found.is_none_or(|found| found == *sent)),
        );
    }
    found
}
