//! Lies about what a signature covers, and answers of no shape.

use serde_json::{Value, json};

use super::liar::liar;
use super::lies::*;
use super::*;

/// A name, what is answered at which path, and the fault that it should be.
type Lie = (&'static str, String, String, Expected);

async fn judge_all(house: &House, lies: Vec<Lie>) {
    for (name, at, body, expected) in lies {
        let lie = move |path: &str| (path == at).then(|| text(body.clone()));
        let url = liar(&house.house, lie).await;
        judge(name, house, &url, expected).await;
    }
}

#[tokio::test]
async fn another_transaction_under_an_id_is_found_out() {
    let house = house().await;
    let (one, two) = (&house.one, &house.two);
    let at = |sent: &crate::arweave::transaction::Transaction| format!("/tx/{}", sent.id());
    let named_one = changed(two, |json| json["id"] = json!(one.id()));
    let other_data = changed(one, |json| json["data"] = "AAAA".into());
    let short_data = changed(one, |json| json["data"] = "b24".into());
    let tag = json!([{ "name": "VHlwZQ", "value": "TG9n" }]);
    let tagged = changed(two, |json| json["tags"] = tag.clone());
    let rooted = changed(two, |json| {
        json["data_root"] = json!(Id::new([1; 32]));
        json["data"] = "".into();
    });
    let reversed = |sent| changed(sent, |json| json["tags"].as_array_mut().unwrap().reverse());
    let lies = vec![
        ("another", at(one), two.to_json().to_string(), FORGED),
        (
            "other tags first in format 1",
            at(one),
            reversed(one),
            FORGED,
        ),
        (
            "other tags first in format 2",
            at(two),
            reversed(two),
            FORGED,
        ),
        ("another under the right name", at(one), named_one, FORGED),
        ("other data in format 1", at(one), other_data, FORGED),
        ("truncated data in format 1", at(one), short_data, FORGED),
        ("another tag", at(two), tagged, FORGED),
        ("another data root", at(two), rooted, FORGED),
    ];
    judge_all(&house, lies).await;
}

#[tokio::test]
async fn other_data_under_an_id_is_found_out() {
    let house = house().await;
    let (two, item) = (house.two.id(), house.item.id());
    let huge = changed(&house.two, |json| {
        json["data_size"] = (1_u64 << 60).to_string().into();
        json["data"] = "".into();
    });
    let lies = vec![
        ("other data", format!("/raw/{two}"), "owt".into(), FORGED),
        ("truncated data", format!("/raw/{two}"), "tw".into(), FORGED),
        (
            "an item's other data",
            format!("/raw/{item}"),
            "b".into(),
            FORGED,
        ),
        (
            "a size that no memory has",
            format!("/tx/{two}"),
            huge,
            TOO_LONG,
        ),
    ];
    judge_all(&house, lies).await;
}

#[tokio::test]
async fn an_item_of_other_pieces_is_found_out() {
    let house = house().await;
    let at = || "/graphql".to_owned();
    let tagless = node(&house.item, |node| node["tags"] = json!([]));
    let renamed = node(&house.item, |node| node["id"] = json!(Id::new([1; 32])));
    let reversed = node(&house.item, |node| {
        node["tags"].as_array_mut().unwrap().reverse();
    });
    let owned = node(&house.item, |node| node["owner"]["key"] = "AAAA".into());
    let lies = vec![
        ("an item without a tag", at(), tagless, FORGED),
        (
            "an item with its tags turned around",
            at(),
            reversed,
            FORGED,
        ),
        ("an item of another id", at(), renamed, FORGED),
        ("an item of another owner", at(), owned, FORGED),
    ];
    judge_all(&house, lies).await;
}

/// What GraphQL says of an item, changed.
fn node(item: &VerifiedItem, change: impl Fn(&mut Value)) -> String {
    use aosec_wire::id::to_base64url;
    let mut node = json!({
        "id": item.id(),
        "anchor": to_base64url(item.anchor().unwrap()),
        "signature": to_base64url(item.signature()),
        "recipient": item.target(),
        "owner": { "address": item.owner_address(), "key": to_base64url(item.owner()) },
        "tags": item.tags().iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Value>(),
        "block": null,
        "bundledIn": { "id": item.id() },
    });
    change(&mut node);
    json!({ "data": { "transaction": node } }).to_string()
}

#[tokio::test]
async fn answers_of_no_shape_are_faults() {
    let house = house().await;
    let graphql = || "/graphql".to_owned();
    let one = || format!("/tx/{}", house.one.id());
    let raw = || format!("/raw/{}", house.item.id());
    let page = || "<html><h1>502 Bad Gateway</h1></html>".to_owned();
    let errors = r#"{"data":null,"errors":[{"message":"busy"}]}"#;
    let deep = r#"{"data":{"transaction":"#.to_owned() + &r#"{"bundledIn":"#.repeat(100_000);
    let over = (u128::MAX / 10).to_string() + "999";
    let rich = changed(&house.one, |json| json["reward"] = over.clone().into());
    let lies = vec![
        ("a page", graphql(), "<html>".into(), UNREADABLE),
        ("an error page as a transaction", one(), page(), UNREADABLE),
        ("an error page as data", raw(), page(), FORGED),
        ("errors alone", graphql(), errors.into(), UNREADABLE),
        ("GraphQL nested for ever", graphql(), deep, UNREADABLE),
        (
            "JSON nested for ever",
            one(),
            "[".repeat(1_000_000),
            UNREADABLE,
        ),
        (
            "JSON of another shape",
            one(),
            "{\"id\":7}".into(),
            UNREADABLE,
        ),
        ("numbers out of range", one(), rich, UNREADABLE),
    ];
    judge_all(&house, lies).await;
}
