//! The imagined log of a process: all that the deriver would say of it, consistently, without a host or a base layer.
//!
//! One thing is freer than in truth: a slot may be said to have been mined some blocks before it appears.

use std::collections::BTreeMap;

use aosec_market::{Child, Content, Entry, Item, LogHead, Place, Signed};

/// A log with its head.
#[derive(Clone, Debug, Default)]
pub struct Scroll {
    /// What every message sees of it.
    pub head: LogHead,
    slots: BTreeMap<u64, Content>,
}

/// The log chain at a slot, in all games.
#[must_use]
pub fn chain(slot: u64) -> String {
    format!("chain-{slot:037}")
}

/// The beginning of a chain that follows from nothing.
pub const BROKEN: &str = "broken";

impl Scroll {
    /// The head is another one: slots that are new have messages that nobody has heard of.
    pub fn set(&mut self, process: &str, epoch: u64, slot: u64, mined: Option<u64>, height: u64) {
        self.slots.retain(|known, _| *known <= slot);
        for new in self.head.slot.min(slot) + 1..=slot {
            let content = Content {
                message: filler(process, new),
                mined: mined.unwrap_or(height),
                epoch,
                is_virtual: false,
            };
            self.slots.insert(new, content);
        }
        self.head = LogHead {
            epoch,
            slot,
            chain: chain(slot),
            mined,
            late: self.head.late,
            ..LogHead::default()
        };
    }

    /// A record brings messages that the log does not have yet, one slot each.
    pub fn publish(&mut self, messages: &[String], mined: u64, late: u64, is_virtual: bool) {
        for message in messages {
            if self.place(message).is_some() {
                continue;
            }
            self.head.slot += 1;
            let content = Content {
                message: message.clone(),
                mined,
                epoch: self.head.epoch,
                is_virtual,
            };
            self.slots.insert(self.head.slot, content);
        }
        self.head.chain = chain(self.head.slot);
        self.head.mined = self.head.mined.max(Some(mined));
        self.head.late += late;
    }

    /// What stands in a slot.
    #[must_use]
    pub fn at(&self, slot: u64) -> Option<&Content> {
        self.slots.get(&slot)
    }

    /// Where a message stands.
    #[must_use]
    pub fn place(&self, message: &str) -> Option<Place> {
        let mut all = self.slots.iter();
        let found = all.find(|(_, content)| content.message == message);
        found.map(|(slot, content)| Place {
            slot: *slot,
            mined: content.mined,
            epoch: content.epoch,
            is_virtual: content.is_virtual,
        })
    }

    /// The canonical entry of a slot.
    #[must_use]
    pub fn entry(&self, slot: u64) -> Option<Entry> {
        let content = self.slots.get(&slot)?;
        Some(Entry {
            message: content.message.clone(),
            height: content.mined,
            timestamp: 1_000 * slot,
            chain: chain(slot),
        })
    }

    /// What a message sees that asks for slots and messages.
    fn seen(&self, slots: &[u64], messages: &[&str]) -> LogHead {
        let at = slots.iter().map(|slot| (*slot, self.at(*slot).cloned()));
        let of = messages.iter();
        LogHead {
            at: at.collect(),
            of: of
                .map(|message| ((*message).to_owned(), self.place(message)))
                .collect(),
            ..self.head.clone()
        }
    }
}

/// The message in a slot that no game has named.
fn filler(process: &str, slot: u64) -> String {
    let number = process.trim_end_matches('_');
    format!("{:_<43}", format!("filler-{number}-{slot}"))
}

/// All logs of a game.
pub type Scrolls = BTreeMap<String, Scroll>;

/// Gives an item what the deriver would say to it (2.8), of those processes that the court shows.
pub fn inform(scrolls: &Scrolls, item: &mut Item, is_shown: impl Fn(&str) -> bool) {
    let slot = item.tag("Slot").and_then(count);
    let mut children = std::mem::take(&mut item.enclosures);
    if let aosec_market::Enclosures::Items(children) = &mut children {
        sign(scrolls, children, slot);
    }
    item.enclosures = children;
    let names: Vec<String> = item
        .names()
        .unwrap_or_default()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let first = item.tag("Process");
    let logs = names
        .iter()
        .filter(|name| is_shown(name))
        .filter_map(|name| {
            let own = first == Some(name.as_str());
            let slots: Vec<u64> = slot.filter(|_| own).into_iter().collect();
            let head = scrolls.get(name)?.seen(&slots, &messages(item, name, own));
            Some((name.clone(), head))
        });
    item.logs = logs.collect();
}

/// The messages whose places an item sees in the log of a process.
fn messages<'a>(item: &'a Item, process: &str, own: bool) -> Vec<&'a str> {
    let children = item.children().iter();
    let named = item.tag("Message").filter(|text| text.len() == 43);
    let ids = named
        .into_iter()
        .chain(children.clone().map(|child| child.id.as_str()));
    let receipts = children.filter_map(|child| child.signed.as_ref());
    let receipts = receipts.filter(|signed| !signed.record && signed.process == process);
    let receipts = receipts.flat_map(|signed| signed.entries.values());
    let receipts = receipts.map(|entry| entry.message.as_str());
    ids.filter(|_| own).chain(receipts).collect()
}

/// What children sign, as far as the item asks for it.
fn sign(scrolls: &Scrolls, children: &mut [Child], slot: Option<u64>) {
    let mut all: Vec<&mut Signed> = children
        .iter_mut()
        .filter_map(|child| child.signed.as_mut())
        .collect();
    for signed in &mut all {
        match signed.record {
            true => {
                let near = |known: u64| slot.is_some_and(|slot| (slot..=slot + 1).contains(&known));
                signed.entries.retain(|known, _| near(*known));
            }
            false => canonize(scrolls, signed),
        }
    }
    if let ([first, second], Some(slot)) = (all.as_mut_slice(), slot) {
        let next = second.entries.get(&(slot + 1));
        let follows = next.is_some_and(|entry| !entry.chain.starts_with(BROKEN));
        second.follows = Some(follows && first.entries.contains_key(&slot));
    } else if let [_, second] = all.as_mut_slice() {
        second.follows = Some(false);
    }
}

fn canonize(scrolls: &Scrolls, signed: &mut Signed) {
    let scroll = scrolls.get(&signed.process);
    let content = scroll.and_then(|scroll| {
        let equal = scroll.entry(signed.first).as_ref() == signed.entries.get(&signed.first);
        let content = scroll.at(signed.first)?;
        (equal && content.epoch == signed.epoch).then_some(content)
    });
    signed.canonical = Some(content.is_some());
    signed.mined = content.map(|content| content.mined);
}

/// What a Tick sees: heads of the processes that are wanted, with the places that are sought. A log of which no game has said anything
/// has the spawn alone: the deriver knows the logs of all that had a host (2.8).
#[must_use]
pub fn wanted(
    scrolls: &Scrolls,
    wanted: &[String],
    sought: &[(String, String)],
) -> BTreeMap<String, LogHead> {
    let spawned = Scroll::default();
    let heads = wanted.iter().map(|process| {
        let own = sought.iter().filter(|(of, _)| of == process);
        let messages: Vec<&str> = own.map(|(_, message)| message.as_str()).collect();
        let scroll = scrolls.get(process).unwrap_or(&spawned);
        (process.clone(), scroll.seen(&[], &messages))
    });
    heads.collect()
}

fn count(text: &str) -> Option<u64> {
    aosec_market::amount::read_count(text)
}
