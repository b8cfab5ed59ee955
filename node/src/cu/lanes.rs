//! Work on the cores: who waits, who runs, and what happens to work that lasts. The rule is [`super::queue`]'s.
//!
//! Work runs on a thread that does nothing else meanwhile ([`super::crew`]). Where it takes longer than [`SLICE`], the thread is told to
//! give way to all others, its lane goes to the next, and the work goes on beside them with what they leave over. So a message that burns
//! a minute of fuel takes its minute from itself. An overseer looks at the clock, a thread of its own: it needs nothing that work of
//! others could keep from it.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::crew::{Crew, Hand};
use super::queue::{Bounds, Queue, Turn};

/// How long work may hold a core before it gives way. Most messages are through in a tenth of it.
pub const SLICE: Duration = Duration::from_millis(3);
/// The overseer looks on for so long after the last work: waking it would cost the first message after each short rest.
const LINGER: Duration = Duration::from_millis(200);

/// Lanes for work. Clones share them.
#[derive(Clone, Debug)]
pub struct Lanes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    crew: Arc<Crew>,
    /// Threads that wait for a lane, at least.
    fresh: usize,
}

#[derive(Debug)]
struct State {
    queue: Queue<String, oneshot::Sender<Lane>>,
    running: BTreeMap<u64, Running>,
    numbers: u64,
    overseer: Overseer,
}

/// A turn that has begun.
#[derive(Debug)]
struct Running {
    owner: String,
    begun: Instant,
    lasted: bool,
    hand: Option<Arc<Hand>>,
}

#[derive(Debug)]
struct Overseer {
    /// None before the first work.
    call: Option<Sender<()>>,
    is_looking: bool,
}

/// The work was lost: to a fault of this program, or to a machine that makes no more threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work was lost")]
pub struct Lost;

/// A turn. It ends when it is dropped.
#[derive(Debug)]
struct Lane {
    lanes: Lanes,
    number: u64,
    /// Whether it is beside the lanes from the start.
    beside: bool,
    /// Whether its end begins the next turn; whoever gives out turns goes on by itself.
    passes_on: bool,
}

/// Takes this thread out of the way of all others, for good.
pub(super) fn give_way() {
    Hand::this().give_way();
}

impl Lanes {
    /// Lanes within these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let overseer = Overseer {
            call: None,
            is_looking: false,
        };
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                queue: Queue::new(bounds),
                running: BTreeMap::new(),
                numbers: 0,
                overseer,
            }),
            crew: Arc::default(),
            fresh: bounds.lanes,
        }))
    }

    /// Runs `work` of `owner` in its turn. Work that has begun goes on also where nobody waits for it any more.
    ///
    /// # Errors
    /// [`Lost`].
    pub async fn run<R: Send + 'static>(
        &self,
        owner: &str,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Lost> {
        let (ticket, turn) = oneshot::channel();
        self.lock().queue.enter(owner.to_owned(), ticket);
        self.begin();
        let lane = turn.await.map_err(|_dropped| Lost)?;
        let (result, done) = oneshot::channel();
        let beside = lane.beside;
        // The lane is held until the work is over, not until somebody loses patience.
        let job = move |hand: &Arc<Hand>| {
            lane.is_in(hand);
            let worked = work();
            drop(lane);
            // Nobody may wait for it any more.
            let _ = result.send(worked);
        };
        if let Err(error) = self.0.crew.give(Box::new(job), beside) {
            tracing::error!(%error, "no thread for an evaluation");
        }
        done.await.map_err(|_lost| Lost)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Gives free lanes to those who are next.
    fn begin(&self) {
        loop {
            let mut state = self.lock();
            let Some(Turn { owner, who, beside }) = state.queue.next() else {
                return;
            };
            let number = state.begin(owner, beside);
            self.oversee(&mut state.overseer);
            drop(state);
            let lane = Lane {
                lanes: self.clone(),
                number,
                beside,
                passes_on: true,
            };
            if let Err(mut given_up) = who.send(lane) {
                given_up.passes_on = false;
            }
        }
    }

    /// Somebody looks at the clock from now on.
    fn oversee(&self, overseer: &mut Overseer) {
        if std::mem::replace(&mut overseer.is_looking, true) {
            return;
        }
        let call = overseer.call.get_or_insert_with(|| {
            let (call, calls) = channel();
            let shared = Arc::downgrade(&self.0);
            let thread = std::thread::Builder::new().name("overseer".to_owned());
            if let Err(error) = thread.spawn(move || oversee(&shared, &calls)) {
                tracing::error!(%error, "no thread looks at what lasts");
            }
            call
        });
        // It hears the call as long as there are lanes.
        let _ = call.send(());
    }
}

/// Looks whenever something could have lasted, for as long as there are lanes.
fn oversee(shared: &Weak<Shared>, calls: &Receiver<()>) {
    while let Ok(()) = calls.recv() {
        let mut worked = Instant::now();
        loop {
            let Some(lanes) = shared.upgrade().map(Lanes) else {
                return;
            };
            lanes.0.crew.fill(lanes.0.fresh);
            let look_in = lanes.look();
            match look_in {
                Some(_) => worked = Instant::now(),
                None if worked.elapsed() > LINGER && lanes.rests() => break,
                None => {}
            }
            drop(lanes);
            std::thread::sleep(look_in.unwrap_or(SLICE));
        }
    }
}

