//! Roots that are owed: in a long turn a second thread computes them, while the next slots run.
//!
//! The next slot needs the state, not its root. So what a slot has changed is copied and waits here, and whoever has time makes roots of
//! it, in the order of the slots: a helper beside the turn, and the turn itself where too much waits and at its end. So a turn never
//! waits for a helper that gets no core, and none ends before each of its slots has its root. The roots are the same bit for bit.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use aosec_wasm::{Change, Changed, Roots};

use super::lanes;

/// Slots from which on a turn is long: a thread costs as much as the roots of two.
pub(super) const LONG: usize = 64;
/// Changes that wait before the helper is woken: waking it costs a tenth of a root.
const WOKEN_AT: usize = 4;
/// Bytes that may wait, forty slots of the own module. A slot that changes more is not copied.
const WAITING_BYTES: usize = 8 << 20;

/// The roots of one turn. Where it is dropped unpaid, the helper ends.
#[derive(Debug)]
pub(super) struct Debts {
    owed: Arc<Owed>,
    /// None where the system has no thread for it.
    helper: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Owed {
    waiting: Mutex<Waiting>,
    more: Condvar,
    /// Held while a root is computed, and taken before the change is: so changes keep their order.
    done: Mutex<Done>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// None stands for a slot that has changed nothing.
    changes: VecDeque<Option<Change>>,
    bytes: usize,
    /// Room that is used again.
    spare: Vec<Change>,
    is_over: bool,
}

#[derive(Debug)]
struct Done {
    roots: Roots,
    /// One for each slot.
    after: Vec<[u8; 32]>,
}

impl Debts {
    /// Nothing is owed yet.
    pub(super) fn to(roots: Roots) -> Self {
        let owed = Arc::new(Owed {
            waiting: Mutex::default(),
            more: Condvar::new(),
            done: Mutex::new(Done {
                roots,
                after: Vec::new(),
            }),
        });
        let helps = Arc::clone(&owed);
        let body = move || {
            lanes::give_way();
            helps.help();
        };
        let thread = std::thread::Builder::new().name("roots".to_owned());
        let helper = thread.spawn(body).ok();
        Self { owed, helper }
    }

    /// The next slot has left the state as it was.
    pub(super) fn same(&self) {
        self.owed.wait(None, 0);
    }

    /// The next slot has changed this.
    pub(super) fn put(&self, changed: &Changed<'_>) {
        let (owed, bytes) = (&self.owed, changed.bytes());
        if owed.waiting().bytes + bytes > WAITING_BYTES {
            owed.pay();
        }
        if bytes > WAITING_BYTES {
            return owed.done().take(changed);
        }
        let mut change = owed.waiting().spare.pop().unwrap_or_default();
        change.copy(changed);
        owed.wait(Some(change), bytes);
    }

    /// The turn is over: the roots, and the one behind each slot.
    pub(super) fn paid(mut self) -> (Roots, Vec<[u8; 32]>) {
        self.owed.pay();
        self.owed.end();
        if let Some(Err(panic)) = self.helper.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        let mut done = self.owed.done();
        let after = std::mem::take(&mut done.after);
        (done.roots.clone(), after)
    }
}

impl Drop for Debts {
    fn drop(&mut self) {
        self.owed.end();
    }
}

impl Owed {
    fn end(&self) {
        self.waiting().is_over = true;
        self.more.notify_one();
    }

    fn wait(&self, change: Option<Change>, bytes: usize) {
        let mut waiting = self.waiting();
        waiting.changes.push_back(change);
        waiting.bytes += bytes;
        if waiting.changes.len() == WOKEN_AT {
            self.more.notify_one();
        }
    }

    fn help(&self) {
        loop {
            let few = |waiting: &mut Waiting| waiting.changes.len() < WOKEN_AT && !waiting.is_over;
            let waiting = self.more.wait_while(self.waiting(), few);
            if waiting.unwrap_or_else(PoisonError::into_inner).is_over {
                return;
            }
            self.pay();
        }
    }

