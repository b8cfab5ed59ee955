//! A process under the court that loses its host: a node with nothing but gateways computes it on, in the base layer's order (5.8).

use aosec_wire::record::{Head, HeadSignature, LogRecord};
use aosec_wire::{AssignmentPlan, Chain, LogEntry, Scheduled};

use super::hosting::{funded_and_taken, of_court, spawned_under_court};
use super::*;
use crate::cu::present::NoPresent;
use crate::cu::source::{Derived, Items, Log as _};
use crate::cu::{self, word::Word};
use crate::follow::tests::author;
use crate::node::compute;
use crate::origin::supply::Supplied;

/// Blocks from the mining of `Leave` to the end of the lease, and from there to the cut, on the devnet.
const NOTICE: u32 = 6;
pub(super) const CUT: u32 = 2;

/// The text that the process answers to a probe: what it has seen of the slot.
pub(super) const PROBE: &str = "Handlers.add('probe', function(m) return m.Action == 'Probe' end, function(m) \
    print(table.concat({'seen', m.Nonce, m['Block-Height'], m.Timestamp, m['Hash-Chain']}, ' ')) end)";

pub(super) fn process() -> VerifiedItem {
    spawned_under_court(&[])
}

pub(super) fn message(action: &str, data: &str) -> VerifiedItem {
    let draft = Draft {
        target: Some(process().id()),
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message")
            .with("Action", action),
        data: data.to_owned().into(),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

/// What the host has ordered: the message of each slot from 1 on, with stamps.
pub(super) struct Ordered {
    pub(super) process: Id,
    pub(super) entries: Vec<LogEntry>,
}

impl Ordered {
    fn chain(&self, slot: usize) -> Id {
        let start = Id::sha256(self.process.as_bytes());
        let upto = self.entries.iter().take(slot);
        upto.fold(start, |chain, entry| entry.chain_after(chain))
    }

    pub(super) fn record(&self) -> VerifiedItem {
        let last = self.entries.len();
        let head = Head {
            process: self.process,
            epoch: 0,
            slot: last as u64,
            chain: self.chain(last),
        };
        let signature = HeadSignature::sign(&operator(10)[2], &head, origin());
        let (start, entries) = (self.chain(0), self.entries.clone());
        let record = LogRecord::new(self.process, 0, 1, start, entries, signature).unwrap();
        let draft = Draft {
            tags: Tags::new()
                .with("Data-Protocol", "ao")
                .with("Type", "Log-Record"),
            data: record.encode(),
            ..Draft::default()
        };
        draft.sign_deterministic(&alice()).unwrap()
    }

    fn receipt(&self, slot: usize) -> VerifiedItem {
        let entry = self.entries[slot - 1];
        let plan = AssignmentPlan {
            process: self.process,
            epoch: 0,
            nonce: slot as u64,
            message: Some(entry.message),
            height: entry.height,
            timestamp: entry.timestamp,
            chain: Chain {
                hash: Id::new([7; 32]),
                log: self.chain(slot),
            },
            exclude: Vec::new(),
            base_layer: false,
        };
        plan.sign(&operator(10)[2]).unwrap().item().clone()
    }
}

/// Hosts the process, publishes slots 1 and 2, and leaves; gives what was ordered and the height at which the lease ends.
pub(super) async fn hosted_and_left(chain: &Loopback) -> (Ordered, u64) {
    let messages = [message("Eval", PROBE), message("Probe", "by its host")];
    left(chain, &messages).await
}

/// The same with these messages in slots 1, 2 and so on.
pub(super) async fn left(chain: &Loopback, messages: &[VerifiedItem]) -> (Ordered, u64) {
    let ordered = hosted(chain, messages).await;
    let id = process().id().to_string();
    let leaves = of_court(&operator(10)[1], "Leave", &[("Process", &id)]);
    post(chain, &[leaves]).await;
    let ends = mine(chain, 1 + NOTICE + 1).await;
    (ordered, ends)
}

/// Hosts the process, and publishes these messages in slots 1, 2 and so on.
pub(super) async fn hosted(chain: &Loopback, messages: &[VerifiedItem]) -> Ordered {
    let hosted = taken(chain).await;
    published(chain, hosted, messages, messages).await
}

/// Hosts the process; gives the height at which the lease begins.
pub(super) async fn taken(chain: &Loopback) -> u64 {
    post(chain, &start()).await;
    mine(chain, 4).await;
    post(chain, &funded_and_taken(&process(), &operator(10)[1], &[])).await;
    mine(chain, 1).await
}

/// Publishes a record of `messages`, stamped with this height, and of them `shown` alone.
pub(super) async fn published(
    chain: &Loopback,
    height: u64,
    messages: &[VerifiedItem],
    shown: &[VerifiedItem],
) -> Ordered {
    let time = chain.gateway().tip().await.unwrap().time_s * 1_000;
    let entries = (1..).zip(messages).map(|(slot, message)| LogEntry {
        message: message.id(),
        height,
        timestamp: time + slot,
    });
    let ordered = Ordered {
        process: process().id(),
        entries: entries.collect(),
    };
    let data = [&[process()][..], shown].concat();
    author::post(chain, Format::Two, "Data", &data).await;
    author::post(chain, Format::One, "Log", &[ordered.record()]).await;
    mine(chain, 1).await;
    ordered
}

pub(super) async fn post_inbox(chain: &Loopback, items: &[VerifiedItem]) {
    let bundler = Bundler::new(chain.gateway(), loopback::wallet());
    let tags = Tags::new().with("Process", process().id().to_string());
    let data = bundle::build(items);
    bundler
        .post(Format::One, "Inbox", tags, data)
        .await
        .unwrap();
}

pub(super) async fn unit(bench: &Bench, derived: Arc<Derived>) -> cu::Handle {
    let items = Supplied::new(bench.court.clone(), derived.clone());
    unit_of(bench, derived, Arc::new(items)).await
}

/// A unit that looks for what its log names in these items.
pub(super) async fn unit_of(bench: &Bench, log: Arc<Derived>, items: Arc<dyn Items>) -> cu::Handle {
    let parts = compute::Parts {
        store: bench.store.clone(),
        data: bench.folder.path().to_owned(),
        address: key(9).address().clone(),
        log,
        items,
        authorities: Arc::new(bench.court.clone()),
        present: Arc::new(NoPresent),
        workshop: compute::workshop(true).await.unwrap(),
    };
    compute::open(parts, &bench.shutdown).await.unwrap()
}

pub(super) fn spawned() -> aosec_wire::Process {
    let Ok(Scheduled::Process(spawn)) = Scheduled::classify(process()) else {
        panic!("no spawn");
    };
    spawn
}

/// What the module has printed of a slot, by the canonical entry.
fn seen(word: &Word) -> String {
    format!(
        "seen {} {} {} {}",
        word.nonce(),
        word.height(),
        word.timestamp(),
        word.log_chain().unwrap()
    )
}

#[tokio::test]
async fn an_orphan_is_computed_on_from_the_base_layer() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let (mut ordered, ends) = hosted_and_left(&chain).await;
    bench.until(ends).await;
    let id = process().id();
    assert_eq!(bench.court.row(&id).unwrap().u, Some(ends));
    let (promised, written) = (message("Probe", "promised"), message("Probe", "written"));
    let last = ordered.entries[1];
    // The host keeps slot 3 to itself: its receipt for slot 4 leads nowhere.
    for (message, later) in [(Id::new([3; 32]), 1), (promised.id(), 2)] {
        ordered.entries.push(LogEntry {
            message,
            timestamp: last.timestamp + later,
            ..last
        });
    }
    let children = [promised.clone(), ordered.receipt(4)];
    let carries = messages::message(origin(), "Info");
    let carries = messages::enclosing(carries, &children);
    post(&chain, &[carries.sign_deterministic(&alice()).unwrap()]).await;
    post_inbox(&chain, std::slice::from_ref(&written)).await;
    let tip = mine(&chain, CUT + u32::try_from(DEPTH).unwrap()).await;
    bench.until(tip).await;
    let derived = Arc::new(Derived::new(bench.follow.clone(), chain.gateway()));
    assert_eq!(bench.follow.derive(&spawned()).await.unwrap(), 4);
    let entries = derived.entries(id, 0, 9).await.unwrap();
    let words: Vec<_> = entries.iter().map(|entry| &entry.assignment).collect();
    let named: Vec<_> = words.iter().map(|word| word.message()).collect();
    let expected = [
        ordered.entries[0].message,
        last.message,
        promised.id(),
        written.id(),
    ];
    assert_eq!(named[0], None);
    assert_eq!(named[1..], expected.map(Some));
    let heights: Vec<_> = words.iter().map(|word| word.height()).collect();
    assert_eq!(heights[3..], [ends + u64::from(CUT); 2], "where they run");
    let cu = unit(&bench, derived.clone()).await;
    for slot in [2, 3, 4] {
        let outcome = cu.at_slot(id, slot).await.unwrap();
        let said = seen(words[usize::try_from(slot).unwrap()]);
        assert!(outcome.json.contains(&said), "{said}: {}", outcome.json);
    }
    let found = cu.result(id, written.id()).await.unwrap();
    assert_eq!(found.slot, 4);
}

/// Whoever starts later, or again, comes to the same log; nothing is written down twice.
#[tokio::test]
async fn a_restart_goes_on_with_the_orphan() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let (_ordered, ends) = hosted_and_left(&chain).await;
    bench.until(ends).await;
    post_inbox(&chain, &[message("Probe", "1")]).await;
    let tip = mine(&chain, CUT + u32::try_from(DEPTH).unwrap()).await;
    bench.until(tip).await;
    let bench = Bench::on(bench.stop().await, &chain).await;
    post_inbox(&chain, &[message("Probe", "2")]).await;
    let tip = mine(&chain, 1 + u32::try_from(DEPTH).unwrap()).await;
    bench.until(tip).await;
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    let spawn = spawned();
    let again = bench.follow.slots(&spawn, 0, 100).await.unwrap();
    assert_eq!(again.len(), 4);
    assert_eq!(fresh.follow.slots(&spawn, 0, 100).await.unwrap(), again);
}
