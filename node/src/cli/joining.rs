//! How a process that exists already comes under the court (PROTOCOL 5.15): its owner registers it, `aosec origin register`, and the
//! operator of its scheduler takes it, `aosec host take`, once the scheduler holds its log where the owner said.

use aosec_wire::record::ORIGIN_TAG;
use aosec_wire::{Id, Strictness, VerifiedItem, id::from_base64url};
use clap::Args;
use serde_json::{Value, json};

use super::Output;
use super::amount::Amount;
use super::client::join;
use super::court::{CourtClient, SendArgs};
use super::exit::CliError;
use super::target::SignerArgs;
use super::verdict;
use crate::origin::messages::{self, Registration};

/// Flags of `aosec origin register`.
#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// Blocks that its host has to answer a challenge; those of the court where none are named.
    #[arg(long)]
    challenge_period: Option<u64>,
    /// Most that a host may ask a block, and for a message or an answer, in tokens.
    #[arg(long)]
    max_fee: Amount,
    /// What a host puts up of its bond, in tokens.
    #[arg(long)]
    min_allocation: Amount,
    /// What the escrow must hold before anybody hosts it, in tokens.
    #[arg(long, default_value = "0")]
    hosting_deposit: Amount,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

impl RegisterArgs {
    /// Registers the process from its next slot on.
    ///
    /// # Errors
    /// Refused, or a unit is silent.
    pub async fn run(self, out: Output) -> Result<(), CliError> {
        let (process, court) = (self.process, self.send.open(out)?);
        let spawn = spawn(&court, process).await?;
        let (first, legacy) = next(&court, process).await?;
        self.send.agreed(&format!(
            "this brings {process} under the court from slot {first} on: its scheduler gives it no further slot until its operator takes it, and from then on the court's rules hold for ever"
        ))?;
        let registration = Registration {
            first,
            legacy,
            period: self.challenge_period,
            max_fee: self.max_fee.units(),
            min_allocation: self.min_allocation.units(),
            deposit: self.hosting_deposit.units(),
        };
        let draft = messages::register(court.id().await?, &spawn, &registration);
        self.send
            .send(&court, draft, &self.signer.open()?, out)
            .await
    }
}

/// The spawn, from the scheduler that holds it.
pub(super) async fn spawn(court: &CourtClient, process: Id) -> Result<VerifiedItem, CliError> {
    let su = scheduler(court)?;
    let mut url = join(su, &process.to_string())?;
    url.query_pairs_mut()
        .append_pair("to-nonce", "0")
        .append_pair("raw", "true");
    let found = court.http().get_json(&url).await?;
    let slot = &found["edges"][0]["node"];
    let bytes = slot["message"]["bytes"].as_str().unwrap_or_default();
    let bad = || CliError::failure(format!("{su} serves no spawn of {process}"));
    let bytes = from_base64url(bytes).map_err(|_bad| bad())?;
    let item = aosec_wire::item::verify_bytes(bytes.into(), Strictness::Entrance);
    item.ok()
        .filter(|item| item.id() == process)
        .ok_or_else(bad)
}

fn scheduler(court: &CourtClient) -> Result<&reqwest::Url, CliError> {
    let su = court.target().su.as_ref();
    su.ok_or_else(|| CliError::Usage("name the process's scheduler with --su <url>".to_owned()))
}

/// The next slot of a log, and the legacy chain at the one before.
async fn next(court: &CourtClient, process: Id) -> Result<(u64, Id), CliError> {
    let su = scheduler(court)?;
    let url = join(su, &format!("{process}/latest"))?;
    let last = court.http().get_json(&url).await?;
    end(&last)
        .map(|(slot, legacy)| (slot + 1, legacy))
        .ok_or_else(|| CliError::failure(format!("{su} shows no last slot of {process}")))
}

/// The slot of an assignment and the legacy chain there.
fn end(shown: &Value) -> Option<(u64, Id)> {
    let tags = shown["assignment"]["tags"].as_array()?;
    let tag = |name: &str| {
        let tag = tags.iter().find(|tag| tag["name"].as_str() == Some(name))?;
        tag["value"].as_str()
    };
    Some((
        tag("Nonce")?.parse().ok()?,
        tag("Hash-Chain")?.parse().ok()?,
    ))
}

/// The terms of a process that its owner has registered.
#[derive(Debug)]
pub(super) struct Registered {
    process: Id,
    period: u64,
    max_fee: String,
    min_allocation: String,
    deposit: String,
}

impl Registered {
    /// What the court says of it; none where its spawn names the court itself.
    pub(super) async fn of(
        court: &CourtClient,
        spawn: &VerifiedItem,
    ) -> Result<Option<Self>, CliError> {
        if spawn.tags().get(ORIGIN_TAG).is_some() {
            return Ok(None);
        }
        let process = spawn.id();
        let found = court
            .get("processes", &[("process", &process.to_string())])
            .await?;
        let registered = Self::read(process, &found["Rows"][0]);
        registered
            .map(Some)
            .ok_or_else(|| CliError::Refused(verdict::refused("5.1 origin")))
    }

    fn read(process: Id, row: &Value) -> Option<Self> {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        (row["State"] == "Registered").then_some(())?;
        Some(Self {
            process,
            period: row["Period"].as_u64()?,
            max_fee: text("Max-Fee")?,
            min_allocation: text("Min-Allocation")?,
            deposit: text("Hosting-Deposit")?,
        })
    }

    /// What its host puts up.
    pub(super) fn stake(&self) -> Result<Amount, CliError> {
        let stake = Amount::of_units(&self.min_allocation);
        stake.ok_or_else(|| CliError::failure("the court's answer names no stake"))
    }

    /// Lets the node's scheduler hold the log where the owner said; the registration that it holds for. It refuses where it has signed
    /// beyond.
    pub(super) async fn hold(&self, court: &CourtClient) -> Result<Registration<'_>, CliError> {
        let path = format!("joining/{}", self.process);
        let held = court.act(&path, &json!({})).await?;
        let seam = (held["first"].as_u64(), held["legacy"].as_str());
        let (Some(first), Some(Ok(legacy))) = (seam.0, seam.1.map(str::parse)) else {
            return Err(CliError::failure("the node's answer names no slot"));
        };
        Ok(Registration {
            first,
            legacy,
            period: Some(self.period),
            max_fee: &self.max_fee,
            min_allocation: &self.min_allocation,
            deposit: &self.deposit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_log_is_read_from_its_last_assignment() {
        let chain = Id::new([3; 32]);
        let tags = json!([
            { "name": "Nonce", "value": "41" },
            { "name": "Hash-Chain", "value": chain },
        ]);
        let shown = json!({ "assignment": { "tags": tags } });
        assert_eq!(end(&shown), Some((41, chain)));
        assert_eq!(end(&json!({})), None);
    }

    #[test]
    fn only_a_registered_process_without_host_is_joined() {
        let row = |state: &str| {
            json!({
                "State": state, "Period": 6, "Max-Fee": "5", "Min-Allocation": "1500000000000", "Hosting-Deposit": "0",
            })
        };
        let read = |row: &Value| Registered::read(Id::new([1; 32]), row);
        let registered = read(&row("Registered")).unwrap();
        assert_eq!(registered.stake().unwrap().to_string(), "1.5 tokens");
        assert!(read(&row("Hosted")).is_none());
        assert!(read(&json!({ "State": "Registered" })).is_none());
        assert!(
            read(&Value::Null).is_none(),
            "the court knows nothing of it"
        );
    }
}
