//! `aosec status`: every node of the devnet, or one node by the url of its page.

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use crate::devnet::file::DevnetFile;

/// Flags of `aosec status`.
#[derive(Debug, Args)]
#[command(after_help = "Example: aosec status --json")]
pub struct StatusArgs {
    /// Page of one node, instead of all nodes of the devnet.
    #[arg(long)]
    url: Option<Url>,
    /// Folder of the devnet whose devnet.json names the nodes.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: std::path::PathBuf,
}

pub(super) async fn run(args: StatusArgs, out: Output) -> Result<(), CliError> {
    let pages = match args.url {
        Some(url) => vec![("node".to_owned(), url)],
        None => devnet_pages(&args.devnet)?,
    };
    let client = UnitClient::new(out)?;
    let mut rows = Vec::new();
    for (name, url) in pages {
        let status = client.get_json(&join(&url, "status")?).await;
        rows.push(match status {
            Ok(status) => json!({ "name": name, "url": url.as_str(), "status": status }),
            Err(error) => json!({ "name": name, "url": url.as_str(), "error": error.to_string() }),
        });
    }
    let text: Vec<String> = rows.iter().map(line).collect();
    let down = rows.iter().filter(|row| row.get("error").is_some()).count();
    out.result(&json!({ "nodes": rows }), text.join("\n"))?;
    if down > 0 {
        return Err(CliError::Unreachable(format!(
            "{down} of {} nodes do not answer",
            rows.len()
        )));
    }
    Ok(())
}

fn devnet_pages(folder: &std::path::Path) -> Result<Vec<(String, Url)>, CliError> {
    let file = DevnetFile::read(folder).map_err(|error| {
        CliError::NotFound(format!(
            "{error}; start one with `aosec devnet`, or give --url"
        ))
    })?;
    Ok(file
        .nodes
        .into_iter()
        .map(|node| (node.name, node.web))
        .collect())
}

fn line(row: &Value) -> String {
    let name = row["name"].as_str().unwrap_or_default();
    if let Some(error) = row["error"].as_str() {
        return format!("{name:8} down    {error}");
    }
    let status = &row["status"];
    let is = |name: &str| status[name].as_bool() == Some(true);
    let ready = match (is("ready"), is("publication_stalled")) {
        (_, true) => "stalled",
        (true, false) => "ready",
        (false, false) => "waiting",
    };
    format!(
        "{name:8} {ready:7} height {:>6}  assigned {:>8}  evaluated {:>8}  outbox {:>5}  unpublished {:>5}",
        status["height"],
        status["assignments"],
        status["evaluations"],
        status["outbox"],
        status["unpublished"]
    )
}
