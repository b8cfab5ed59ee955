//! How the story looks: at the court's rows, balances, heights and logs, again and again until what it waits for is there.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::acts::Story;
use super::typist::line;
use crate::cli::Output;
use crate::cli::amount::Amount;
use crate::cli::exit::CliError;

/// From a cause on the base layer to its effect in every node, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// The code of a question that the court refuses: it does not know the process yet.
const REFUSED: i32 = 4;

impl Story<'_> {
    /// The court's row of the process, as a node has it.
    pub(super) async fn row(&self, node: &str) -> Result<Value, CliError> {
        let mut rows = self
            .typist
            .done(&["host", "list", &self.process, "--on", node])
            .await?;
        Ok(rows["Rows"][0].take())
    }

    /// The row and the block since which the process has a host, as soon as this node's court has come so far.
    pub(super) async fn leased(&mut self, node: &str) -> Result<(Value, u64), CliError> {
        let process = self.process.clone();
        let words = ["host", "list", &process, "--on", node];
        self.until("the lease", async |story| {
            let mut typed = story.typist.typed(&words).await?;
            let row = typed.said["Rows"][0].take();
            match typed.code {
                0 => Ok(row["Lease"]["Start"].as_u64().map(|start| (row, start))),
                REFUSED => Ok(None),
                code => Err(CliError::failure(format!(
                    "`{}` ended with {code}: {}",
                    line(&words),
                    typed.said["error"]
                ))),
            }
        })
        .await
    }

    pub(super) async fn balance(&self) -> Result<u128, CliError> {
        let accounts = &self.stage.file.accounts;
        let alice = accounts.iter().find(|account| account.name == "alice");
        let alice = alice.ok_or_else(|| CliError::failure("the devnet has no account alice"))?;
        let address = alice.address.to_string();
        let told = self
            .typist
            .done(&["origin", "balance", &address, "--on", &self.near().name])
            .await?;
        Ok(units(&told["Balance"]))
    }

    /// The block up to which a node has computed the court.
    pub(super) async fn height(&self, node: &str) -> Result<u64, CliError> {
        let info = self.typist.done(&["origin", "info", "--on", node]).await?;
        Ok(info["soft"].as_u64().unwrap_or(0))
    }

    /// Waits until the court of a node has sat over a block.
    pub(super) async fn block(&mut self, height: u64, node: &str) -> Result<(), CliError> {
        let reached = self.until("the block", async |story| {
            Ok((story.height(node).await? >= height).then_some(()))
        });
        reached.await
    }

    /// Waits until the court knows so many slots of the process.
    pub(super) async fn head(&mut self, slot: u64) -> Result<u64, CliError> {
        let url = format!("{}origin/head/{}", root(&self.near().cu), self.process);
        self.until("the log on Arweave", async |story| {
            let head = story.get(&url).await?;
            Ok(head["slot"].as_u64().filter(|found| *found >= slot))
        })
        .await
    }

    /// JSON of a node; nothing where it has none.
    pub(super) async fn get(&self, url: &str) -> Result<Value, CliError> {
        let client = crate::cli::client::UnitClient::new(Output { json: true })?;
        let url = url
            .parse()
            .map_err(|error| CliError::failure(format!("{url}: {error}")))?;
        match client.get_json(&url).await {
            Ok(value) => Ok(value),
            Err(CliError::NotFound(_) | CliError::DeadlinePassed(_)) => Ok(Value::Null),
            Err(error) => Err(error),
        }
    }

    /// Looks again and again; where blocks are slow, has one mined each time.
    pub(super) async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut(&mut Self) -> Result<Option<T>, CliError>,
    ) -> Result<T, CliError> {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            if begun.elapsed() >= PATIENCE {
                return Err(CliError::DeadlinePassed(format!(
                    "{what} did not come within {} s",
                    PATIENCE.as_secs()
                )));
            }
            if begun.elapsed() > LOOK_EVERY * 20 {
                self.typist.done(&["devnet", "chain", "mine"]).await?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A unit's root with one slash at its end.
pub(super) fn root(url: &reqwest::Url) -> String {
    format!("{}/", url.as_str().trim_end_matches('/'))
}

/// What a result printed.
pub(super) fn printed(said: &Value) -> String {
    let data = said["result"]["Output"]["data"]
        .as_str()
        .or(said["Output"]["data"].as_str());
    data.unwrap_or_default().trim().to_owned()
}

pub(super) fn expect(found: &str, expected: &str, what: &str) -> Result<(), CliError> {
    match found == expected {
        true => Ok(()),
        false => Err(CliError::failure(format!(
            "{what} should be '{expected}', and is '{found}'"
        ))),
    }
}

pub(super) fn text(value: &Value) -> Result<String, CliError> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| CliError::failure("a command named no id"))
}

/// An amount of the court, in units.
pub(super) fn units(value: &Value) -> u128 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

pub(super) fn amount(value: &Value) -> String {
    tokens(units(value))
}

/// Units as tokens for a person.
pub(super) fn tokens(units: u128) -> String {
    let text = units.to_string();
    Amount::of_units(&text).map_or_else(|| format!("{text} units"), |amount| amount.to_string())
}
