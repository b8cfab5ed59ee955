//! Who cannot pay the inbox fee, at the doors of a whole node and past them (PROTOCOL 2.4): the rule is named, nothing changes, nothing is
//! lost.

use serde_json::Value;

use super::honest::{sits_over, whole};
use super::*;

/// Blocks that a network like Arweave takes to settle; its inbox takes a fee.
const DEEP: u64 = 20;
const FEE: u128 = TOKEN / 100;

/// What a door says to an item: status and reason.
async fn said(url: reqwest::Url, item: &VerifiedItem) -> (u16, String) {
    let client = reqwest::Client::new();
    let sent = client.post(url).body(item.bytes().clone()).send().await;
    let answer = sent.unwrap();
    let status = answer.status().as_u16();
    let said: Value = answer.json().await.unwrap();
    (status, said["error"].to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_its_fee_is_told_the_rule_and_changes_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    let balances = BTreeMap::from([(alice().address().clone(), 10 * TOKEN)]);
    let genesis = deploy::genesis(&founder(), origin(), Network::Arweave, &balances).unwrap();
    post(&chain, &[spawn(), genesis]).await;
    let begun = mine(&chain, 2).await;
    let (folder, shutdown) = (tempfile::tempdir().unwrap(), Shutdown::new());
    let url = chain.url.clone();
    let node = whole(folder.path(), url, Some(origin()), DEEP, &shutdown).await;
    let looker = Bench::at_depth(DEEP, tempfile::tempdir().unwrap(), &chain).await;
    looker.until(begun).await;
    sits_over(&node, begun).await;
    let pauper = key(9);
    let mut asks = messages::message(origin(), "Transfer");
    asks.tags = asks
        .tags
        .with("Recipient", key(8).address().as_str())
        .with("Quantity", "5");
    let asks = asks.sign_deterministic(&pauper).unwrap();

    // At both doors, however often.
    let inbox = node.urls().cu.join("origin/inbox").unwrap();
    for door in [inbox.clone(), node.urls().mu.clone(), inbox] {
        let (status, reason) = said(door, &asks).await;
        assert_eq!(status, 400, "{reason}");
        assert!(reason.contains("2.4 unfunded"), "{reason}");
        assert!(reason.contains(pauper.address().as_str()), "{reason}");
    }
    // Past the doors: whoever pays for the transaction brings it before the court, which drops it as if it had not come.
    post(&chain, std::slice::from_ref(&asks)).await;
    let tip = mine(&chain, 1).await;
    looker.until(tip).await;
    sits_over(&node, tip).await;
    let [before, after] = [
        looker.court.root(tip - 1).await.unwrap().unwrap(),
        looker.court.root(tip).await.unwrap().unwrap(),
    ];
    assert_eq!(after.slot, before.slot + 1, "a Tick and nothing else");
    assert_eq!(looker.court.outcome(asks.id()).await.unwrap(), None);
    let supply = looker.court.ask(Depth::Soft, "Info", &[]).await.unwrap();
    let supply = supply.shown()["Total-Supply"].clone();
    assert_eq!(supply, (10 * TOKEN).to_string(), "no fee was burned");

    // Its id is not spent: once its sender has the fee, the same bytes run.
    post(&chain, &[transfer(1, FEE + 5, &pauper)]).await;
    let tip = mine(&chain, 1).await;
    looker.until(tip).await;
    sits_over(&node, tip).await;
    let inbox = node.urls().cu.join("origin/inbox").unwrap();
    assert_eq!(said(inbox, &asks).await.0, 202);
    let until = std::time::Instant::now() + super::honest::PATIENCE;
    while chain.chain.read().await.unwrap().waiting() == 0 {
        assert!(std::time::Instant::now() < until, "the node posts nothing");
        tokio::time::sleep(super::honest::LOOK_EVERY).await;
    }
    let tip = mine(&chain, 1).await;
    looker.until(tip).await;
    assert_eq!(looker.balance(Depth::Soft, &key(8)).await, "5");
    assert_eq!(looker.balance(Depth::Soft, &pauper).await, "0");
    shutdown.tell();
    assert!(shutdown.finished().await);
    node.close().await;
    looker.stop().await;
}
