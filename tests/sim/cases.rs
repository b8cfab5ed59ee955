//! Cases in a world: somebody challenges hosts, each machine defends its operator by the defender's own rule, and the world judges.
//!
//! 19: a host that had [`QUIET`] blocks in a row without trouble while a case waited for it is not slashed. 20: when all is well
//! again, each case and each slash comes to its end. 9: house and docket keep their own invariants after every message.

use aosec_challenge::defender::OpenCase;
use aosec_challenge::docket::{Case, Kind, State};
use aosec_market::Entry;
use aosec_node::su::pure::Want;
use aosec_wire::{Assignment, Id};

use super::{
    base_layer::Transaction,
    carried::Carried,
    court::{self, Court, founding},
    event::Event,
    letters::Letter,
    machine::Machine,
    plant::Plant,
    world::World,
};
use crate::harness::seed::Seed;
use crate::origin::letters;
use crate::origin::moves;

/// One world in so many has a court.
const COURTS_ONE_IN: u64 = 8;
/// Challenges of one world.
const CHALLENGES_MAX: u64 = 12;
/// Quiet blocks in a row that an honest host needs at most to answer or to publish: its publication follows lost and orphaned
/// transactions for as long.
pub(super) const QUIET: u64 = 12;
/// A transaction of the inbox reaches the miners within this time.
const POST_MS_MAX: u64 = 1_500;

/// Cases that a machine takes up at one look; the worlds have fewer.
const CASES_AT_ONCE: usize = 256;

/// What names a case, also where a reorg has given its number to another one.
fn named(case: &Case) -> (u64, String) {
    (case.number, case.message.clone())
}

impl World {
    /// A court, where this world has one, and what it will be asked.
    pub(super) fn found_court(&mut self, seed: u64) {
        // Chance of its own: worlds without a court are what they were.
        let mut dice = Seed::new(!seed);
        if dice.below(COURTS_ONE_IN) > 0 {
            return;
        }
        match Court::begin(&self.scene, self.cast, &self.base_layer, &mut dice) {
            Ok(court) => self.court = Some(court),
            Err(trouble) => return self.fail("9 the court begins", trouble),
        }
        let parts = self.scene.parts.len() as u64;
        for _ in 0..dice.below(CHALLENGES_MAX) {
            let (part, message) = (dice.below(parts), dice.below(super::cast::MESSAGES as u64));
            let at = dice.below(self.scene.troubled_ms);
            self.after(at, Event::Accuse(index(part), index(message)));
        }
    }

    /// Somebody demands a slot for a message, whether the host has heard of it or not.
    pub(super) fn accuse(&mut self, part: usize, message: usize) {
        let part = &self.cast.parts[self.scene.parts[part]];
        let (process, wanted) = (part.process().to_string(), part.messages[message].id());
        let from = founding::challenger(&mut self.dice);
        self.trace.saw("a challenge");
        self.write_to_court(letters::challenge(&from, &process, &wanted.to_string()));
    }

    fn write_to_court(&mut self, letter: moves::Letter) {
        self.transactions += 1;
        let id = Id::sha256(&[&b"inbox"[..], &self.transactions.to_be_bytes()].concat());
        let carried = Carried::Inbox(letter);
        let transaction = Transaction { id, carried };
        self.posted.insert(id, std::sync::Arc::new(transaction));
        let arrives = self.dice.below(POST_MS_MAX);
        self.after(arrives, Event::Pooled(id));
    }

    /// The court sits over the new blocks, and the world judges what it has decided.
    pub(super) fn sit(&mut self) {
        let Some(mut court) = self.court.take() else {
            return;
        };
        if self.readers[0].alarmed {
            return;
        }
        let reader = &self.readers[0];
        match court.follow(&self.base_layer, reader) {
            Err(trouble) => self.fail("9 house and docket", trouble),
            Ok(None) => self.fail("9 the court", "a fork that it should have followed"),
            Ok(Some(sat)) => {
                self.judge_cases(&court, sat);
                self.court = Some(court);
            }
        }
    }

    fn judge_cases(&mut self, court: &Court, sat: court::Sat) {
        let Some(game) = court.tip() else { return };
        let docket = game.model.docket();
        let expired = docket
            .cases()
            .iter()
            .filter(|case| case.written() == State::Expired);
        let expired: Vec<&Case> = expired.collect();
        for case in docket
            .cases()
            .iter()
            .filter(|case| case.written().is_unfinished())
        {
            let well = !sat.disturbed && self.is_well(case);
            self.peace.note(case, case.written(), sat.blocks, well);
        }
        if docket.pendings().len() > expired.len() {
            self.fail(
                "19 no slash without a case",
                "somebody is slashed for nothing",
            );
        }
        for case in expired {
            let quiet = self.peace.longest(case);
            self.trace.saw("a host that is slashed");
            if quiet >= QUIET {
                let words =
                    format!("{case:?} expires after {quiet} blocks in which nothing was wrong");
                self.fail("19 an honest host is never slashed", words);
            }
        }
        for case in docket
            .cases()
            .iter()
            .filter(|case| case.written() == State::Closed)
        {
            self.trace.saw("a case that closes");
            debug_assert_eq!(case.kind, Kind::Liveness, "nothing else is asked");
        }
    }

