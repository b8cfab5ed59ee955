//! A scheduler's part: a log, signed, and put on a devchain as the law wants it. Every piece can be left out or bent.

use aosec_wire::record::{Head, HeadSignature, LogRecord, NO_ORIGIN};
use aosec_wire::{
    Assignment, AssignmentPlan, Chain, Draft, Id, LogEntry, SigningKey, Tags, VerifiedItem, bundle,
};
use bytes::Bytes;

use crate::arweave::devchain::loopback::Loopback;
use crate::arweave::transaction::Format;
use crate::follow::law::LOG_TAGS;

/// A log that nobody published yet.
pub(crate) struct Author {
    pub(crate) scheduler: SigningKey,
    pub(crate) spawn: VerifiedItem,
    pub(crate) messages: Vec<VerifiedItem>,
    pub(crate) assignments: Vec<Assignment>,
    height: u64,
    clock_ms: u64,
}

fn sign(key: &SigningKey, target: Option<Id>, tags: Tags, data: &str) -> VerifiedItem {
    let draft = Draft {
        target,
        anchor: None,
        tags,
        data: Bytes::from(data.to_owned()),
    };
    draft.sign(key).unwrap()
}

fn user() -> SigningKey {
    SigningKey::ed25519([2; 32])
}

impl Author {
    /// A process of `module`, with its slot 0, stamped at the present tip.
    pub(crate) async fn spawn(chain: &Loopback, module: Id, name: &str) -> Self {
        let scheduler = SigningKey::ed25519([1; 32]);
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Process")
            .with("Name", name)
            .with("Module", module.to_string())
            .with("Scheduler", scheduler.address().as_str());
        let spawn = sign(&user(), None, tags, "spawn");
        let tip = chain.gateway().tip().await.unwrap();
        let mut author = Self {
            scheduler,
            spawn,
            messages: Vec::new(),
            assignments: Vec::new(),
            height: tip.height,
            clock_ms: tip.time_s * 1_000,
        };
        author.assign(None);
        author
    }

    pub(crate) fn process(&self) -> Id {
        self.spawn.id()
    }

    fn assign(&mut self, message: Option<Id>) {
        self.clock_ms += 1;
        let (height, timestamp) = (self.height, self.clock_ms);
        let chain = self.assignments.last().map_or_else(
            || Chain::genesis(self.process()),
            |last| {
                let at = message.unwrap_or(self.process());
                last.chain().unwrap().next(last.id(), at, height, timestamp)
            },
        );
        let plan = AssignmentPlan {
            process: self.process(),
            epoch: 0,
            nonce: self.assignments.len() as u64,
            message,
            height,
            timestamp,
            chain,
            exclude: Vec::new(),
            base_layer: false,
        };
        self.assignments.push(plan.sign(&self.scheduler).unwrap());
    }

    /// Gives the next slot to a new message.
    pub(crate) fn send(&mut self, data: &str) -> Id {
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message")
            .with("Action", "Eval")
            .with("Count", self.messages.len().to_string());
        let message = sign(&user(), Some(self.process()), tags, data);
        let id = message.id();
        self.messages.push(message);
        self.assign(Some(id));
        id
    }

    /// Messages and assignments of these slots, as they ride in a `Type: Data` transaction.
    pub(crate) fn items(&self, first: usize, last: usize) -> Vec<VerifiedItem> {
        let slots = (first..=last).map(|slot| {
            let message = slot.checked_sub(1).and_then(|at| self.messages.get(at));
            let message = message.unwrap_or(&self.spawn).clone();
            [message, self.assignments[slot].item().clone()]
        });
        slots.flatten().collect()
    }

    /// The item with the record of these slots.
    pub(crate) fn record(&self, first: usize, last: usize) -> VerifiedItem {
        let entries = self.assignments[first..=last]
            .iter()
            .map(|assignment| LogEntry {
                message: assignment.message().unwrap(),
                height: assignment.height(),
                timestamp: assignment.timestamp(),
            });
        let head = Head {
            process: self.process(),
            epoch: 0,
            slot: last as u64,
            chain: self.assignments[last].log_chain().unwrap(),
        };
        let record = LogRecord::new(
            self.process(),
            0,
            first as u64,
            self.assignments[first - 1].log_chain().unwrap(),
            entries.collect(),
            HeadSignature::sign(&self.scheduler, &head, NO_ORIGIN),
        );
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Log-Record");
        let draft = Draft {
            tags,
            data: record.unwrap().encode(),
            ..Draft::default()
        };
        draft.sign(&self.scheduler).unwrap()
    }

    /// Posts the record of these slots; gives the transaction.
    pub(crate) async fn post_record(&self, chain: &Loopback, first: usize, last: usize) -> Id {
        post(chain, Format::One, "Log", &[self.record(first, last)]).await
    }

    /// Posts the items of these slots; gives the transaction.
    pub(crate) async fn post_items(&self, chain: &Loopback, first: usize, last: usize) -> Id {
        post(chain, Format::Two, "Data", &self.items(first, last)).await
    }

    /// Posts everything from slot `first` on.
    pub(crate) async fn publish(&self, chain: &Loopback, first: usize) {
        let last = self.assignments.len() - 1;
        self.post_items(chain, first, last).await;
        if last > 0 {
            self.post_record(chain, first.max(1), last).await;
        }
    }
}

/// Posts a bundle of these items in a transaction of this `Type`.
pub(crate) async fn post(
    chain: &Loopback,
    format: Format,
    kind: &str,
    items: &[VerifiedItem],
) -> Id {
    let tags: Vec<(&str, &str)> = LOG_TAGS
        .into_iter()
        .map(|(name, value)| (name, if name == "Type" { kind } else { value }))
        .collect();
    let data = bundle::build(items).to_vec();
    let transaction = chain.transaction(format, data, &tags).await;
    let id = transaction.id();
    chain.chain.submit(transaction).await.unwrap();
    id
}
