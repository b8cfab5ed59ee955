//! A log as its scheduler would put it on a base layer, signed beforehand and with the stamps that a test wants: readers alone see it.

use std::ops::Range;

use aosec_node::arweave::bundler::{Bundler, DATA_BYTES_MAX};
use aosec_node::arweave::devchain::Devchain;
use aosec_node::arweave::devchain::genesis::module_item;
use aosec_node::arweave::transaction::Format;
use aosec_wire::record::NO_ORIGIN;
use aosec_wire::{
    Assignment, AssignmentPlan, Chain, Draft, Head, HeadSignature, Id, LogEntry, LogRecord,
    SigningKey, Tags, VerifiedItem, bundle,
};

use super::seed::Seed;

/// Slots of a record and of the bundle beside it: the most that the law allows.
const SLOTS: usize = 2_000;
/// Height of every stamp; what it is does not matter to a process without a court.
const HEIGHT: u64 = 1;
/// The stamped time of slot 0.
const BEGAN_MS: u64 = 1_700_000_000_000;

/// The log of one process.
#[derive(Debug)]
pub struct Log {
    user: SigningKey,
    scheduler: SigningKey,
    messages: Vec<VerifiedItem>,
    assignments: Vec<Assignment>,
}

impl Log {
    /// A process of the carried module with these further tags on its spawn, and its slot 0.
    ///
    /// # Panics
    /// Where the tags are over a limit.
    #[must_use]
    pub fn begin(further: &[(&str, &str)]) -> Self {
        let (user, scheduler) = (
            SigningKey::ed25519(Seed::new(11).bytes()),
            SigningKey::ed25519(Seed::new(12).bytes()),
        );
        let module = module_item(aosec_wasm::process_module::WASM).expect("the embedded module");
        let own = tags("Process")
            .with("Module", module.id().to_string())
            .with("Scheduler", scheduler.address().as_str());
        let spawn = Draft {
            tags: further
                .iter()
                .fold(own, |tags, (name, value)| tags.with(*name, *value)),
            data: "spawn".into(),
            ..Draft::default()
        };
        let spawn = spawn.sign(&user).expect("an item within its limits");
        let mut log = Self {
            user,
            scheduler,
            messages: vec![spawn],
            assignments: Vec::new(),
        };
        log.assign(None, 0);
        log
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> Id {
        self.messages[0].id()
    }

    /// Slots of the whole log.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.assignments.len()
    }

    /// Puts a message of the process's owner into the next slot, a millisecond after the one before.
    ///
    /// # Panics
    /// Where it is over a limit.
    pub fn send(&mut self, extra: &[(&str, &str)], data: String) {
        self.send_at(self.slots() as u64, extra, data);
    }

    /// The same, stamped so many milliseconds after slot 0.
    ///
    /// # Panics
    /// Where it is over a limit.
    pub fn send_at(&mut self, later_ms: u64, extra: &[(&str, &str)], data: String) {
        let mut tags = tags("Message").with("Number", self.messages.len().to_string());
        for (name, value) in extra {
            tags.push(*name, *value);
        }
        let draft = Draft {
            target: Some(self.process()),
            anchor: None,
            tags,
            data: data.into(),
        };
        let message = draft.sign(&self.user).expect("an item within its limits");
        let id = message.id();
        self.messages.push(message);
        self.assign(Some(id), later_ms);
    }

    fn assign(&mut self, message: Option<Id>, later_ms: u64) {
        let nonce = self.assignments.len() as u64;
        let timestamp = BEGAN_MS + later_ms;
        let chain = match self.assignments.last() {
            None => Chain::genesis(self.process()),
            Some(last) => last.chain().expect("both chains").next(
                last.id(),
                message.unwrap_or(self.process()),
                HEIGHT,
                timestamp,
            ),
        };
        let plan = AssignmentPlan {
            process: self.process(),
            epoch: 0,
            nonce,
            message,
            height: HEIGHT,
            timestamp,
            chain,
            exclude: Vec::new(),
            base_layer: false,
        };
        let signed = plan.sign(&self.scheduler).expect("an assignment");
        self.assignments.push(signed);
    }

    /// Posts these slots and mines them, with `depth` blocks on top.
    ///
    /// # Panics
    /// Where the base layer does not take them.
    pub async fn publish(
        &self,
        slots: Range<usize>,
        bundler: &Bundler,
        chain: &Devchain,
        depth: u32,
    ) {
        let slots: Vec<usize> = slots.collect();
        for some in slots.chunks(SLOTS) {
            let (first, last) = (some[0], some[some.len() - 1]);
            let items = some.iter().flat_map(|slot| {
                let assignment = self.assignments[*slot].item().clone();
                [self.messages[*slot].clone(), assignment]
            });
            let items: Vec<VerifiedItem> = items.collect();
            let data = bundle::build(&items);
            assert!(data.len() <= DATA_BYTES_MAX, "a bundle has its cap");
            let posted = bundler.post(Format::Two, "Data", Tags::new(), data).await;
            posted.expect("the devchain takes it");
            let record = bundle::build(&[self.record(first.max(1), last)]);
            let posted = bundler.post(Format::One, "Log", Tags::new(), record).await;
            posted.expect("the devchain takes it");
            // One block for each, so that they stand in order.
            chain.mine(1).await.expect("a block");
        }
        chain.mine(depth).await.expect("blocks");
    }

    fn record(&self, first: usize, last: usize) -> VerifiedItem {
        let chain_at = |slot: usize| self.assignments[slot].log_chain().expect("a chain");
        let entries = self.assignments[first..=last].iter().map(|one| LogEntry {
            message: one.message().expect("only slot 0 names none"),
            height: one.height(),
            timestamp: one.timestamp(),
        });
        let head = Head {
            process: self.process(),
            epoch: 0,
            slot: last as u64,
            chain: chain_at(last),
        };
        let signature = HeadSignature::sign(&self.scheduler, &head, NO_ORIGIN);
        let record = LogRecord::new(
            self.process(),
            0,
            first as u64,
            chain_at(first - 1),
            entries.collect(),
            signature,
        );
        let draft = Draft {
            tags: tags("Log-Record"),
            data: record.expect("a chain of its own").encode(),
            ..Draft::default()
        };
        draft.sign(&self.scheduler).expect("an item")
    }
}

fn tags(kind: &str) -> Tags {
    Tags::new().with("Data-Protocol", "ao").with("Type", kind)
}
