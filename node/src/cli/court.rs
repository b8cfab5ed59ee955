//! How verbs talk to the court: through a node that computes it.

use std::time::{Duration, Instant};

use aosec_wire::{Draft, Id, SigningKey, VerifiedItem};
use clap::Args;
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::target::{Target, TargetArgs};
use super::{horizon, verdict};
use crate::origin::deploy::tokens;

/// Pause between two looks at an item that has not run yet.
const POLL_PAUSE: Duration = Duration::from_millis(300);

/// Fields of the court's answers that are amounts, in units of the token.
const AMOUNTS: [&str; 27] = [
    "Allocation",
    "Amount",
    "Answer-Cap",
    "Balance",
    "Bond",
    "Burned",
    "Escrow",
    "Fee-Cap",
    "Free",
    "Held",
    "Hosting-Deposit",
    "Live",
    "Max-Fee",
    "Min-Allocation",
    "Next-Fee",
    "Now",
    "Owed",
    "Paid",
    "Pool",
    "Quantity",
    "Rate",
    "Reserves",
    "Supply",
    "Total-Supply",
    "Worth",
    "min_bond",
    "inbox_fee",
];

/// Fields that are heights still to come.
const DEADLINES: [&str; 3] = ["Ripe", "Due", "Jailed-Until"];

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
    /// Seconds to wait until the message has run; 0 does not wait, and `aosec origin message` tells later.
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
    fn open(target: &TargetArgs, firm: bool, out: Output) -> Result<Self, CliError> {
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

/// An answer for a person: amounts in tokens, heights to come as blocks and time. `info` says where the court stands.
#[must_use]
pub fn shown(value: &Value, info: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), field(name, value, info)));
            Value::Object(fields.collect())
        }
        Value::Array(rows) => rows.iter().map(|row| shown(row, info)).collect(),
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value, info: &Value) -> Value {
    let now = info["soft"].as_u64().unwrap_or(0);
    match (value.as_str(), value.as_u64()) {
        (Some(units), _) if AMOUNTS.contains(&name) || name == "answer_fee_floor" => {
            format!("{} tokens", tokens(units)).into()
        }
        (_, Some(height)) if DEADLINES.contains(&name) && height > now => format!(
            "block {height}, in {}",
            horizon::blocks(height - now, block_time(info))
        )
        .into(),
        _ => shown(value, info),
    }
}

/// A JSON object as lines of a name and a value each; what is empty is left out.
#[must_use]
pub fn lines(value: &Value) -> String {
    let fields = value.as_object().into_iter().flatten();
    let shown = fields.map(|(name, value)| (name, plain(value)));
    let lines = shown
        .filter(|(_name, text)| !text.is_empty())
        .map(|(name, text)| format!("{name:>18}  {text}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A value without JSON's signs. What holds now needs no name, and what comes later has one.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(rows) => rows.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => {
            let named = fields.iter().map(|(name, value)| match name.as_str() {
                "Now" => plain(value),
                _ => format!("{name} {}", plain(value)),
            });
            named.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
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

    #[test]
    fn a_person_reads_no_json() {
        let row = json!({
            "Cases": 0, "Fee": { "Now": "1 tokens" }, "Gone": null, "Unbonding": [],
            "Wait": [{ "Ripe": "block 7", "Sum": "2 tokens" }, "9"],
        });
        let text = "             Cases  0\n               Fee  1 tokens\n              Wait  Ripe block 7, Sum 2 tokens; 9";
        assert_eq!(lines(&row), text);
    }

    #[test]
    fn a_person_sees_tokens_and_times() {
        let info = json!({ "soft": 100, "block_time_ms": 120_000 });
        let row = json!({
            "Bond": "1500000000000", "Jailed-Until": 90, "Lease": { "Rate": "1" },
            "Unbonding": [{ "Amount": "1000000000000", "Ripe": 115 }],
        });
        let expected = json!({
            "Bond": "1.5 tokens", "Jailed-Until": 90, "Lease": { "Rate": "0.000000000001 tokens" },
            "Unbonding": [{ "Amount": "1 tokens", "Ripe": "block 115, in 15 blocks (11 to 60 minutes)" }],
        });
        assert_eq!(shown(&row, &info), expected);
    }
}
