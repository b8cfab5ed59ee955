//! What the court says of itself, read only: each view is the contract's own answer to a dry-run, so nothing here can differ from it.

use aosec_challenge::inbox::Track;
use aosec_wire::{Id, Tags};
use serde::Deserialize;
use serde_json::{Value, json};

use super::chamber::{Chamber, ChamberError};
use super::messages::Beat;
use super::questions::{Asker, QUESTIONS_MAX};
use super::{Handle, OriginError};
use crate::cu::input::{DryMessage, Moment, dry_message};
use crate::store::{StoreError, court};

/// Which of the two courts answers (PROTOCOL 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// The one at the tip: a reorg may take back what it says.
    #[default]
    Soft,
    /// The one `settlement_depth` blocks below.
    Firm,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The court's spawn was not found yet.
    #[error("the court has not begun: its spawn was not found up to block {0}")]
    NotBegun(u64),
    /// The court stands still.
    #[error("the court is not computed any more: {0}")]
    Alarm(String),
    /// Too many ask at once.
    #[error("{QUESTIONS_MAX} questions to the court are running already; ask again in a moment")]
    Busy,
    /// The process is registered, and nobody has hosted it.
    #[error(
        "nobody has hosted {0} yet, so it has no log to speak of: `aosec host take` takes it, and heartbeats begin then"
    )]
    NoLease(Id),
    /// The contract refuses the question, by rule and word.
    #[error("the court refuses it: {0}")]
    Refused(String),
    /// The question cannot be run.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The answer is none of this contract.
    #[error("the court's answer does not read: {0}")]
    Answer(String),
}

/// An answer of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The height of the court that answered.
    pub height: u64,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Its data: JSON, or plain text where it is none.
    pub data: Value,
}

impl Handle {
    /// Asks the court by an action and tags.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn ask(
        &self,
        depth: Depth,
        action: &str,
        more: &[(&str, &str)],
    ) -> Result<Answer, MirrorError> {
        self.ask_as(Asker::Stranger, depth, action, more).await
    }

    /// The same; what this node itself must know waits behind no stranger's question.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn ask_as(
        &self,
        asker: Asker,
        depth: Depth,
        action: &str,
        more: &[(&str, &str)],
    ) -> Result<Answer, MirrorError> {
        let tags: Tags = [("Action", action)].iter().chain(more).copied().collect();
        let dry = DryMessage {
            id: String::new(),
            owner: self.id().to_string(),
            target: None,
            anchor: String::new(),
            tags,
            data: String::new(),
            timestamp_ms: None,
            height: None,
        };
        let (height, outcome) = self.dry_run_as(asker, depth, dry).await?;
        answer(height, &outcome)
    }

    /// Where the log of a process stands that has, or had, a lease: `Log[P]` of the next message, as far as it is known now (2.8).
    ///
    /// # Errors
    /// [`MirrorError`], above all `5.12 process` where the court does not know it, and [`MirrorError::NoLease`].
    pub async fn head(&self, process: Id) -> Result<Beat, MirrorError> {
        self.head_as(Asker::Stranger, process).await
    }

    /// The same; what this node itself must know waits behind no stranger's question.
    ///
    /// # Errors
    /// As [`Self::head`].
    pub async fn head_as(&self, asker: Asker, process: Id) -> Result<Beat, MirrorError> {
        let name = process.to_string();
        let asked = [("Process", name.as_str())];
        let mut answer = self.ask_as(asker, Depth::Soft, "Processes", &asked).await?;
        let row = answer.data["Rows"][0].take();
        let no_lease = MirrorError::NoLease(process);
        let Some(epoch) = row["Epoch"].as_u64() else {
            return Err(no_lease);
        };
        let head = self.question(asker, move |track| {
            let court = track.soft().0;
            let head = *court.logs()?.log(&process)?.head();
            Some((head, court.tip().height))
        });
        let (head, height) = head.await?.ok_or(no_lease)?;
        Ok(Beat {
            process,
            epoch,
            slot: head.slot,
            chain: head.chain,
            height,
        })
    }

    /// What a message came to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outcome(&self, message: Id) -> Result<Option<court::CourtOutcome>, StoreError> {
        court::outcome(&self.0.store, message).await
    }

    /// What the court came to at a height.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn root(&self, height: u64) -> Result<Option<court::CourtRoot>, StoreError> {
        court::root(&self.0.store, height).await
    }

    /// Runs a message that leaves nothing behind; gives the height of the court and the outcome's text.
    ///
    /// # Errors
    /// [`MirrorError`].
    pub async fn dry_run(
        &self,
        depth: Depth,
        dry: DryMessage,
    ) -> Result<(u64, String), MirrorError> {
        self.dry_run_as(Asker::Stranger, depth, dry).await
    }

    async fn dry_run_as(
        &self,
        asker: Asker,
        depth: Depth,
        dry: DryMessage,
    ) -> Result<(u64, String), MirrorError> {
        if let Some(alarm) = self.standing().alarm {
            return Err(MirrorError::Alarm(alarm.to_string()));
        }
        let origin = self.id();
        let asked = self.question(asker, move |track| {
            let court = match depth {
                Depth::Soft => track.soft().0,
                Depth::Firm => track.firm().0,
            };
            let height = court.tip().height;
            if !court.has_begun() {
                return Err(MirrorError::NotBegun(height));
            }
            let now = Moment {
                timestamp_ms: 0,
                height,
            };
            let message = dry_message(origin, &dry, now);
            let chamber = match depth {
                Depth::Soft => track.soft_contract(),
                Depth::Firm => track.firm_contract(),
            };
            let said = chamber.ask(&message).map_err(faulty)?;
            Ok((height, said))
        });
        asked.await?
    }

    /// Looks at the track while one of the places is free.
    async fn question<T: Send + 'static>(
        &self,
        asker: Asker,
        look: impl FnOnce(&mut Track<Chamber>) -> T + Send + 'static,
    ) -> Result<T, MirrorError> {
        let place = self.0.questions.place(asker).ok_or(MirrorError::Busy)?;
        let looked = self.on_track(move |track| {
            let seen = look(track);
            drop(place);
            seen
        });
        Ok(looked.await?)
    }
}

