//! How a machine stops, and what a start makes of the files that it finds.

use std::collections::BTreeSet;

use aosec_node::su::recover::{Findings, examine};
use aosec_wire::Id;

use aosec_node::su::{guard::Token, pure::guard::Book};

use super::{GuardWriter, Log, Node};
use crate::sim::{
    disk::Stop,
    event::{Event, Moment, Step},
    plant::Plant,
    world::World,
};

/// A machine that stopped by itself is switched on again within this time.
const REST_MS_MAX: u64 = 4_000;

impl World {
    /// Stops a machine if it was to stop at this moment of its work. True where it did.
    pub(in crate::sim) fn trapped(&mut self, m: usize, moment: Moment) -> bool {
        let Some((at, stop)) = self.machines[m].trap else {
            return false;
        };
        if at != moment {
            return false;
        }
        self.machines[m].trap = None;
        self.note(&("trapped", m, moment));
        self.trace.saw(moment.name());
        self.stop(m, stop);
        let rest = 1 + self.dice.below(REST_MS_MAX);
        self.after(rest, Event::Start(m));
        true
    }

    pub(in crate::sim) fn stop(&mut self, m: usize, stop: Stop) {
        let machine = &mut self.machines[m];
        machine.life += 1;
        machine.node = None;
        machine.disk.stop(stop, &mut self.dice);
    }

    /// Opens both files, compares them, and wakes what has to be signed.
    pub(in crate::sim) fn start(&mut self, m: usize) {
        let machine = &mut self.machines[m];
        if machine.node.is_some() || machine.retired {
            return;
        }
        machine.life += 1;
        let address = self.cast.keys[machine.key].address();
        let token = Token::new(halved(self.dice.bytes()));
        let opened = machine.disk.guard.start(address, token);
        let read = machine.disk.store.open();
        let (opened, ()) = match opened.and_then(|opened| read.map(|()| (opened, ()))) {
            Ok(both) => both,
            Err(reason) => {
                machine.refused = Some(reason);
                self.trace.saw("a node that does not start");
                return self.note(&("does not start", m, reason));
            }
        };
        machine.refused = None;
        let found = self.examined(m, &opened.book);
        let (observes, blocked) = (
            found.observer.is_some(),
            found.blocked.into_keys().collect(),
        );
        self.tell_start(m, observes, &blocked, opened.torn);
        let guard = GuardWriter {
            book: opened.book,
            frames: opened.frames,
            ..GuardWriter::default()
        };
        let node = Node {
            observes,
            blocked,
            guard,
            ..Node::default()
        };
        self.machines[m].node = Some(node);
        if !observes {
            self.signer_started(m);
            for process in found.unsigned {
                self.trace.saw("a batch found unsigned");
                self.wake(m, process);
            }
        }
        self.look(m);
        let round = self.scene.round_ms;
        self.step_after(m, round, Step::Round);
        self.mind(m);
    }

    fn tell_start(&mut self, m: usize, observes: bool, blocked: &BTreeSet<Id>, torn: bool) {
        self.note(&("starts", m, observes, blocked.len()));
        let seen = [
            (torn, "a guard file with a torn end"),
            (observes, "a node that signs nothing"),
            (
                !blocked.is_empty(),
                "a node that signs for some processes only",
            ),
        ];
        for (_, what) in seen.iter().filter(|(is_so, _)| *is_so) {
            self.trace.saw(what);
        }
    }

    /// What the operator does about a start: where a process is not signed for, the files that were last in use come back at
    /// once or not at all, because the others have gone on since.
    fn mind(&mut self, m: usize) {
        let machine = &mut self.machines[m];
        let Some(node) = &machine.node else {
            return;
        };
        if node.observes {
            return;
        }
        let Some(original) = machine.original.take().filter(|_| !node.blocked.is_empty()) else {
            return;
        };
        if self.dice.below(2) == 0 {
            machine.has_old_store = true;
            return self.trace.saw("an operator who goes on without some logs");
        }
        self.stop(m, Stop::Kill);
        self.machines[m].disk = original;
        self.after(1, Event::Start(m));
    }

    /// What store and guard say of one another.
    fn examined(&self, m: usize, book: &Book) -> Findings {
        let reaches = self.machines[m].disk.store.reaches();
        if self.plant == Some(Plant::GuardIgnored) {
            let unsigned = reaches
                .iter()
                .filter(|reach| reach.signed != Some(reach.slot));
            return Findings {
                unsigned: unsigned.map(|reach| reach.process).collect(),
                ..Findings::default()
            };
        }
        examine(&reaches, book.heads())
    }

    /// Lets a log have its owner, unless it has one.
    pub(in crate::sim) fn wake(&mut self, m: usize, process: Id) {
        if let Some(node) = &mut self.machines[m].node
            && !node.logs.contains_key(&process)
        {
            node.logs.insert(process, Log::default());
            self.awake(m, process);
        }
    }
}

fn halved(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    half
}
