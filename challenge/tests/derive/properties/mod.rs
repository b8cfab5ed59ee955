//! Properties of the derivation over drawn worlds: a host that cuts its log anyhow, posters that post in any order and more than
//! once, a host that signs a second history, strangers, garbage, reorgs.

mod model;
mod seed;

use aosec_challenge::derive::{
    Block, Deriver, Entry, HostTable, Hosting, Log, Start, Step, Transaction,
};
use aosec_wire::{LogEntry, VerifiedItem};
use bytes::Bytes;

use self::model::Model;
use self::seed::Draw;
use crate::forge::{self, FIRM, PROCESS, SMALL, Written};

/// Slots that a host has in hand.
const SLOTS: u64 = 40;

/// What can be posted.
struct Deck {
    honest: Written,
    /// The same host's second history, which leaves the first somewhere.
    second: Written,
    stranger: Written,
}

impl Deck {
    fn draw(draw: &mut Draw) -> Self {
        let mut height = FIRM;
        let entries: Vec<LogEntry> = (1..=SLOTS)
            .map(|slot| {
                height += u64::from(draw.in_a_hundred(30));
                forge::honest(slot, height)
            })
            .collect();
        let honest = Written::of(entries);
        let mut second = honest.clone();
        let leaves = draw.index(second.entries.len());
        for entry in &mut second.entries[leaves..] {
            entry.timestamp += 1_000_000;
        }
        let stranger = honest.clone().by(forge::next_host(), 0);
        Self {
            honest,
            second,
            stranger,
        }
    }

    /// An item of any kind; with `twofold`, the host signs its second history too.
    fn item(&self, draw: &mut Draw, twofold: bool) -> VerifiedItem {
        let first = draw.from(1, SLOTS);
        let last = draw.from(first, SLOTS.min(first + 12));
        match draw.from(0, 19) {
            0 => self.stranger.item(first, last),
            1 => self.honest.clone().by(forge::host(), 1).item(first, last),
            2 | 3 => broken(draw, self.honest.record(first, last).encode()),
            4 => repeating(draw, &self.honest, first),
            5..=8 if twofold => self.second.item(first, last),
            _ => self.honest.item(first, last),
        }
    }

    fn items(&self, draw: &mut Draw, twofold: bool) -> Vec<VerifiedItem> {
        let count = draw.from(0, 4);
        (0..count).map(|_| self.item(draw, twofold)).collect()
    }
}

/// A record with a byte changed, cut off or added.
fn broken(draw: &mut Draw, record: Bytes) -> VerifiedItem {
    let mut bytes = record.to_vec();
    let at = draw.index(bytes.len());
    match draw.from(0, 2) {
        0 => bytes.truncate(at),
        1 => bytes.push(0),
        _ => bytes[at] ^= 1 << draw.from(0, 7),
    }
    forge::carrying(bytes.into())
}

/// A record of the host whose last message has a slot before, in the record or in the log.
fn repeating(draw: &mut Draw, log: &Written, first: u64) -> VerifiedItem {
    let last = SLOTS.min(first + 3).max(2);
    let from = draw.from(1, last - 1);
    let message = log.entries[usize::try_from(from - 1).unwrap()].message;
    let mut entry = log.entries[usize::try_from(last - 1).unwrap()];
    entry.message = message;
    log.clone().with(last, entry).item(first, last)
}

fn hosts() -> HostTable {
    let mut hosts = HostTable::new();
    let hosting = Hosting::without_court(forge::host().address().clone());
    hosts.insert(PROCESS, hosting);
    hosts
}

fn following() -> Deriver {
    let mut deriver = Deriver::new(SMALL, forge::firm_block());
    let log = Log::begin(PROCESS, Start::of_spawn(PROCESS));
    deriver.follow(log).unwrap();
    deriver
}

fn new_entries(step: Step) -> impl Iterator<Item = Entry> {
    step.extended
        .into_iter()
        .flat_map(|extended| extended.entries)
}

fn as_model(entries: &[Entry], log: &Log) -> Model {
    let slot = |entry: &Entry| {
        let content = LogEntry {
            message: entry.message,
            height: entry.height,
            timestamp: entry.timestamp,
        };
        (content, entry.mined)
    };
    Model {
        slots: entries.iter().map(slot).collect(),
        late: log.head().late,
    }
}

