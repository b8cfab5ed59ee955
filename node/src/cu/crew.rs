//! Threads that wait for work, so that nobody waits for a thread.
//!
//! Making a thread, and ending one, takes a lock of the whole process in the kernel, which work that has given way may hold for as long as
//! others have the cores. So whoever has a turn takes a thread that is there already. One that was told to give way does so for good: from
//! then on it serves work that goes on beside the lanes, and a new one is made in its place by a thread that nobody waits for.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Stack of a thread: that of the module, the host's frames between, and ours around them.
const STACK_BYTES: usize = 4 << 20;
/// A thread that has had nothing to do for so long ends, and gives back what deep work has left of its stack.
const IDLE: Duration = Duration::from_secs(60);

/// Work for a thread, which is told who it is.
pub(super) type Job = Box<dyn FnOnce(&Arc<Hand>) + Send>;

/// The threads that wait.
#[derive(Debug, Default)]
pub(super) struct Crew(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// Those that may hold a lane.
    fresh: Vec<Seat>,
    /// Those that have given way.
    beside: Vec<Seat>,
    /// Seats so far.
    numbers: u64,
    is_over: bool,
}

#[derive(Debug)]
struct Seat {
    number: u64,
    jobs: Sender<Job>,
}

/// The other side of a seat.
struct Place {
    number: u64,
    beside: bool,
    given: Receiver<Job>,
}

/// What a new thread begins with.
enum First {
    Job(Job),
    Place(Place),
}

impl Waiting {
    fn of(&mut self, beside: bool) -> &mut Vec<Seat> {
        match beside {
            true => &mut self.beside,
            false => &mut self.fresh,
        }
    }

    /// Whoever came last is taken first: its stack is the warmest.
    fn seat(&mut self, beside: bool) -> Place {
        let (jobs, given) = channel();
        self.numbers += 1;
        let number = self.numbers;
        self.of(beside).push(Seat { number, jobs });
        Place {
            number,
            beside,
            given,
        }
    }
}

impl Crew {
    /// Has `job` done by a thread that waits; by a new one where none does.
    ///
    /// # Errors
    /// Where this machine makes no more threads: the job is dropped.
    pub(super) fn give(self: &Arc<Self>, job: Job, beside: bool) -> io::Result<()> {
        // Sent before the lock goes: a thread that leaves looks once more behind it.
        let mut waiting = self.lock();
        let job = match waiting.of(beside).pop() {
            // A thread that has left has taken its seat with it.
            Some(seat) => match seat.jobs.send(job) {
                Ok(()) => return Ok(()),
                Err(unsent) => unsent.0,
            },
            None => job,
        };
        drop(waiting);
        self.start(First::Job(job), beside)
    }

    /// Makes threads until so many wait for a lane.
    pub(super) fn fill(self: &Arc<Self>, fresh: usize) {
        loop {
            let mut waiting = self.lock();
            if waiting.fresh.len() >= fresh || waiting.is_over {
                return;
            }
            let place = waiting.seat(false);
            drop(waiting);
            let number = place.number;
            if self.start(First::Place(place), false).is_err() {
                return self.forget(number, false);
            }
        }
    }

    /// Nobody has work any more: all threads end.
    pub(super) fn dismiss(&self) {
        *self.lock() = Waiting {
            is_over: true,
            ..Waiting::default()
        };
    }

    fn start(self: &Arc<Self>, first: First, beside: bool) -> io::Result<()> {
        let crew = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("evaluation".to_owned())
            .stack_size(STACK_BYTES);
        let body = move || {
            let hand = Arc::new(Hand::this());
            if beside {
                hand.give_way();
            }
            crew.serve(&hand, first);
        };
        thread.spawn(body).map(drop)
    }

    /// Work after work, until there is none for long.
    fn serve(&self, hand: &Arc<Hand>, first: First) {
        let mut next = match first {
            First::Job(job) => Some(job),
            First::Place(place) => self.wait(place),
        };
        while let Some(job) = next {
            job(hand);
            let mut waiting = self.lock();
            if waiting.is_over {
                return;
            }
            let place = waiting.seat(hand.gave_way());
            drop(waiting);
            next = self.wait(place);
        }
    }

