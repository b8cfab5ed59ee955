//! Messages to the court: said with their price first, signed, sent, and waited for until they have run.

use std::time::{Duration, Instant};

use aosec_wire::{Draft, Id, SigningKey, VerifiedItem};
use clap::Args;
use serde_json::{Value, json};

use super::ask::CourtClient;
use super::shown::{lines, shown};
use crate::cli::client::join;
use crate::cli::exit::CliError;
use crate::cli::target::TargetArgs;
use crate::cli::{Output, verdict};

/// Pause between two looks at an item that has not run yet.
const POLL_PAUSE: Duration = Duration::from_millis(300);

/// Flags of verbs that send to the court.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Go ahead with what spends or risks money.
    #[arg(long)]
    yes: bool,
    /// Seconds to wait until the message has run; 0 does not wait, and `aosec origin message` tells later.
    #[arg(long, default_value_t = 600)]
    wait: u64,
    #[command(flatten)]
    target: TargetArgs,
}

/// Refuses to go on without `--yes`, and says what would happen.
///
/// # Errors
/// Where the flag is absent.
pub fn agreed(yes: bool, what: &str) -> Result<(), CliError> {
    match yes {
        true => Ok(()),
        false => Err(CliError::Usage(format!("{what}; add --yes to go ahead"))),
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

    /// [`agreed`].
    ///
    /// # Errors
    /// Where the flag is absent.
    pub fn agreed(&self, what: &str) -> Result<(), CliError> {
        agreed(self.yes, what)
    }

    /// Signs a message, sends it, waits until it has run and prints what came of it. A random anchor lets the same words be said twice.
    ///
    /// # Errors
    /// Refused by a rule, or not run in time.
    pub async fn send(
        &self,
        court: &CourtClient,
        mut draft: Draft,
        key: &SigningKey,
        out: Output,
    ) -> Result<(), CliError> {
        draft.anchor = Some(*crate::keys::random_secret()?);
        let signed = draft.sign(key);
        let item = signed.map_err(|error| CliError::Usage(error.to_string()))?;
        self.deliver(court, &item, out).await
    }

    /// As [`Self::send`], for an item that is signed already.
    ///
    /// # Errors
    /// Refused by a rule, or not run in time.
    pub async fn deliver(
        &self,
        court: &CourtClient,
        item: &VerifiedItem,
        out: Output,
    ) -> Result<(), CliError> {
        let id = item.id();
        court.post(item).await?;
        if self.wait == 0 {
            let said = format!("sent {id}; `aosec origin message {id}` says what came of it");
            return out.result(&json!({ "id": id, "ok": null }), said);
        }
        out.progress(format_args!("sent {id}; waiting for its block ..."));
        let ran = court.outcome(id, Duration::from_secs(self.wait)).await?;
        court.tell(&ran, out).await
    }
}

impl CourtClient {
    async fn post(&self, item: &VerifiedItem) -> Result<(), CliError> {
        let inbox = join(&self.target.cu, "origin/inbox")?;
        self.http.post_item(&inbox, item).await.map(drop)
    }

    /// What has come of a message, waited for up to `wait`.
    ///
    /// # Errors
    /// Refused by a rule, or not run in time.
    pub async fn outcome(&self, id: Id, wait: Duration) -> Result<Value, CliError> {
        let begun = Instant::now();
        loop {
            match self.get(&format!("message/{id}"), &[]).await {
                Ok(ran) if ran["ok"] == json!(true) => return Ok(ran),
                Ok(ran) => {
                    let code = ran["code"].as_str();
                    return Err(CliError::Refused(code.map_or_else(
                        || format!("{id} ended in an error of the contract: nothing has changed"),
                        verdict::refused,
                    )));
                }
                Err(CliError::NotFound(_)) if begun.elapsed() < wait => {}
                Err(CliError::NotFound(_)) => {
                    return Err(CliError::DeadlinePassed(format!(
                        "{id} has not run within {} s: it may still run (`aosec origin message {id}`), or its sender cannot pay the inbox fee",
                        wait.as_secs()
                    )));
                }
                Err(error) => return Err(error),
            }
            tokio::time::sleep(POLL_PAUSE).await;
        }
    }

    /// Prints what has come of a message.
    ///
    /// # Errors
    /// Where stdout is closed.
    pub async fn tell(&self, ran: &Value, out: Output) -> Result<(), CliError> {
        let info = self.get("info", &[]).await?;
        let answer = ran["messages"][0]["Data"].as_str().unwrap_or_default();
        let answer: Value = serde_json::from_str(answer).unwrap_or(Value::Null);
        let mut text = format!(
            "done: message {}, slot {}, block {}",
            ran["id"].as_str().unwrap_or_default(),
            ran["slot"],
            ran["height"]
        );
        if let Some(fields) = answer.as_object().filter(|fields| fields.len() > 1) {
            let mut fields = Value::Object(fields.clone());
            fields["ok"] = Value::Null;
            text.push('\n');
            text.push_str(&lines(&shown(&fields, &info)));
        }
        let mut json = ran.clone();
        json["answer"] = answer;
        out.result(&json, text)
    }
}
