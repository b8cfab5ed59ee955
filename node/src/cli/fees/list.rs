//! `aosec fees list`: the operator's books, from the node's own page.

use std::path::PathBuf;

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::super::Output;
use super::super::client::{UnitClient, join};
use super::super::exit::CliError;
use super::amount;
use crate::devnet::file::DevnetFile;

/// Pages read at most: more accounts than a node keeps.
const PAGES_MAX: u32 = crate::mu::fees::ACCOUNTS_MAX / 50;

/// Flags of `aosec fees list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Page of the node [default: that of the devnet's first].
    #[arg(long)]
    page: Option<Url>,
    /// Folder of the devnet whose devnet.json names the nodes.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: PathBuf,
}

pub(super) async fn run(args: ListArgs, out: Output) -> Result<(), CliError> {
    let page = match args.page {
        Some(page) => page,
        None => of_devnet(&args.devnet)?,
    };
    let (client, mut rows, mut after) = (UnitClient::new(out)?, Vec::new(), String::new());
    for _page in 0..PAGES_MAX {
        let mut url = join(&page, "fees")?;
        url.query_pairs_mut().append_pair("after", &after);
        let mut told = client.get_json(&url).await?;
        if let Value::Array(more) = told["accounts"].take() {
            rows.extend(more);
        }
        match told["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    let text = match rows.is_empty() {
        true => "nobody has paid".to_owned(),
        false => rows.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    out.result(&json!({ "accounts": rows }), text)
}

fn of_devnet(folder: &std::path::Path) -> Result<Url, CliError> {
    let file = DevnetFile::read(folder);
    let file = file.map_err(|error| {
        CliError::NotFound(format!("{error}; name the node's page with --page <url>"))
    })?;
    let first = file.nodes.into_iter().next();
    first
        .map(|node| node.web)
        .ok_or_else(|| CliError::NotFound("the devnet has no node".to_owned()))
}

fn line(row: &Value) -> String {
    let shown = |name| amount(row, name).map_or_else(String::new, |sum| sum.to_string());
    format!(
        "{:43}  credit {}  (paid {}, spent {}, given back {})",
        row["address"].as_str().unwrap_or_default(),
        shown("credit"),
        shown("paid"),
        shown("spent"),
        shown("refunded")
    )
}