    fn wait(&self, place: Place) -> Option<Job> {
        match place.given.recv_timeout(IDLE) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                self.forget(place.number, place.beside);
                // It may have come meanwhile.
                place.given.try_recv().ok()
            }
        }
    }

    fn forget(&self, number: u64, beside: bool) {
        let mut waiting = self.lock();
        waiting.of(beside).retain(|seat| seat.number != number);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The least priority that there is.
#[cfg(target_os = "linux")]
const LEAST_PRIORITY: i32 = 19;

/// How far a thread has given way.
const WAS_TOLD: u8 = 1;
const STANDS_BACK: u8 = 2;

/// A thread, as the system knows it, while it is known to live. No word that it was told can be taken back.
#[derive(Debug)]
pub(super) struct Hand {
    #[cfg(target_os = "linux")]
    number: Option<rustix::process::Pid>,
    #[cfg(target_os = "linux")]
    thread: thread_priority::ThreadId,
    told: AtomicU8,
}

impl Hand {
    /// The thread that asks.
    pub(super) fn this() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            number: number_of_this(),
            #[cfg(target_os = "linux")]
            thread: thread_priority::thread_native_id(),
            told: AtomicU8::new(0),
        }
    }

    /// The system gives its time to others first. Where it does not listen, all share alike.
    pub(super) fn give_way(&self) {
        if self.told.fetch_max(WAS_TOLD, Ordering::Relaxed) < WAS_TOLD {
            #[cfg(target_os = "linux")]
            least_priority(self.number);
        }
    }

    /// It runs where nobody else wants to, and is put aside at once when somebody does.
    pub(super) fn stand_back(&self) {
        if self.told.fetch_max(STANDS_BACK, Ordering::Relaxed) < STANDS_BACK {
            #[cfg(target_os = "linux")]
            idle(self.thread);
        }
    }

    fn gave_way(&self) -> bool {
        self.told.load(Ordering::Relaxed) >= WAS_TOLD
    }
}

/// The link names process and thread, as in `7/task/9`.
#[cfg(target_os = "linux")]
fn number_of_this() -> Option<rustix::process::Pid> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    let number = link.file_name()?.to_str()?.parse().ok()?;
    rustix::process::Pid::from_raw(number)
}

/// Other systems know priorities of whole processes alone; there all threads share alike.
#[cfg(target_os = "linux")]
fn least_priority(thread: Option<rustix::process::Pid>) {
    if let Some(thread) = thread
        && let Err(error) = rustix::process::setpriority_process(Some(thread), LEAST_PRIORITY)
    {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}

/// Less priority alone would not do: the kernel lets even the least urgent thread finish its slice, some milliseconds, before another one
/// that has just been woken gets the core.
#[cfg(target_os = "linux")]
fn idle(thread: thread_priority::ThreadId) {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy,
    };
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread, ThreadPriority::Min, idle) {
        tracing::debug!(?error, "a thread keeps its priority");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Fields of `/proc/thread-self/stat` behind the name.
    fn told(tell: fn(&Hand)) -> [String; 2] {
        let asked = std::thread::spawn(move || {
            tell(&Hand::this());
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let (_name, rest) = stat.rsplit_once(')').unwrap();
            let fields: Vec<&str> = rest.split_whitespace().collect();
            [fields[16].to_owned(), fields[38].to_owned()]
        });
        asked.join().unwrap()
    }

    #[test]
    fn a_thread_finds_itself_and_can_be_told() {
        // Priority, and policy: 0 is the ordinary one and 5 idle.
        assert_eq!(told(|_hand| {})[1], "0");
        assert_eq!(told(Hand::give_way), ["19", "0"]);
        assert_eq!(told(Hand::stand_back)[1], "5");
    }
}
