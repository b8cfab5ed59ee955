//! A real Prometheus on loopback reads three running nodes, and every panel of the dashboard gets its answer.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aosec_tests::harness::{World, deadline::until, group::Group, http};
use serde_json::Value;

use super::{expressions, file, has};

/// Two scrapes a second apart are enough for every rate.
const ANSWERED: Duration = Duration::from_secs(60);
/// A network without troubles has no series of these: each begins with the first failure.
const ONLY_IN_TROUBLE: [&str; 1] = ["aosec_base_layer_gateway_faults_total"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_panel_is_answered() {
    if !has(
        "prometheus",
        "the dashboard of docs/operate was not asked of a Prometheus",
    ) {
        return;
    }
    let world = World::shared();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (url, _prometheus) = start(world, folder.path());
    for expression in expressions() {
        let quiet = ONLY_IN_TROUBLE.iter().any(|name| expression.contains(name));
        until(&expression, ANSWERED, async || {
            answered(&url, &expression, quiet).await
        })
        .await;
    }
}

/// Some, once the expression was understood and has a value, or may be without one.
async fn answered(url: &str, expression: &str, quiet: bool) -> Option<()> {
    let asked = http::client().get(format!("{url}/api/v1/query"));
    let answer = asked.query(&[("query", expression)]).send().await.ok()?;
    let answer: Value = answer.json().await.ok()?;
    // Prometheus that is not up yet says nothing of this shape; one that does not understand says so for ever.
    assert_ne!(answer["errorType"], "bad_data", "{expression}: {answer}");
    let rows = answer["data"]["result"].as_array()?;
    (quiet || !rows.is_empty()).then_some(())
}

fn start(world: &World, folder: &Path) -> (String, Group) {
    let config = folder.join("prometheus.yml");
    fs::write(&config, configuration(world)).expect("room for a configuration");
    let listen = free();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address={listen}"));
    let group = Group::start(command, &folder.join("prometheus.log"), None);
    (format!("http://{listen}"), group)
}

/// As an operator writes it, but for the pace.
fn configuration(world: &World) -> String {
    let webs = world.devnet().nodes.iter().map(|node| node.web.as_str());
    let targets: Vec<&str> = webs.filter_map(|web| web.strip_prefix("http://")).collect();
    format!(
        "global: {{ scrape_interval: 500ms, evaluation_interval: 1s }}\nrule_files: ['{}']\nscrape_configs:\n  - job_name: aosec\n    static_configs: [{{ targets: {targets:?} }}]\n",
        file("aosec.rules.yml").display()
    )
}

/// An address of loopback that nobody listens at.
fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}
