//! Messages to the court: said with their price first, signed, sent, and waited for until they have run.

mod fee;

use std::time::{Duration, Instant};

use aosec_wire::{Draft, Id, SigningKey, VerifiedItem};
use clap::Args;
use serde_json::{Value, json};

use super::ask::CourtClient;
use super::shown::{lines, shown, timed};
use crate::cli::client::join;
use crate::cli::exit::CliError;
use crate::cli::fees::toll::TollArgs;
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

    /// The word for a messenger's fee.
    #[must_use]
    pub const fn toll(&self) -> TollArgs {
        TollArgs::said(self.yes)
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
        self.agree_to_fees(court, 1, out).await?;
        let id = item.id();
        // Whatever happens from here on, the caller knows what to ask for.
        out.progress(format_args!("sending {id} ..."));
        let delivered = self.delivered(court, item, out).await;
        delivered.map_err(|error| unsure(id, error))
    }

    /// As [`Self::deliver`], for several: all are sent, in this order, before the first is waited for; what came of the first is printed.
    ///
    /// # Errors
    /// The first one that is refused by a rule, or has not run in time.
    pub async fn deliver_all(
        &self,
        court: &CourtClient,
        items: &[VerifiedItem],
        out: Output,
    ) -> Result<(), CliError> {
        let Some((first, others)) = items.split_first() else {
            return Ok(());
        };
        self.agree_to_fees(court, items.len(), out).await?;
        out.progress(format_args!("sending {} ...", first.id()));
        let sent = court.post(first).await;
        sent.map_err(|error| unsure(first.id(), error))?;
        for other in others {
            out.progress(format_args!("sending {} ...", other.id()));
            let sent = court.post(other).await;
            sent.map_err(|error| behind(first.id(), unsure(other.id(), error)))?;
        }
        if self.wait == 0 {
            return out.result(
                &json!({ "id": first.id(), "ok": null }),
                format!(
                    "sent {}; `aosec origin message` tells what came of it",
                    first.id()
                ),
            );
        }
        let wait = Duration::from_secs(self.wait);
        let mut told = None;
        for item in items {
            let ran = court.awaited(item.id(), wait).await;
            let ran = ran.map_err(|error| match item.id() == first.id() {
                true => unsure(first.id(), error),
                false => behind(first.id(), unsure(item.id(), error)),
            })?;
            told.get_or_insert(ran);
        }
        match told {
            Some(ran) => court.tell(&ran, out).await,
            None => Ok(()),
        }
    }

    async fn delivered(
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
        out.progress("sent; waiting for its block ...");
        let ran = court.awaited(id, Duration::from_secs(self.wait)).await?;
        court.tell(&ran, out).await
    }

    /// Signs a message, sends it and waits until it has run; gives the court's answer, for verbs that go on from there.
    ///
    /// # Errors
    /// Refused by a rule, or not run in time.
    pub async fn answered(
        &self,
        court: &CourtClient,
        mut draft: Draft,
        key: &SigningKey,
        out: Output,
    ) -> Result<Value, CliError> {
        draft.anchor = Some(*crate::keys::random_secret()?);
        let signed = draft.sign(key);
        let item = signed.map_err(|error| CliError::Usage(error.to_string()))?;
        self.agree_to_fees(court, 1, out).await?;
        let id = item.id();
        out.progress(format_args!("sending {id} ..."));
        let ran = async {
            court.post(&item).await?;
            out.progress("sent; waiting for its block ...");
            court.awaited(id, Duration::from_secs(self.wait)).await
        };
        let ran = ran.await.map_err(|error| unsure(id, error))?;
        let answer = ran["messages"][0]["Data"].as_str().unwrap_or_default();
        serde_json::from_str(answer)
            .map_err(|error| CliError::failure(format!("the court's answer to {id}: {error}")))
    }
}

/// An error that leaves open what becomes of a message names the way to learn it. A refusal leaves nothing open.
fn unsure(id: Id, error: CliError) -> CliError {
    match error {
        CliError::Refused(_) => error,
        error => error.adding(&format!(
            "`aosec origin message {id}` says whether it was taken and what came of it"
        )),
    }
}

/// What goes wrong with a later message leaves the first one on its way: whoever types all again sends that one twice.
fn behind(first: Id, error: CliError) -> CliError {
    error.adding(&format!(
        "message {first} was sent before it and stands: `aosec origin message {first}` says what came of it"
    ))
}

impl CourtClient {
    async fn post(&self, item: &VerifiedItem) -> Result<(), CliError> {
        let inbox = join(&self.target.cu, "origin/inbox")?;
        self.http.post_item(&inbox, item).await.map(drop)
    }

    /// What has come of a message; none where it has not run.
    ///
    /// # Errors
    /// Refused by a rule, or the node does not say.
    pub async fn outcome(&self, id: Id) -> Result<Option<Value>, CliError> {
        match self.get(&format!("message/{id}"), &[]).await {
            Ok(ran) if ran["ok"] == json!(true) => Ok(Some(ran)),
            Ok(ran) => Err(CliError::Refused(refusal(id, &ran))),
            Err(CliError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, waited for up to `wait`. A node that restarts meanwhile, or is busy, is asked again.
    async fn awaited(&self, id: Id, wait: Duration) -> Result<Value, CliError> {
        let begun = Instant::now();
        loop {
            let is_late = begun.elapsed() >= wait;
            match self.outcome(id).await {
                Ok(Some(ran)) => return Ok(ran),
                Ok(None) if is_late => return Err(CliError::DeadlinePassed(overdue(id, wait))),
                Ok(None) => {}
                Err(
                    CliError::Unreachable(_) | CliError::BrokenOff(_) | CliError::DeadlinePassed(_),
                ) if !is_late => {}
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
        json["answer"] = timed(&answer, &info);
        out.result(&json, text)
    }
}

fn refusal(id: Id, ran: &Value) -> String {
    match ran["code"].as_str() {
        Some(code) => format!("message {id}: {}", verdict::refused(code)),
        None => format!("message {id} ended in an error of the contract: nothing has changed"),
    }
}

fn overdue(id: Id, wait: Duration) -> String {
    format!(
        "message {id} has not run within {} s: it may still run, or its sender cannot pay the inbox fee",
        wait.as_secs()
    )
}

#[cfg(test)]
mod tests;
