//! Work on the cores: who waits, who runs, and what happens to work that lasts. The rule is [`super::queue`]'s.
//!
//! Work runs on a thread of its own. Where it takes longer than [`SLICE`], the thread is told to give way to all others, its lane
//! goes to the next, and the work goes on beside them with what they leave over. So a message that burns a minute of fuel takes its
//! minute from itself. A thread that was told so ends with its work: nobody can take that word back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::queue::{Bounds, Queue, Turn};

/// How long work may hold a core before it gives way. Most messages are through in a tenth of it.
pub const SLICE: Duration = Duration::from_millis(3);
/// How often work that has to keep its lane for want of room beside it looks again.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Stack of a thread: that of the module, the host's frames between, and ours around them.
const STACK_BYTES: usize = 4 << 20;
/// The least priority that there is.
#[cfg(target_os = "linux")]
const LEAST_PRIORITY: i32 = 19;

/// Lanes for work. Clones share them.
#[derive(Clone, Debug)]
pub struct Lanes(Arc<Mutex<Queue<String, oneshot::Sender<Lane>>>>);

/// The work was lost: to a fault of this program, or to a machine that makes no more threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work was lost")]
pub struct Lost;

/// A turn. It ends when it is dropped.
#[derive(Debug)]
struct Lane {
    lanes: Lanes,
    owner: String,
    begun: Instant,
    lasted: bool,
    /// Whether its end begins the next turn; whoever gives out turns goes on by itself.
    passes_on: bool,
}

impl Lanes {
    /// Lanes within these bounds.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Mutex::new(Queue::new(bounds))))
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
        self.lock().enter(owner.to_owned(), ticket);
        self.begin();
        let lane = turn.await.map_err(|_dropped| Lost)?;
        let (thread, done) = start(work, lane.lasted)?;
        // A task of its own: the lane is held until the work is over, not until somebody loses patience.
        let watched = tokio::spawn(watch(lane, thread, done));
        watched.await.unwrap_or(Err(Lost))
    }

    fn lock(&self) -> MutexGuard<'_, Queue<String, oneshot::Sender<Lane>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free lanes to those who are next.
    fn begin(&self) {
        loop {
            let Some(Turn { owner, who, beside }) = self.lock().next() else {
                return;
            };
            let lane = Lane {
                lanes: self.clone(),
                owner,
                begun: Instant::now(),
                lasted: beside,
                passes_on: true,
            };
            if let Err(mut given_up) = who.send(lane) {
                given_up.passes_on = false;
            }
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.lanes.lock().leave(&self.owner, micros, self.lasted);
        if self.passes_on {
            self.lanes.begin();
        }
    }
}

impl Lane {
    /// Leaves the lane to others, where there is room beside them.
    fn give_way(&mut self) -> bool {
        self.lasted = self.lanes.lock().lasts();
        if self.lasted {
            self.lanes.begin();
        }
        self.lasted
    }
}

/// Waits for the work; gives its lane away where it lasts.
async fn watch<R>(
    mut lane: Lane,
    thread: oneshot::Receiver<Thread>,
    mut done: oneshot::Receiver<R>,
) -> Result<R, Lost> {
    let mut patience = SLICE;
    let mut thread = Some(thread);
    while !lane.lasted {
        if let Ok(done) = timeout(patience, &mut done).await {
            return done.map_err(|_panicked| Lost);
        }
        if let Some(Ok(thread)) = thread.take().map(|mut told| told.try_recv()) {
            thread.give_way();
        }
        patience = LOOK_EVERY;
        lane.give_way();
    }
    done.await.map_err(|_panicked| Lost)
}

type Started<R> = (oneshot::Receiver<Thread>, oneshot::Receiver<R>);

fn start<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
    beside: bool,
) -> Result<Started<R>, Lost> {
    let (here, thread) = oneshot::channel();
    let (result, done) = oneshot::channel();
    let body = move || {
        let thread = Thread::this();
        if beside {
            thread.give_way();
        }
        // Nobody may wait for either any more.
        let _ = here.send(thread);
        let _ = result.send(work());
    };
    let thread_of_work = std::thread::Builder::new()
        .name("evaluation".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(body);
    match thread_of_work {
        Ok(_runs_by_itself) => Ok((thread, done)),
        Err(error) => {
            tracing::error!(%error, "no thread for an evaluation");
            Err(Lost)
        }
    }
}

/// A thread, as the system knows it.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Thread(Option<rustix::process::Pid>);

#[cfg(target_os = "linux")]
impl Thread {
    /// The link names process and thread, as in `7/task/9`.
    fn this() -> Self {
        let link = std::fs::read_link("/proc/thread-self").ok();
        let number = link.as_deref().and_then(std::path::Path::file_name);
        let number = number.and_then(|number| number.to_str()?.parse().ok());
        Self(number.and_then(rustix::process::Pid::from_raw))
    }

    /// The system gives its time to others first. Where it does not listen, all share alike.
    fn give_way(&self) {
        if let Some(thread) = self.0
            && let Err(error) = rustix::process::setpriority_process(Some(thread), LEAST_PRIORITY)
        {
            tracing::debug!(%error, "a thread keeps its priority");
        }
    }
}

/// Other systems know priorities of whole processes alone.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
struct Thread;

#[cfg(not(target_os = "linux"))]
impl Thread {
    fn this() -> Self {
        Self
    }

    fn give_way(&self) {}
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

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
        assert_eq!(lanes.lock().waiting(), 0);
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

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_thread_finds_itself_and_can_be_told() {
        let told = std::thread::spawn(|| {
            let this = Thread::this();
            this.give_way();
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_name, rest) = stat.rsplit_once(')').unwrap();
            rest.split_whitespace().nth(16).unwrap().to_owned()
        });
        assert_eq!(told.join().unwrap(), LEAST_PRIORITY.to_string());
    }
}
