//! The way to the process: Lua as messages through the MU, questions to the CU, and who owns it. Every wait is bounded and told of.

use std::time::Duration;

use aosec_wire::{Id, SigningKey, Strictness, VerifiedItem, item};
use reqwest::Url;
use serde_json::{Value, json};

use super::super::Output;
use super::super::client::{UnitClient, join};
use super::super::exit::CliError;
use super::super::item::{message_tags, signed, unassigned};
use super::super::outcome::plain;
use super::super::target::Target;

/// After this a person wants to know that something is still going on.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// One process as one key sees it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) client: UnitClient,
    pub(super) target: Target,
    pub(super) key: SigningKey,
    pub(super) process: Id,
    /// How long a result is waited for.
    pub(super) wait: Duration,
    pub(super) out: Output,
}

/// Whose process it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The address that its Lua calls `Owner`, where that is known.
    pub(super) owner: Option<String>,
    /// True where that is the wallet at hand.
    pub(super) mine: bool,
}

impl Link {
    /// The address of the wallet at hand.
    pub(super) fn address(&self) -> &str {
        self.key.address().as_str()
    }

    /// Lua as a message of the owner, signed and not sent yet.
    ///
    /// # Errors
    /// Where it is too large.
    pub(super) fn message(&self, lua: String) -> Result<VerifiedItem, CliError> {
        let tags = message_tags(Some("Eval"), &[]);
        signed(&self.key, Some(self.process), tags, lua.into())
    }

    /// Sends a message and waits for its result.
    ///
    /// # Errors
    /// No slot or no result in time, refused, or nobody answers; the error says what becomes of the message.
    pub(super) async fn deliver(&self, message: &VerifiedItem) -> Result<Value, CliError> {
        let posted = self.client.post_item(&self.target.mu, message);
        let waiting = format!("waiting for a slot for message {} ...", message.id());
        let posted = self.patiently(&waiting, posted).await;
        posted.map_err(|error| told(message.id(), error))?;
        let result = self.result(message.id()).await;
        result.map_err(|error| later(message.id(), error))
    }

    /// A message that the MU has kept, byte for byte: sent again it is the same one, and runs once.
    ///
    /// # Errors
    /// The MU does not have it, or nobody answers.
    pub(super) async fn kept(&self, message: Id) -> Result<VerifiedItem, CliError> {
        let url = join(&self.target.mu, &format!("raw/{message}"))?;
        let bytes = self.client.get_bytes(&url).await?;
        let item = item::verify_bytes(bytes, Strictness::Entrance);
        let item = item.map_err(|error| {
            CliError::failure(format!(
                "what {url} gives for the message is no item: {error}"
            ))
        })?;
        match item.id() == message && item.target() == Some(self.process) {
            true => Ok(item),
            false => Err(CliError::Usage(format!(
                "{message} is no message to {}",
                self.process
            ))),
        }
    }

    /// The result of a message, waited for.
    ///
    /// # Errors
    /// Not there in time, refused, or nobody answers.
    pub(super) async fn result(&self, message: Id) -> Result<Value, CliError> {
        let (cu, process) = (&self.target.cu, self.process);
        self.client.result(cu, process, message, self.wait).await
    }

    /// Runs Lua on a copy of the process, as its owner would.
    ///
    /// # Errors
    /// Refused, or nobody answers.
    pub(super) async fn rehearse(&self, owner: &str, lua: &str) -> Result<Value, CliError> {
        let mut url = join(&self.target.cu, "dry-run")?;
        url.query_pairs_mut()
            .append_pair("process-id", &self.process.to_string());
        let body = json!({
            "Id": "1234", "Target": self.process, "Owner": owner, "Anchor": "0", "Data": lua,
            "Tags": [
                { "name": "Action", "value": "Eval" }, { "name": "Data-Protocol", "value": "ao" },
                { "name": "Type", "value": "Message" }, { "name": "Variant", "value": "ao.TN.1" },
            ],
        });
        let waiting = format!("asking the compute unit at {} ...", self.target.cu);
        let asked = self.client.post_json(&url, &body);
        self.patiently(&waiting, asked).await
    }

