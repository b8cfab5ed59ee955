//! How verbs talk to the court: through a node that computes it.

use std::time::{Duration, Instant};

use aosec_wire::{Draft, Id, VerifiedItem};
use clap::Args;
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::target::{SignerArgs, Target, TargetArgs};

/// Pause between two looks at an item that has not run yet.
const POLL_PAUSE: Duration = Duration::from_millis(300);

/// Flags of verbs that read the court.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Ask the court settlement_depth blocks below the tip, which no reorg takes back.
    #[arg(long)]
    firm: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// Flags of verbs that send to the court.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Go ahead with what spends or risks money.
    #[arg(long)]
    yes: bool,
    /// Seconds to wait until the message has run.
    #[arg(long, default_value_t = 600)]
    wait: u64,
    #[command(flatten)]
    target: TargetArgs,
}

/// A node that computes the court.
#[derive(Debug)]
pub struct CourtClient {
    http: UnitClient,
    target: Target,
    view: &'static str,
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

impl SendArgs {
    /// The node.
    ///
    /// # Errors
    /// Where none is found.
    pub fn open(&self, out: Output) -> Result<CourtClient, CliError> {
        CourtClient::open(&self.target, false, out)
    }

    /// Refuses to go on without `--yes`, and says what would happen.
    ///
    /// # Errors
    /// Where the flag is absent.
    pub fn agreed(&self, what: &str) -> Result<(), CliError> {
        match self.yes {
            true => Ok(()),
            false => Err(CliError::Usage(format!("{what}; add --yes to go ahead"))),
        }
    }

    /// Signs a message, sends it, waits until it has run and prints what came of it.
    ///
    /// # Errors
    /// Refused by a rule, or not run in time.
    pub async fn send(&self, draft: Draft, key: &SignerArgs, out: Output) -> Result<(), CliError> {
        let item = signed(draft, key)?;
        self.deliver(&item, out).await
    }

    /// As [`Self::send`], for an item that is signed already.
    ///
    /// # Errors
    /// Refused by a rule, or not run in time.
    pub async fn deliver(&self, item: &VerifiedItem, out: Output) -> Result<(), CliError> {
        let court = self.open(out)?;
        let ran = court
            .deliver(item, Duration::from_secs(self.wait), out)
            .await?;
        let (slot, height) = (&ran["slot"], &ran["height"]);
        out.result(
            &ran,
            format_args!("done: message {}, slot {slot}, block {height}", item.id()),
        )
    }
}

fn signed(draft: Draft, key: &SignerArgs) -> Result<VerifiedItem, CliError> {
    let signed = draft.sign(&key.open()?);
    signed.map_err(|error| CliError::Usage(error.to_string()))
}

impl CourtClient {
    fn open(target: &TargetArgs, firm: bool, out: Output) -> Result<Self, CliError> {
        Ok(Self {
            http: UnitClient::new(out)?,
            target: target.find()?,
            view: if firm { "firm" } else { "soft" },
        })
    }

    /// Reads a path of the court's routes.
    ///
    /// # Errors
    /// Refused, or the node is silent.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, CliError> {
        let mut url = join(&self.target.cu, &format!("origin/{path}"))?;
        url.query_pairs_mut()
            .append_pair("view", self.view)
            .extend_pairs(query);
        self.http.get_json(&url).await
    }

    /// The court's id.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn id(&self) -> Result<Id, CliError> {
        let info = self.get("info", &[]).await?;
        let id = info["origin"].as_str().and_then(|id| id.parse().ok());
        id.ok_or_else(|| CliError::failure("the node names no court"))
    }

    async fn deliver(
        &self,
        item: &VerifiedItem,
        wait: Duration,
        out: Output,
    ) -> Result<Value, CliError> {
        let inbox = join(&self.target.cu, "origin/inbox")?;
        self.http.post_item(&inbox, item).await?;
        out.progress(format_args!(
            "sent {}; waiting for its block ...",
            item.id()
        ));
        let begun = Instant::now();
        loop {
            match self.get(&format!("message/{}", item.id()), &[]).await {
                Ok(ran) if ran["ok"] == json!(true) => return Ok(ran),
                Ok(ran) => {
                    let code = ran["code"].as_str().unwrap_or("an error of the contract");
                    return Err(CliError::Refused(format!("the court refuses it: {code}")));
                }
                Err(CliError::NotFound(_)) if begun.elapsed() < wait => {}
                Err(CliError::NotFound(_)) => {
                    return Err(CliError::DeadlinePassed(format!(
                        "{} has not run within {} s: it may still run, or its sender cannot pay the inbox fee",
                        item.id(),
                        wait.as_secs()
                    )));
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(POLL_PAUSE).await;
        }
    }
}

/// A JSON object as lines of a name and a value each.
#[must_use]
pub fn lines(value: &Value) -> String {
    let fields = value.as_object().into_iter().flatten();
    let shown = fields.filter(|(_name, value)| !value.is_null());
    let lines = shown.map(|(name, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        format!("{name:>18}  {text}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
