//! The court's lists: operators and processes, a page at a time or one alone.

use aosec_wire::{Address, Id};
use clap::Args;
use serde_json::Value;

use super::ask::ReadArgs;
use super::shown::{lines, shown, timed};
use crate::cli::Output;
use crate::cli::exit::CliError;

/// Flags of verbs that list operators.
#[derive(Debug, Args)]
pub struct OperatorsArgs {
    /// This operator alone.
    #[arg(allow_hyphen_values = true, conflicts_with = "first")]
    operator: Option<Address>,
    #[command(flatten)]
    page: PageArgs,
}

/// Flags of verbs that list processes.
#[derive(Debug, Args)]
pub struct ProcessesArgs {
    /// This process alone.
    #[arg(allow_hyphen_values = true, conflicts_with = "first")]
    process: Option<Id>,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(Debug, Args)]
struct PageArgs {
    /// Number of the first row, from 1; a page has 100.
    #[arg(long, default_value_t = 1)]
    first: u64,
    #[command(flatten)]
    read: ReadArgs,
}

impl OperatorsArgs {
    /// Reads and prints.
    ///
    /// # Errors
    /// Where the node is silent, computes no court, or knows no such operator.
    pub async fn list(self, out: Output) -> Result<(), CliError> {
        let operator = self.operator.map(|operator| operator.to_string());
        self.page.list("operators", "operator", operator, out).await
    }
}

impl ProcessesArgs {
    /// Reads and prints.
    ///
    /// # Errors
    /// Where the node is silent, computes no court, or knows no such process.
    pub async fn list(self, out: Output) -> Result<(), CliError> {
        let process = self.process.map(|process| process.to_string());
        self.page.list("processes", "process", process, out).await
    }
}

impl PageArgs {
    async fn list(
        &self,
        path: &str,
        name: &str,
        one: Option<String>,
        out: Output,
    ) -> Result<(), CliError> {
        let first = self.first.to_string();
        let query = match &one {
            Some(one) => (name, one.as_str()),
            None => ("first", first.as_str()),
        };
        list(&self.read, path, query, out).await
    }
}

/// Reads a list of the court's routes and prints its rows.
///
/// # Errors
/// Where the node is silent, computes no court, or knows no such row.
pub async fn list(
    read: &ReadArgs,
    path: &str,
    query: (&str, &str),
    out: Output,
) -> Result<(), CliError> {
    page(read, path, &[query], out).await
}

/// As [`list`], with several conditions.
///
/// # Errors
/// As [`list`].
pub async fn page(
    read: &ReadArgs,
    path: &str,
    query: &[(&str, &str)],
    out: Output,
) -> Result<(), CliError> {
    let court = read.open(out)?;
    let found = court.get(path, query).await?;
    let info = court.get("info", &[]).await?;
    out.result(&timed(&found, &info), rows(&found, &info))
}

/// The rows for a person, and where the list goes on.
fn rows(found: &Value, info: &Value) -> String {
    let rows = found["Rows"].as_array().into_iter().flatten();
    let mut text: Vec<String> = rows.map(|row| lines(&shown(row, info))).collect();
    if let Some(next) = found["Next"].as_u64() {
        text.push(format!("there are more: --first {next}"));
    }
    text.join("\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_says_where_the_list_goes_on() {
        let found = json!({ "Rows": [{ "Bond": "1000000000000" }], "Next": 101 });
        let text = rows(&found, &json!({}));
        assert!(
            text.contains("1 tokens") && text.ends_with("--first 101"),
            "{text}"
        );
        let last = rows(&json!({ "Rows": [] }), &json!({}));
        assert_eq!(last, "");
    }
}
