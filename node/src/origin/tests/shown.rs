//! The court as its routes show it: by depth, by its own contract, with a word for what is not there, and to each its share.

use std::net::IpAddr;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use serde_json::Value;

use super::*;
use crate::arweave::devchain::loopback::serve;
use crate::routes;

/// The routes of a node; everybody comes from one address, which is not this machine.
async fn routes(bench: &Bench) -> String {
    let router = routes::origin::before(bench.court.clone(), Router::new());
    let stranger = IpAddr::from([203, 0, 113, 1]);
    let router = router.layer(Extension(ConnectInfo(stranger)));
    format!("http://{}/origin", serve(router, &bench.shutdown).await)
}

/// Status and answer.
async fn get(url: &str, path: &str) -> (u16, Value) {
    let answer = reqwest::get(format!("{url}/{path}")).await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

#[tokio::test]
async fn what_is_firm_is_told_apart() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let early = mine(&chain, 1).await;
    bench.until(early).await;
    let url = routes(&bench).await;
    assert_eq!(get(&url, "info").await.1["contract"], Value::Null);
    post(&chain, &start()).await;
    mine(&chain, 2).await;
    let item = transfer(1, 5, &key(9));
    post(&chain, std::slice::from_ref(&item)).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let info = get(&url, "info").await.1;
    assert_eq!(info["contract"], aosec_wasm::origin_contract::sha256());
    assert_eq!(get(&url, "root").await.1["height"], tip);
    assert_eq!(get(&url, "root?view=firm").await.1["height"], tip - DEPTH);
    let soft = format!("root?height={tip}");
    assert_eq!(get(&url, &soft).await.0, 200);
    let (status, said) = get(&url, &format!("{soft}&view=firm")).await;
    assert_eq!(status, 404);
    assert!(
        said["error"].as_str().unwrap().contains("firm up to"),
        "{said}"
    );
    let message = format!("message/{}", item.id());
    assert_eq!(get(&url, &message).await.1["firm"], false);
    let (status, said) = get(&url, &format!("{message}?view=firm")).await;
    assert_eq!(status, 404, "{said}");
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    assert_eq!(
        get(&url, &format!("{message}?view=firm")).await.1["ok"],
        true
    );
    let (status, _said) = get(&url, &format!("{message}?view=deep")).await;
    assert_eq!(status, 400);
}

/// A process that its owner has registered (5.15), without an `Origin` in its spawn.
fn registered() -> (VerifiedItem, VerifiedItem) {
    let draft = Draft {
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Variant", "ao.TN.1")
            .with("Type", "Process")
            .with("Module", Id::new([9; 32]).to_string())
            .with("Scheduler", key(9).address().as_str()),
        ..Draft::default()
    };
    let process = draft.sign_deterministic(&alice()).unwrap();
    let mut register = messages::message(origin(), "Register");
    register.tags = register
        .tags
        .with("First-Slot", "1")
        .with("Legacy-Chain", Id::new([8; 32]).to_string())
        .with("Max-Fee", "1")
        .with("Min-Allocation", "1")
        .with("Hosting-Deposit", "0")
        .with("Bundle-Format", "binary")
        .with("Bundle-Version", "2.0.0");
    register.data = bundle::build(std::slice::from_ref(&process));
    let register = register.sign_deterministic(&alice()).unwrap();
    (process, register)
}

#[tokio::test]
async fn a_process_that_nobody_has_hosted_has_no_head() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let (process, register) = registered();
    post(&chain, &start()).await;
    mine(&chain, 1).await;
    post(&chain, std::slice::from_ref(&register)).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let url = routes(&bench).await;
    let ran = get(&url, &format!("message/{}", register.id())).await.1;
    assert_eq!(ran["ok"], true, "{ran}");
    let (status, said) = get(&url, &format!("head/{}", process.id())).await;
    assert_eq!(status, 404, "{said}");
    assert!(
        said["error"].as_str().unwrap().contains("host take"),
        "{said}"
    );
    let (status, said) = get(&url, &format!("head/{}", Id::new([5; 32]))).await;
    assert_eq!(status, 422, "{said}");
}

#[tokio::test]
async fn who_asks_too_much_is_told_to_wait() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let url = routes(&bench).await;
    let mut refused = 0;
    for _question in 0..61 {
        refused += u32::from(get(&url, "params").await.0 == 429);
    }
    assert_eq!(refused, 1);
    let asked = format!(
        "{}/dry-run?process-id={}",
        url.trim_end_matches("/origin"),
        origin()
    );
    let dry = json!({ "Tags": [{ "name": "Action", "value": "Info" }] }).to_string();
    let asked = reqwest::Client::new().post(asked).body(dry).send().await;
    assert_eq!(asked.unwrap().status().as_u16(), 429, "the same share");
    assert_eq!(
        get(&url, "root").await.0,
        200,
        "what is read from the disk is not counted"
    );
}
