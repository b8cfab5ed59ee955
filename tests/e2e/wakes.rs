//! A token that drips each second, a thousand times between two messages: two nodes come to the same ticks and the same root, also where
//! one of them was killed on the way.

use std::path::Path;
use std::time::Duration;

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::devchain::carrier_key;
use aosec_node::arweave::gateway::Gateway;
use aosec_tests::harness::base_layer::BaseLayer;
use aosec_tests::harness::deadline::until;
use aosec_tests::harness::http;
use aosec_tests::harness::lone::{Flags, LoneNode};
use aosec_tests::harness::published::Log;
use aosec_wire::Id;
use serde_json::Value;

/// Blocks above a block that settle it.
const DEPTH: u32 = 2;
/// A start, some blocks and a thousand evaluations, in a dev build on a busy machine.
const STEP: Duration = Duration::from_secs(180);
const TICKS: usize = 1_000;
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;

const DRIP: &str = r#"
    Balances, Dripped = {}, 0
    Handlers.add("drip", Handlers.utils.hasMatchingTag("Action", "Drip"), function(msg)
        Dripped = Dripped + 1
        local to = "w" .. Dripped % 7
        Balances[to] = (Balances[to] or 0) + msg.Timestamp % 1013
        Send({ Target = ao.id, Action = "Credit-Notice", Recipient = to, Quantity = tostring(Balances[to]) })
    end)"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_drips_are_the_same_on_two_nodes_and_after_a_kill() {
    let base = BaseLayer::for_nodes(2).await;
    let log = published(&base).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut doomed = reader(&base, folder.path(), 0).await;
    let steady = reader(&base, folder.path(), 1).await;
    let (asked, process) = (doomed.cu.clone(), log.process());
    // The question makes it compute; that it is never answered is the point.
    drop(tokio::spawn(async move { root(&asked, process).await }));
    let ticks = until("it has begun to drip", STEP, async || {
        let listed = http::get(&format!("{}/results/{process}?limit=1000", doomed.cu))
            .await
            .ok()?;
        let count = listed.json()["edges"].as_array()?.len();
        (count > 2).then_some(count)
    });
    println!("killed behind {} results", ticks.await);
    doomed.kill();
    drop(doomed);
    let again = reader(&base, folder.path(), 0).await;
    let roots = [&steady, &again].map(|node| {
        let cu = node.cu.clone();
        async move { until("the last root", STEP, async || root(&cu, process).await).await }
    });
    let [one, two] = roots;
    assert_eq!(one.await, two.await);
    let lists = [
        cron(&steady.cu, process).await,
        cron(&again.cu, process).await,
    ];
    assert_eq!(lists[0], lists[1]);
    let edges = lists[0]["edges"].as_array().expect("a list");
    assert_eq!(edges.len(), TICKS);
    // Behind the last slot a thousand more are long due, and a reader of blocks runs none of them.
    assert_eq!(lists[0]["pageInfo"]["hasNextPage"], false);
    let last = &edges[TICKS - 1]["node"]["Messages"][0]["Tags"];
    let quantity = last
        .as_array()
        .expect("tags")
        .iter()
        .find(|tag| tag["name"] == "Quantity");
    assert!(quantity.is_some_and(|tag| tag["value"] != "0"), "{last}");
}

/// The spawn, the handler and, a thousand seconds later, a question.
async fn published(base: &BaseLayer) -> Log {
    let mut log = Log::begin(&[("Cron-Interval", "1-second"), ("Cron-Tag-Action", "Drip")]);
    log.send_at(100, &[("Action", "Eval")], DRIP.to_owned());
    log.send_at(
        1_000_001,
        &[("Action", "Eval")],
        "return Dripped".to_owned(),
    );
    let wallet = carrier_key();
    let minted = base
        .chain
        .mint(wallet.address().clone(), FUNDS_WINSTON)
        .await;
    minted.expect("a chain of our own");
    let gateway = Gateway::new(vec![base.url.clone()]).expect("a gateway");
    let bundler = Bundler::new(gateway, wallet);
    log.publish(0..log.slots(), &bundler, &base.chain, DEPTH)
        .await;
    log
}

async fn reader(base: &BaseLayer, folder: &Path, index: usize) -> LoneNode {
    let flags = Flags {
        keys: Some(index),
        roles: "cu",
        gateways: vec![base.url.to_string()],
        block_time_ms: 500,
        settlement_depth: u64::from(DEPTH),
        more: vec!["--log-source=base-layer".into()],
    };
    let (data, log) = (
        folder.join(index.to_string()),
        folder.join(format!("{index}.log")),
    );
    let node = LoneNode::start_with(&flags, &data, &log).await;
    node.unwrap_or_else(|refused| panic!("{}", refused.log))
}

/// The root behind the question, once the node can tell it.
async fn root(cu: &str, process: Id) -> Option<String> {
    let answer = http::get(&format!("{cu}/root/{process}?slot=2"))
        .await
        .ok()?;
    let root = answer.json()["root"].as_str().map(str::to_owned);
    root.filter(|_root| answer.is_success())
}

async fn cron(cu: &str, process: Id) -> Value {
    let answer = http::get(&format!("{cu}/cron/{process}?limit=1000")).await;
    answer.expect("an answer").json()
}