#[test]
fn whatever_is_posted_the_log_is_the_one_that_the_rule_gives() {
    let mut draw = Draw::new();
    let (hosts, mut reached) = (hosts(), 0);
    for _world in 0..200 {
        let deck = Deck::draw(&mut draw);
        let twofold = draw.in_a_hundred(50);
        let (mut deriver, mut model, mut entries) = (following(), Model::default(), vec![]);
        for height in FIRM + 1..FIRM + 20 {
            let items = deck.items(&mut draw, twofold);
            model.block(height, &items);
            let block = forge::block(height, vec![forge::log_of(&items)]);
            entries.extend(new_entries(deriver.step(&block, &hosts).unwrap()));
        }
        let log = deriver.log(&PROCESS).unwrap();
        assert_eq!(as_model(&entries, log), model);
        let firm = deriver.firm().height;
        let start = Start::of_spawn(PROCESS);
        let again = Log::restore(PROCESS, start, entries.clone(), firm, &SMALL);
        assert_eq!(again.as_ref(), Ok(log));
        if !twofold {
            let honest = deck.honest.entries.iter();
            assert!(
                model
                    .slots
                    .iter()
                    .map(|(entry, _)| entry)
                    .eq(honest.take(model.slots.len()))
            );
        }
        reached += model.slots.len();
    }
    assert!(
        reached > 200,
        "worlds in which nothing happens prove nothing"
    );
}

/// One block of a branch with what it carries.
struct Mined {
    block: Block,
    items: Vec<VerifiedItem>,
}

#[test]
fn going_back_and_forth_ends_where_the_last_branch_ends() {
    let mut draw = Draw::new();
    let (hosts, mut rewinds) = (hosts(), 0);
    for _world in 0..100 {
        let deck = Deck::draw(&mut draw);
        let (mut deriver, mut entries) = (following(), Vec::<Entry>::new());
        let mut branch: Vec<Mined> = Vec::new();
        for name in 1..60 {
            let (tip, firm) = (deriver.tip().height, deriver.firm().height);
            if tip > firm && draw.in_a_hundred(40) {
                let to = draw.from(firm, tip - 1);
                deriver.rewind(to).unwrap();
                entries.retain(|entry| entry.mined <= to);
                branch.retain(|mined| mined.block.height <= to);
                rewinds += 1;
            }
            let before = deriver.tip();
            let items = deck.items(&mut draw, true);
            let mut block =
                forge::branched(before.height + 1, name, 0, vec![forge::log_of(&items)]);
            block.previous = before.id;
            entries.extend(new_entries(deriver.step(&block, &hosts).unwrap()));
            branch.push(Mined { block, items });
        }
        let (mut straight, mut model, mut kept) = (following(), Model::default(), vec![]);
        for Mined { block, items } in &branch {
            kept.extend(new_entries(straight.step(block, &hosts).unwrap()));
            model.block(block.height, items);
        }
        let (log, straight) = (
            deriver.log(&PROCESS).unwrap(),
            straight.log(&PROCESS).unwrap(),
        );
        assert_eq!((log.head(), &entries), (straight.head(), &kept));
        assert_eq!(as_model(&entries, log), model);
        for (entry, mined) in &model.slots {
            assert!(log.knows(&entry.message) && *mined <= deriver.tip().height);
        }
    }
    assert!(rewinds > 500, "{rewinds}");
}

#[test]
fn hostile_bytes_cost_no_more_than_themselves() {
    let mut draw = Draw::new();
    let (hosts, honest) = (hosts(), Written::honest(SLOTS, FIRM));
    let mut deriver = following();
    let whole = forge::log_of(&[honest.item(1, 20), honest.item(21, SLOTS)]);
    for height in FIRM + 1..FIRM + 1_500 {
        let hostile = hostile(&mut draw, &whole);
        let bytes = hostile.data.len();
        let step = deriver
            .step(&forge::block(height, vec![hostile]), &hosts)
            .unwrap();
        // Each row of a bundle's header takes 64 bytes, so there are no more things to ignore than that.
        assert!(step.ignored.len() <= 1 + bytes / 64);
        let head = deriver.log(&PROCESS).unwrap().head();
        assert_eq!(head.chain, honest.chain(head.slot));
    }
}

fn hostile(draw: &mut Draw, whole: &Transaction) -> Transaction {
    let mut data = whole.data.to_vec();
    for _ in 0..draw.from(1, 3) {
        let at = draw.index(data.len());
        match draw.from(0, 4) {
            0 => data.truncate(at.max(1)),
            1 => data.extend_from_within(..at),
            2 => data.fill(0xff),
            _ => data[at] ^= 1 << draw.from(0, 7),
        }
    }
    Transaction {
        data: data.into(),
        ..whole.clone()
    }
}