    /// Asks the process whom it takes for its owner; gives the answer of the last question too, for its prompt.
    ///
    /// # Errors
    /// There is no such process, or nobody answers.
    pub(super) async fn standing(&self) -> Result<(Standing, Value), CliError> {
        let (mine, said) = self.takes_for_owner(self.address()).await?;
        if mine {
            let owner = Some(self.address().to_owned());
            return Ok((Standing { owner, mine }, said));
        }
        let mut owner = self.spawner().await;
        if let Some(other) = &owner
            && !self.takes_for_owner(other).await?.0
        {
            // Lua has set another one since.
            owner = None;
        }
        Ok((Standing { owner, mine }, said))
    }

    async fn takes_for_owner(&self, address: &str) -> Result<(bool, Value), CliError> {
        let said = self.rehearse(address, "return Owner").await?;
        let data = &said["Output"]["data"];
        Ok((plain(data).trim() == address, said))
    }

    /// Who spawned the process, where a scheduler says so: for a sentence, so that silence is no error.
    async fn spawner(&self) -> Option<String> {
        let su = self.target.su.as_ref()?;
        let url = join(su, &format!("processes/{}", self.process)).ok()?;
        let spawn = self.client.get_json(&url).await.ok()?;
        spawn["owner"]["address"].as_str().map(str::to_owned)
    }

    /// Asks the CU for a page of results behind `from`, or for the newest one.
    ///
    /// # Errors
    /// Nobody answers.
    pub(super) async fn results(
        &self,
        from: Option<&str>,
        newest: bool,
    ) -> Result<Value, CliError> {
        let mut url = join(&self.target.cu, &format!("results/{}", self.process))?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("sort", if newest { "DESC" } else { "ASC" });
            if newest {
                query.append_pair("limit", "1");
            }
            if let Some(from) = from {
                query.append_pair("from", from);
            }
        }
        self.client.get_json(&url).await
    }

    /// Has the CU compute up to `slot`; false where there is no such slot yet, or the CU knows no such question.
    ///
    /// # Errors
    /// Nobody answers.
    pub(super) async fn reach(&self, slot: u64) -> Result<bool, CliError> {
        let mut url: Url = join(&self.target.cu, &format!("root/{}", self.process))?;
        url.query_pairs_mut().append_pair("slot", &slot.to_string());
        match self.client.get_json(&url).await {
            Ok(_root) => Ok(true),
            Err(CliError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says what is waited for, once that takes a while.
    pub(super) async fn patiently<T>(&self, waiting: &str, what: impl Future<Output = T>) -> T {
        tokio::pin!(what);
        tokio::select! {
            done = &mut what => return done,
            () = tokio::time::sleep(PROGRESS_AFTER) => self.out.progress(waiting),
        }
        what.await
    }
}

/// A message of which nobody said that it has a slot. Only where no connection came about it is sure that nothing was sent.
fn told(message: Id, error: CliError) -> CliError {
    match error {
        CliError::DeadlinePassed(_) | CliError::BrokenOff(_) => unassigned(message, error)
            .adding(&format!("here, `.again {message}` sends the very same once more, `.result {message}` shows what it came to")),
        CliError::Unreachable(_) => error.adding("nothing was sent"),
        error => error,
    }
}

/// A message that has its slot and no result yet.
fn later(message: Id, error: CliError) -> CliError {
    match error {
        CliError::DeadlinePassed(_)
        | CliError::NotFound(_)
        | CliError::Unreachable(_)
        | CliError::BrokenOff(_) => error.adding(&format!(
            "message {message} has its slot; `.result {message}` shows what it came to"
        )),
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_what_becomes_of_the_message() {
        let message = Id::new([7; 32]);
        let open = [
            CliError::DeadlinePassed("no slot".to_owned()),
            CliError::BrokenOff("reset".to_owned()),
        ];
        for error in open {
            let said = told(message, error).to_string();
            for words in [
                ".again",
                ".result",
                "aosec challenge open --message",
                "aosec message status",
            ] {
                assert!(said.contains(&format!("{words} {message}")), "{said}");
            }
            assert!(!said.contains("nothing was sent"), "{said}");
        }
        let gone = told(message, CliError::Unreachable("nobody".to_owned())).to_string();
        assert!(gone.contains("nothing was sent"), "{gone}");
        let slow = later(message, CliError::DeadlinePassed("slow".to_owned())).to_string();
        assert!(slow.contains(&format!(".result {message}")), "{slow}");
    }
}