    /// Computes what is owed.
    fn pay(&self) {
        while self.pay_one() {}
    }

    fn pay_one(&self) -> bool {
        let mut done = self.done();
        let Some(next) = self.waiting().next() else {
            return false;
        };
        match next {
            None => done.same(),
            Some(change) => {
                done.take(&change.changed());
                self.waiting().spare.push(change);
            }
        }
        true
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn next(&mut self) -> Option<Option<Change>> {
        let next = self.changes.pop_front()?;
        let bytes = next.as_ref().map_or(0, |change| change.changed().bytes());
        self.bytes -= bytes;
        Some(next)
    }
}

impl Done {
    fn take(&mut self, changed: &Changed<'_>) {
        let root = self.roots.take(changed);
        self.after.push(root);
    }

    fn same(&mut self) {
        let root = self.roots.root();
        self.after.push(root);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::time::{Duration, Instant};

    use aosec_wasm::process_module::{BOOT, WASM};
    use aosec_wasm::{Engine, EngineSettings, Instance, Limits, Module};

    use super::*;

    static MODULE: LazyLock<Module> = LazyLock::new(|| {
        let engine = Engine::new(EngineSettings::default()).unwrap();
        engine.compile(WASM).unwrap()
    });

    fn count(instance: &mut Instance) {
        let message = br#"{"Tags":[{"name":"Action","value":"Eval"}],"Data":"count = (count or 0) + 1","From":"a","Owner":"a","Id":"a"}"#;
        instance.handle(message, b"{}").unwrap();
    }

    fn instance() -> Instance {
        Instance::boot(&MODULE, BOOT, Limits::default()).unwrap()
    }

    fn roots_of_commits(slots: usize) -> Vec<[u8; 32]> {
        let mut instance = instance();
        let commits = (0..slots).map(|_slot| {
            count(&mut instance);
            instance.commit()
        });
        commits.collect()
    }

    fn roots_of(debts: impl FnOnce(Roots) -> Debts, slots: usize) -> (Instance, Vec<[u8; 32]>) {
        let mut instance = instance();
        let debts = debts(instance.lend_roots().unwrap());
        for _slot in 0..slots {
            count(&mut instance);
            instance.keep(|changed| debts.put(changed));
        }
        let (roots, after) = debts.paid();
        instance.take_back(roots);
        (instance, after)
    }

    #[test]
    fn roots_are_those_of_commits_with_a_helper_and_without() {
        // So many that more waits than may.
        let slots = 2 * LONG;
        let due = roots_of_commits(slots);
        let (instance, after) = roots_of(Debts::to, slots);
        assert_eq!((instance.root(), &after), (due[slots - 1], &due));
        let (instance, after) = roots_of(
            |roots| {
                let mut debts = Debts::to(roots);
                debts.owed.end();
                debts.helper.take().unwrap().join().unwrap();
                debts
            },
            slots,
        );
        assert_eq!((instance.root(), &after), (due[slots - 1], &due));
    }

    #[test]
    fn the_helper_ends_with_a_turn_that_is_lost() {
        let mut debts = Debts::to(instance().lend_roots().unwrap());
        let helper = debts.helper.take().unwrap();
        drop(debts);
        let patience = Instant::now() + Duration::from_secs(20);
        while !helper.is_finished() {
            assert!(Instant::now() < patience, "it waits for ever");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_slot_that_changes_nothing_has_the_root_before_it() {
        let mut instance = instance();
        let debts = Debts::to(instance.lend_roots().unwrap());
        debts.same();
        count(&mut instance);
        instance.keep(|changed| debts.put(changed));
        debts.same();
        let (_roots, after) = debts.paid();
        assert_eq!(after[0], instance.root());
        assert_ne!(after[0], after[1]);
        assert_eq!(after[1], after[2]);
    }
}