    /// Whether nothing at all is wrong with whoever has to answer a case.
    fn is_well(&self, case: &Case) -> bool {
        let Ok(process) = case.process.parse::<Id>() else {
            return false;
        };
        let mut working = self.machines.iter().filter(|machine| !machine.retired);
        let own = working.find(|machine| founding::operator(machine.key) == case.operator);
        let is_open = self.base_layer.censored_until_ms <= self.now_ms;
        let signs = |machine: &Machine| {
            let node = machine.node.as_ref();
            node.is_some_and(|node| {
                !node.observes
                    && !node.blocked.contains(&process)
                    && !node.store.broken
                    && !node.guard.stopped
            })
        };
        let sound = |machine: &Machine| {
            let faults = &machine.faults;
            faults.full_until_ms <= self.now_ms
                && machine.clock_ms == 0
                && machine.original.is_none()
        };
        is_open
            && !self.is_ahead(process)
            && own.is_some_and(|machine| {
                signs(machine) && sound(machine) && self.base_layer.is_well(machine.gateway)
            })
    }

    /// A machine looks at the docket: what is open against its operator gets a slot, and what has one is answered.
    pub(super) fn defend(&mut self, m: usize) {
        for case in self.accusations(m) {
            let (Ok(process), Ok(wanted)) = (case.process.parse(), case.message.parse()) else {
                continue;
            };
            match self.receipt(m, process, wanted) {
                Some((slot, entry)) => {
                    let key = self.machines[m].key;
                    let hot = self.cast.keys[key].address().as_str();
                    let (from, at) = (founding::operator(key), self.base_layer.tip());
                    if let Some(node) = &mut self.machines[m].node {
                        node.defence.given(named(&case), at);
                    }
                    self.trace.saw("an answer");
                    self.write_to_court(letters::answer(&from, &case.process, hot, (slot, entry)));
                }
                None => self.force(m, process, wanted),
            }
        }
    }

    /// The open cases against a machine's operator that are to be answered now, as its gateway shows the court.
    fn accusations(&mut self, m: usize) -> Vec<Case> {
        let gateway = self.machines[m].gateway;
        let seen = self.base_layer.sees(gateway);
        let (Some(court), Some(height)) = (&self.court, seen) else {
            return Vec::new();
        };
        let Some((block, game)) = court.at(height) else {
            return Vec::new();
        };
        let key = self.machines[m].key;
        let plant = self.plant;
        let Some(node) = &mut self.machines[m].node else {
            return Vec::new();
        };
        let since = *node.since.get_or_insert(game.height);
        if let Some(before) = node.sat.replace(block)
            && self
                .base_layer
                .block(before.height)
                .map(|block| block.as_ref())
                != Some(before)
        {
            node.defence.reorganized();
        }
        let own: Vec<&Case> = court::open(game)
            .filter(|case| case.operator == founding::operator(key))
            .collect();
        let open = own.iter().map(|case| OpenCase {
            key: named(case),
            is_own: true,
        });
        let due = node.defence.due(open, self.base_layer.tip(), CASES_AT_ONCE);
        let due = own.into_iter().filter(|case| due.contains(&named(case)));
        let remembered =
            |case: &&Case| plant != Some(Plant::OldCasesForgotten) || case.opened > since;
        due.filter(remembered).cloned().collect()
    }

    /// What this machine has signed for a message.
    fn receipt(&self, m: usize, process: Id, wanted: Id) -> Option<(u64, Entry)> {
        let machine = &self.machines[m];
        let node = machine.node.as_ref()?;
        let tail = node.logs.get(&process).map(|log| &log.tail[..]);
        let fresh = tail.unwrap_or_default().iter().map(|one| &one.assignment);
        let kept = machine.disk.store.log(process).map(|log| &log.receipts[..]);
        let mut all = fresh.chain(kept.unwrap_or_default());
        let found: &Assignment = all.find(|one| one.message() == Some(wanted))?;
        let entry = Entry {
            message: wanted.to_string(),
            height: found.height(),
            timestamp: found.timestamp(),
            chain: found.chain()?.log.to_string(),
        };
        Some((found.nonce(), entry))
    }

    /// The scheduler is told that the court demands a slot.
    fn force(&mut self, m: usize, process: Id, wanted: Id) {
        let known = self.letters.iter().position(|letter| {
            letter.by_court && letter.process == process && letter.want.message() == wanted
        });
        let number = known.or_else(|| {
            let part = self
                .cast
                .parts
                .iter()
                .find(|part| part.process() == process)?;
            let item = part.messages.iter().find(|item| item.id() == wanted)?;
            let want = Want::Forced(item.clone());
            self.letters.push(Letter::of_court(process, part.key, want));
            Some(self.letters.len() - 1)
        });
        if let Some(number) = number {
            self.enter(m, number);
        }
    }

    /// The court once more, from its beginning, over what stands there in the end: equal blocks, equal courts (2.7).
    pub(super) fn judge_the_court(&mut self) {
        let Some(court) = self.court.take() else {
            return;
        };
        let mut dice = Seed::new(!self.seed);
        dice.below(COURTS_ONE_IN);
        let fresh = Court::begin(&self.scene, self.cast, &self.base_layer, &mut dice);
        let fresh = fresh.and_then(|mut fresh| {
            let sat = fresh.follow(&self.base_layer, &self.readers[0])?;
            Ok((fresh, sat))
        });
        match fresh {
            Err(trouble) => self.fail("9 house and docket", trouble),
            Ok((fresh, _)) if !fresh.says_what(&court) => {
                self.fail(
                    "15 equal blocks, equal courts",
                    "another court than the one that followed the forks",
                );
            }
            Ok(_) => {}
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}
