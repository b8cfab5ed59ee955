//! Names alone: nothing on the wall asks for a metric that does not exist, and none is left out.

use std::collections::BTreeSet;

use super::{expressions, text};

/// What Prometheus makes of a histogram.
const PARTS: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The metrics that a text names.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let names = words.filter(|word| word.starts_with("aosec_"));
    names
        .map(|name| {
            let whole = PARTS.iter().find_map(|part| name.strip_suffix(part));
            whole.unwrap_or(name).to_owned()
        })
        .collect()
}

/// The names of docs/METRICS.md, which a test of the node compares with its page.
fn documented() -> BTreeSet<String> {
    let rows = include_str!("../../../docs/METRICS.md").lines();
    let rows = rows.filter_map(|row| row.strip_prefix("| `"));
    rows.flat_map(|row| metrics(row.split('`').next().unwrap_or_default()))
        .collect()
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let shown: BTreeSet<String> = expressions()
        .iter()
        .flat_map(|asked| metrics(asked))
        .collect();
    assert_eq!(shown, documented());
}

#[test]
fn alerts_read_what_is_documented() {
    for page in ["aosec.rules.yml", "aosec.rules.test.yml"] {
        let unknown: Vec<String> = metrics(&text(page))
            .difference(&documented())
            .cloned()
            .collect();
        assert!(
            unknown.is_empty(),
            "{page} reads {unknown:?}, which docs/METRICS.md does not name"
        );
    }
}

#[test]
fn every_alert_is_played() {
    let names = |page: &str, mark: &str| -> BTreeSet<String> {
        let page = text(page);
        let lines = page
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix(mark));
        lines.map(str::to_owned).collect()
    };
    let written = names("aosec.rules.yml", "- alert: ");
    let played = names("aosec.rules.test.yml", "alertname: ");
    assert!(!written.is_empty());
    assert_eq!(written, played);
}