fn faulty(error: ChamberError) -> MirrorError {
    MirrorError::Origin(error.into())
}

fn answer(height: u64, outcome: &str) -> Result<Answer, MirrorError> {
    let bad = |what: &str| MirrorError::Answer(what.to_owned());
    let outcome: Value = serde_json::from_str(outcome).map_err(|error| bad(&error.to_string()))?;
    if let Some(error) = outcome.get("Error").filter(|error| !error.is_null()) {
        return Err(bad(&error.to_string()));
    }
    let verdict = outcome["Output"]["data"].as_str();
    let verdict = verdict.ok_or_else(|| bad("no verdict"))?;
    let verdict: Value = serde_json::from_str(verdict).map_err(|error| bad(&error.to_string()))?;
    if verdict["ok"] != json!(true) {
        let code = verdict["code"].as_str().unwrap_or("no code");
        return Err(MirrorError::Refused(code.to_owned()));
    }
    let message = &outcome["Messages"][0];
    let data = message["Data"].as_str().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags = message["Tags"].as_array().into_iter().flatten();
    Ok(Answer {
        height,
        tags: tags
            .map(|tag| (text(&tag["name"]), text(&tag["value"])))
            .collect(),
        data: serde_json::from_str(data).unwrap_or_else(|_text| json!(data)),
    })
}

impl Answer {
    /// The answer's tags and data as one object; an amount stays text.
    #[must_use]
    pub fn shown(&self) -> Value {
        let mut shown = json!({ "height": self.height });
        for (name, value) in &self.tags {
            let is_envelope = matches!(
                name.as_str(),
                "Action"
                    | "Message-Id"
                    | "X-Reference"
                    | "X-Origin"
                    | "Data-Protocol"
                    | "Type"
                    | "Variant"
                    | "Reference"
            );
            if !is_envelope {
                shown[name.as_str()] = json!(value);
            }
        }
        if let Value::Object(fields) = &self.data {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "ok") {
                shown[name.as_str()] = value.clone();
            }
        }
        shown
    }
}
