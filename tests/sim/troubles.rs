//! What an incident does to a world, and how everything is put right again.

use aosec_node::store::process::Reach;

use super::{
    disk::{Disk, Stop, guard::GuardFile, store::Store},
    event::{Event, Step},
    incident::{Damage, Incident},
    machine::Machine,
    world::World,
};

/// A machine without power gets it back within this time.
const OUTAGE_MS_MAX: u64 = 8_000;

impl World {
    pub(super) fn befall(&mut self, incident: Incident) {
        if self.healed {
            return;
        }
        let until = |lasting: u64| self.now_ms + lasting;
        match incident {
            Incident::StopAt(m, moment, stop) => self.machines[m].trap = Some((moment, stop)),
            Incident::StopNow(m, stop) => self.outage(m, stop),
            Incident::DiskFull(m, lasting) => {
                self.machines[m].faults.full_until_ms = until(lasting);
            }
            Incident::StoreFlushFails(m) => self.machines[m].faults.store_flush_fails = true,
            Incident::GuardFlushFails(m) => self.machines[m].faults.guard_flush_fails = true,
            Incident::Damage(m, damage) => self.damage(m, damage),
            Incident::ClockJump(m, by_ms) => self.machines[m].clock_ms = by_ms,
            Incident::CutOff(m, lasting) => self.machines[m].cut_off_until_ms = until(lasting),
            Incident::Backup(m) => {
                // The copy is taken between two writes; what is not flushed then is not in it.
                let mut copy = self.machines[m].disk.clone();
                copy.stop(Stop::Power, &mut self.dice);
                self.machines[m].backup = Some(copy);
            }
            Incident::Move(m) => self.relocate(m),
            Incident::Fork(depth) => {
                self.forked(depth);
            }
            Incident::Censorship(lasting) => self.base_layer.censored_until_ms = until(lasting),
            Incident::Lag(gateway, blocks) => self.base_layer.gateways[gateway].lag = blocks,
            Incident::Hiding(gateway) => {
                self.base_layer.gateways[gateway].hides_from = Some(self.base_layer.tip());
            }
            Incident::Silence(gateway) => self.base_layer.gateways[gateway].silent = true,
            Incident::Well(gateway) => self.base_layer.gateways[gateway] = Default::default(),
        }
    }

    /// Somebody sees that a node writes no more, and starts it anew after a while.
    pub(super) fn notice(&mut self, m: usize) {
        let life = self.machines[m].life;
        let patience = 1 + self.dice.below(OUTAGE_MS_MAX);
        self.after(patience, Event::Step(m, life, Step::Restart));
    }

    pub(super) fn restart(&mut self, m: usize) {
        self.stop(m, Stop::Kill);
        self.after(1, Event::Start(m));
    }

    fn outage(&mut self, m: usize, stop: Stop) {
        self.stop(m, stop);
        let lasting = 1 + self.dice.below(OUTAGE_MS_MAX);
        self.after(lasting, Event::Start(m));
    }

    fn forked(&mut self, depth: u64) {
        self.trace.saw("a fork");
        self.base_layer.fork(depth, self.now_ms, &mut self.dice);
        if depth > self.scene.settlement_depth {
            self.oracle.forked_too_deep = true;
            self.trace.saw("a fork beyond the settlement depth");
        }
        self.read(0);
        self.sit();
    }

    /// Whether the guard file says of every log how far the store reaches.
    fn has_recorded_all(&self, m: usize) -> bool {
        let Machine { key, disk, .. } = &self.machines[m];
        let Some(book) = disk.guard.book(self.cast.keys[*key].address()) else {
            return false;
        };
        let records = |reach: &Reach| {
            let heads = book.heads().iter();
            let mut of_log = heads.filter(|((process, _), _)| *process == reach.process);
            of_log.any(|(_, head)| head.slot >= reach.slot)
        };
        disk.store.reaches().iter().all(records)
    }

    /// One file of a machine without power changes. A second incident waits until the first one is over: whoever damages both
    /// files at once takes away what one of them is for. A guard that was damaged is whole again once it has recorded anew what the
    /// store holds, which a full disk can put off.
    fn damage(&mut self, m: usize, damage: Damage) {
        let machine = &self.machines[m];
        let takes_the_last = match damage.is_to_guard() {
            true => machine.has_old_store,
            false => machine.has_short_guard && !self.has_recorded_all(m),
        };
        if machine.original.is_some() || machine.retired || takes_the_last {
            return;
        }
        self.machines[m].has_short_guard = damage.is_to_guard();
        self.outage(m, Stop::Power);
        self.trace.saw(damage.name());
        let machine = &mut self.machines[m];
        let backup = machine.backup.clone();
        let original = machine.disk.clone();
        let Disk { store, guard } = &mut machine.disk;
        match damage {
            Damage::GuardFlip => guard.flip(&mut self.dice),
            Damage::GuardCut => guard.truncate(&mut self.dice),
            Damage::GuardLost => *guard = GuardFile::default(),
            Damage::GuardRestored => *guard = backup.map_or(guard.clone(), |old| old.guard),
            Damage::StoreEnd => store.lose_end(&mut self.dice),
            Damage::StoreRestored => *store = backup.map_or(store.clone(), |old| old.store),
            Damage::StoreLost => *store = Store::default(),
        }
        machine.original = Some(original);
    }

    /// The files go to the spare machine of the key, in order: stopped first, then copied, then started there.
    fn relocate(&mut self, m: usize) {
        let key = self.machines[m].key;
        let is_spare =
            |other: &usize| self.machines[*other].key == key && self.machines[*other].retired;
        let spare = (0..self.machines.len()).find(is_spare);
        let Some(spare) = spare.filter(|_| !self.machines[m].retired) else {
            return;
        };
        self.stop(m, Stop::Kill);
        let old = &mut self.machines[m];
        old.retired = true;
        let (disk, original) = (old.disk.clone(), old.original.take());
        let (has_old_store, has_short_guard) = (old.has_old_store, old.has_short_guard);
        let new = &mut self.machines[spare];
        self.trace.saw("work moved to another machine");
        (new.retired, new.disk, new.original, new.backup) = (false, disk, original, None);
        (new.has_old_store, new.has_short_guard) = (has_old_store, has_short_guard);
        self.after(1, Event::Start(spare));
    }

    /// What an operator does in the end: clocks set, disks emptied, files that were last in use brought back, nodes started.
    pub(super) fn repair(&mut self) {
        self.base_layer.censored_until_ms = 0;
        for gateway in &mut self.base_layer.gateways {
            *gateway = Default::default();
        }
        for m in 0..self.machines.len() {
            if self.machines[m].retired {
                continue;
            }
            self.stop(m, Stop::Kill);
            let machine = &mut self.machines[m];
            machine.clock_ms = 0;
            machine.faults = Default::default();
            machine.trap = None;
            machine.cut_off_until_ms = 0;
            if let Some(original) = machine.original.take() {
                machine.disk = original;
            }
            self.after(1, Event::Start(m));
        }
    }
}
