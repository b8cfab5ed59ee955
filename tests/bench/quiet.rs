//! When the machine had little else to do: a time that passed while other programs held the cores says nothing of the node.
//!
//! A request is quiet where other programs used little of the machine from a look before it was due to one behind its answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use super::cpu;

/// Between two looks: with two cores some fifty ticks of the kernel's count.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The part of the machine that other programs may use meanwhile; the kernel's own work for the node is counted there too.
const OTHERS_MAX: f64 = 0.06;

/// A moment, and what other programs had used until then.
type Look = (Instant, Duration);

/// Looks at the machine until it is asked.
#[derive(Debug)]
pub(crate) struct Watch {
    looks: Arc<Mutex<Vec<Look>>>,
    task: AbortHandle,
}

impl Watch {
    /// Begins to look; `others` gives the processor time that other programs have used so far.
    pub(crate) fn start(others: impl Fn() -> Duration + Send + 'static) -> Self {
        let looks = Arc::new(Mutex::new(vec![(Instant::now(), others())]));
        let kept = Arc::clone(&looks);
        let looking = async move {
            loop {
                sleep(LOOK_EVERY).await;
                let look = (Instant::now(), others());
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(look);
            }
        };
        Self {
            looks,
            task: tokio::spawn(looking).abort_handle(),
        }
    }

    /// The times of the quiet ones among requests, given by when they were due and how long they took.
    pub(crate) fn quiet(self, requests: &[(Instant, Duration)]) -> Vec<Duration> {
        self.task.abort();
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let quiet = requests
            .iter()
            .filter(|(due, took)| is_quiet(&looks, *due, *due + *took));
        quiet.map(|(_due, took)| *took).collect()
    }
}

fn is_quiet(looks: &[Look], begun: Instant, ended: Instant) -> bool {
    let touches = |pair: &&[Look]| pair[1].0 + LOOK_EVERY > begun && pair[0].0 < ended;
    let mut windows = looks.windows(2).filter(touches).peekable();
    windows.peek().is_some() && windows.all(|pair| others(pair[0], pair[1]) < OTHERS_MAX)
}

fn others(from: Look, to: Look) -> f64 {
    let machine = (to.0 - from.0) * cpu::cores();
    to.1.saturating_sub(from.1).as_secs_f64() / machine.as_secs_f64()
}