impl Lanes {
    /// Takes lanes from work that lasts; says when to look again, where there is any work.
    fn look(&self) -> Option<Duration> {
        let look_in = self.lock().look();
        self.begin();
        look_in
    }

    /// The overseer rests, unless work has begun.
    fn rests(&self) -> bool {
        let mut state = self.lock();
        let rests = state.running.is_empty();
        state.overseer.is_looking = !rests;
        rests
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.crew.dismiss();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, owner: String, lasted: bool) -> u64 {
        self.numbers += 1;
        let running = Running {
            owner,
            begun: Instant::now(),
            lasted,
            hand: None,
        };
        self.running.insert(self.numbers, running);
        self.numbers
    }

    /// A thread that is told something is in its work: while this looks, no turn ends.
    fn look(&mut self) -> Option<Duration> {
        let Self { queue, running, .. } = self;
        let mut look_in = None;
        for running in running.values_mut() {
            let rest = SLICE.saturating_sub(running.begun.elapsed());
            if !running.lasted && rest.is_zero() {
                // Where there is no room beside the lanes, it keeps its own until there is.
                running.lasted = queue.lasts();
            }
            let next = if rest.is_zero() { SLICE } else { rest };
            look_in = Some(look_in.map_or(next, |least: Duration| least.min(next)));
        }
        let is_crowded = queue.is_crowded();
        for running in running.values() {
            running.tell(is_crowded);
        }
        look_in
    }
}

impl Running {
    /// Tells the thread of what has lasted, with a lane or without. Whoever holds a lane never stands back: others wait for that lane.
    fn tell(&self, is_crowded: bool) {
        let Some(hand) = &self.hand else { return };
        if self.lasted || self.begun.elapsed() >= SLICE {
            hand.give_way();
            if is_crowded && self.lasted {
                hand.stand_back();
            }
        }
    }
}

impl Lane {
    /// The work is in this thread from now on.
    fn is_in(&self, hand: &Arc<Hand>) {
        let mut state = self.lanes.lock();
        let State { queue, running, .. } = &mut *state;
        if let Some(running) = running.get_mut(&self.number) {
            running.hand = Some(Arc::clone(hand));
            // How long it has waited for a core is nobody's work.
            running.begun = Instant::now();
            running.tell(queue.is_crowded());
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        if let Some(ended) = state.running.remove(&self.number) {
            let micros = u64::try_from(ended.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            state.queue.leave(&ended.owner, micros, ended.lasted);
        }
        drop(state);
        if self.passes_on {
            self.lanes.begin();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::time::timeout;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        lanes: 1,
        lasting: 2,
        of_owner: 2,
    };

    fn lasts_until(end: &Arc<AtomicBool>) -> impl FnOnce() -> i32 + use<> {
        let end = Arc::clone(end);
        move || {
            while !end.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            7
        }
    }

    #[tokio::test]
    async fn what_lasts_lets_others_pass_and_still_ends() {
        let (lanes, end) = (Lanes::new(BOUNDS), Arc::new(AtomicBool::new(false)));
        let work = lasts_until(&end);
        let heavy = tokio::spawn({
            let lanes = lanes.clone();
            async move { lanes.run("heavy", work).await }
        });
        for round in 0..20 {
            assert_eq!(lanes.run("light", move || round).await, Ok(round));
        }
        assert!(!heavy.is_finished());
        end.store(true, Ordering::Relaxed);
        assert_eq!(heavy.await.unwrap(), Ok(7));
    }

    #[tokio::test]
    async fn whoever_loses_patience_leaves_no_lane_behind() {
        let bounds = Bounds {
            lasting: 0,
            ..BOUNDS
        };
        let (lanes, end) = (Lanes::new(bounds), Arc::new(AtomicBool::new(false)));
        for owner in ["a", "b", "c"] {
            let impatient = lanes.run(owner, lasts_until(&end));
            assert!(timeout(Duration::from_millis(10), impatient).await.is_err());
        }
        end.store(true, Ordering::Relaxed);
        assert_eq!(lanes.run("d", || 1).await, Ok(1));
        assert_eq!(lanes.lock().queue.waiting(), 0);
    }

    #[tokio::test]
    async fn a_panic_loses_its_work_and_no_lane() {
        let lanes = Lanes::new(BOUNDS);
        for _round in 0..3 {
            let lost = lanes.run("a", || panic!("told to panic")).await;
            assert_eq!(lost, Err::<(), Lost>(Lost));
        }
        assert_eq!(lanes.run("a", || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn threads_serve_again_and_whoever_lasts_keeps_his() {
        let (lanes, end) = (Lanes::new(BOUNDS), Arc::new(AtomicBool::new(false)));
        let here = || std::thread::current().id();
        let mut threads = HashSet::new();
        for _round in 0..100 {
            threads.insert(lanes.run("light", here).await.unwrap());
        }
        assert!(threads.len() < 20, "{} threads", threads.len());
        let (told, heavy) = (Arc::new(Mutex::new(None)), lasts_until(&end));
        let tells = Arc::clone(&told);
        let heavy = lanes.run("heavy", move || {
            *tells.lock().unwrap() = Some(here());
            heavy()
        });
        assert!(timeout(SLICE * 20, heavy).await.is_err());
        for _round in 0..20 {
            let light = lanes.run("light", here).await.unwrap();
            assert_ne!(Some(light), *told.lock().unwrap());
        }
        end.store(true, Ordering::Relaxed);
    }
}
