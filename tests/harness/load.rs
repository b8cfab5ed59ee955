//! Many senders at once, who remember what they were promised and what they were not told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::{self, Answer};
use super::{draft, ledger::Ledger, su_log};
use aosec_wire::{Assignment, Id, SigningKey, VerifiedItem, id};

/// Messages in flight.
pub const SENDERS: u64 = 24;
/// Each sender rests between two messages, so that a life's log can be replayed in seconds.
const REST: Duration = Duration::from_millis(25);
/// One message in so many goes through the MU of the other node.
const THROUGH_MU_EACH: u64 = 4;

/// What all senders share.
#[derive(Debug)]
pub struct Load {
    key: SigningKey,
    process: Id,
    numbers: AtomicU64,
    memory: Mutex<Memory>,
}

/// What the senders remember.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What was promised and seen.
    pub ledger: Ledger,
    /// Sent, and no receipt came back: may stand in the log or not, and is sent again after the crash.
    pub unanswered: Vec<VerifiedItem>,
}

impl Load {
    /// Senders of messages to `process`, signed by `key`.
    #[must_use]
    pub fn new(key: SigningKey, process: Id) -> Arc<Self> {
        Arc::new(Self {
            key,
            process,
            numbers: AtomicU64::new(0),
            memory: Mutex::default(),
        })
    }

    /// The same senders with a memory of their own: for a world that goes on apart from this one.
    #[must_use]
    pub fn fork(&self) -> Arc<Self> {
        Arc::new(Self {
            key: self.key.clone(),
            process: self.process,
            numbers: AtomicU64::new(self.numbers.load(Ordering::Relaxed)),
            memory: Mutex::new(self.memory().clone()),
        })
    }

    /// A further message with this data, remembered before it is sent.
    pub fn next_item(&self, data: impl Into<bytes::Bytes>) -> VerifiedItem {
        self.numbers.fetch_add(1, Ordering::Relaxed);
        let item = draft::message(&self.key, self.process, "Note", data);
        self.memory().unanswered.push(item.clone());
        item
    }

    /// The process that is written to.
    #[must_use]
    pub fn process(&self) -> Id {
        self.process
    }

    /// What is remembered.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends until it is aborted.
    pub async fn keep_sending(self: Arc<Self>, su: String, mu: String) {
        loop {
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let item = draft::message(&self.key, self.process, "Note", number.to_string());
            let url = if number.is_multiple_of(THROUGH_MU_EACH) {
                &mu
            } else {
                &su
            };
            // Remembered before it is sent: an aborted sender must not forget what is under way.
            self.memory().unanswered.push(item.clone());
            if let Ok(answer) = http::post_item(url, item.bytes().clone()).await {
                self.note(&item, &answer);
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Asks for the newest slot again and again, as a reader would: what was shown once must stay.
    pub async fn keep_reading(self: Arc<Self>, su: String) {
        let url = format!("{su}/{}/latest", self.process);
        loop {
            if let Ok(answer) = http::get(&url).await
                && answer.is_success()
            {
                let shown = su_log::of_json(&answer.json()["assignment"])
                    .expect("the newest slot verifies");
                self.memory().ledger.saw(&shown);
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Sends everything again that was not answered. Each gets a receipt, or the SU knows it already.
    pub async fn send_again(&self, su: &str) {
        let unanswered = std::mem::take(&mut self.memory().unanswered);
        for item in unanswered {
            let answer = http::post_item(su, item.bytes().clone())
                .await
                .expect("a living SU answers");
            self.memory().unanswered.push(item.clone());
            if !self.note(&item, &answer) {
                self.look_up(su, &item, &answer).await;
            }
        }
        assert!(
            self.memory().unanswered.is_empty(),
            "every message is answered by a living SU"
        );
    }

    async fn look_up(&self, su: &str, item: &VerifiedItem, refusal: &Answer) {
        let url = format!("{su}/{}?process-id={}", item.id(), self.process);
        let found = http::get(&url).await.expect("a living SU answers");
        let assignment = su_log::of_json(&found.json()["assignment"]);
        let assignment =
            assignment.unwrap_or_else(|error| panic!("{refusal:?}, and then {found:?}: {error:?}"));
        self.promised(item, &assignment);
    }

    /// True where the answer is a promise, with a receipt or without; it is then noted.
    pub fn note(&self, item: &VerifiedItem, answer: &Answer) -> bool {
        if !answer.is_success() {
            return false;
        }
        let json = answer.json();
        let Some(encoded) = json["assignment"].as_str() else {
            self.answered(item).ledger.was_taken(item.id());
            return true;
        };
        let bytes = id::from_base64url(encoded).expect("a receipt is base64url");
        let receipt =
            aosec_wire::item::verify_bytes(bytes.into(), aosec_wire::Strictness::Entrance);
        let assignment = Assignment::from_item(receipt.expect("a receipt verifies"))
            .expect("a receipt is an assignment");
        self.promised(item, &assignment);
        true
    }

    fn promised(&self, item: &VerifiedItem, assignment: &Assignment) {
        assert_eq!(
            assignment.message(),
            Some(item.id()),
            "the receipt is for what was sent"
        );
        self.answered(item).ledger.was_promised(assignment);
    }

    fn answered(&self, item: &VerifiedItem) -> MutexGuard<'_, Memory> {
        let mut memory = self.memory();
        memory
            .unanswered
            .retain(|waiting| waiting.id() != item.id());
        memory
    }
}
