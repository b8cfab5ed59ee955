//! The base layer on demand, as an operator types it: blocks, forks, delays, censorship, hidden data.

use std::process::Command;

use aosec_node::arweave::devchain::carrier_key;
use aosec_tests::harness::base_layer::BaseLayer;
use aosec_tests::harness::binary;
use serde_json::{Value, json};

#[tokio::test]
async fn an_operator_makes_the_chain_misbehave_and_behave_again() {
    let house = BaseLayer::start().await;
    let sender = carrier_key().address().to_string();
    assert_eq!(typed(&house, &["mine", "--blocks", "4"]).await["height"], 5);
    let before = house
        .chain
        .read()
        .await
        .expect("the chain")
        .blocks()
        .to_vec();
    let forked = typed(&house, &["fork", "--depth", "3", "--orphans", "drop"]).await;
    assert_eq!(forked["height"], 6);
    let after = house
        .chain
        .read()
        .await
        .expect("the chain")
        .blocks()
        .to_vec();
    assert_eq!(after[..3], before[..3]);
    assert!((3..6).all(|height| after[height].id != before[height].id));
    typed(&house, &["delay", "--blocks", "2"]).await;
    typed(&house, &["censor", &sender]).await;
    typed(&house, &["hide", &sender]).await;
    assert_eq!(
        typed(&house, &["faults"]).await,
        json!({ "delay_blocks": 2, "censored": [sender], "hidden": [sender], "cut": [] })
    );
    typed(&house, &["delay", "--blocks", "0"]).await;
    typed(&house, &["censor", &sender, "--lift"]).await;
    assert_eq!(
        typed(&house, &["hide", &sender, "--lift"]).await,
        json!({ "delay_blocks": 0, "censored": [], "hidden": [], "cut": [] })
    );
    let (ended, said) = run(&house, &["fork", "--depth", "99"]).await;
    assert_eq!(ended, Some(4), "{said}");
    assert!(said.contains("1 to 6 blocks"), "{said}");
}

async fn typed(house: &BaseLayer, verb: &[&str]) -> Value {
    let (ended, said) = run(house, verb).await;
    assert_eq!(ended, Some(0), "{verb:?}: {said}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{verb:?}: {error}: {said}"))
}

/// Exit code, and all that was printed.
async fn run(house: &BaseLayer, verb: &[&str]) -> (Option<i32>, String) {
    let mut aosec = Command::new(binary::aosec());
    aosec
        .args(["devnet", "chain"])
        .args(verb)
        .args(["--json", "--gateway", house.url.as_str()])
        // The environment of a devnet's user must not be taken for a flag of `aosec devnet`.
        .env("AOSEC_DEVNET", "/nowhere");
    let ended = tokio::task::spawn_blocking(move || aosec.output()).await;
    let ended = ended.expect("the command").expect("its output");
    let said = [ended.stdout, ended.stderr].concat();
    (
        ended.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
