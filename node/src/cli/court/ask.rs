//! A node that computes the court, and questions to it: of the newest block, or firm.

use std::time::Duration;

use aosec_wire::Id;
use clap::Args;
use serde_json::Value;

use crate::cli::client::{UnitClient, join};
use crate::cli::exit::CliError;
use crate::cli::target::{Target, TargetArgs};
use crate::cli::{Output, horizon, verdict};

/// Flags of verbs that read the court.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Ask the court settlement_depth blocks below the tip, which no reorg takes back.
    #[arg(long)]
    firm: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// A node that computes the court.
#[derive(Debug)]
pub struct CourtClient {
    pub(super) http: UnitClient,
    pub(super) target: Target,
    pub(super) view: &'static str,
}

impl ReadArgs {
    /// The node.
    ///
    /// # Errors
    /// Where none is found.
    pub fn open(&self, out: Output) -> Result<CourtClient, CliError> {
        CourtClient::open(&self.target, self.firm, out)
    }
}

impl CourtClient {
    pub(super) fn open(target: &TargetArgs, firm: bool, out: Output) -> Result<Self, CliError> {
        Ok(Self {
            http: UnitClient::new(out)?,
            target: target.find()?,
            view: if firm { "firm" } else { "soft" },
        })
    }

    /// The units of the node.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// The client for its other units.
    #[must_use]
    pub const fn http(&self) -> &UnitClient {
        &self.http
    }

    /// Reads a path of the court's routes.
    ///
    /// # Errors
    /// Refused, or the node is silent, or computes no court.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, CliError> {
        let mut url = join(&self.target.cu, &format!("origin/{path}"))?;
        url.query_pairs_mut()
            .append_pair("view", self.view)
            .extend_pairs(query);
        self.http.get_json(&url).await.map_err(explained)
    }

    /// Asks the node to do something that the court's routes offer.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn act(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        let url = join(&self.target.cu, &format!("origin/{path}"))?;
        self.http.post_json(&url, body).await.map_err(explained)
    }

    /// The court's id.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn id(&self) -> Result<Id, CliError> {
        let info = self.get("info", &[]).await.map_err(no_court)?;
        let id = info["origin"].as_str().and_then(|id| id.parse().ok());
        id.ok_or_else(|| CliError::failure("the node names no court"))
    }

    /// What a number of blocks lasts here.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn lasts(&self, blocks: u64) -> Result<String, CliError> {
        let info = self.get("info", &[]).await.map_err(no_court)?;
        Ok(horizon::blocks(blocks, block_time(&info)))
    }
}

/// A question that the court refuses comes back with the code alone.
fn explained(error: CliError) -> CliError {
    match &error {
        CliError::Refused(said) => match said.split_once(": the court refuses it: ") {
            Some((_node, code)) => CliError::Refused(verdict::refused(code)),
            None => error,
        },
        _ => error,
    }
}

/// A node without a court does not know the path.
fn no_court(error: CliError) -> CliError {
    match error {
        CliError::NotFound(_) => CliError::NotFound(
            "this node computes no court; start it with --origin <id>, or name another one with --cu <url>".to_owned(),
        ),
        error => error,
    }
}

/// Mean time between blocks, as the node says.
#[must_use]
pub fn block_time(info: &Value) -> Duration {
    Duration::from_millis(info["block_time_ms"].as_u64().unwrap_or(120_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_question_is_explained() {
        let said = CliError::Refused("http://n: the court refuses it: 4 operator".to_owned());
        let text = explained(said).to_string();
        assert!(text.contains("rule 4 (operator)") && text.contains("aosec origin operators"));
        let other = CliError::Refused("http://n: no".to_owned());
        assert_eq!(explained(other).to_string(), "http://n: no");
    }
}
