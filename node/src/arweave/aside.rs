//! Arithmetic on whole transactions, beside messages that somebody waits for.
//!
//! Hashing, signing and writing four megabytes, or verifying the thousands of items in them, takes a core for a tenth of a second, a few
//! times a second under load. What waits for it waits for blocks anyway, so it has threads of its own, and those that they start, to
//! which the kernel gives less of a core than to all others while there is too little for both. Elsewhere than on Linux they are
//! threads like any other.

use std::thread;

#[cfg(target_os = "linux")]
use rustix::process::{Pid, getpriority_process, setpriority_process};
use tokio::sync::oneshot;

/// How much less urgent, in the kernel's steps: a third of what another busy thread gets, and the whole core where there is none.
#[cfg(target_os = "linux")]
const STEPS: i32 = 5;

/// The thread could not be started, or has panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no thread for it")]
pub(crate) struct NoThread;

/// Does `work` on a thread of its own.
///
/// # Errors
/// [`NoThread`].
pub(crate) async fn run<T, F>(work: F) -> Result<T, NoThread>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (sender, done) = oneshot::channel();
    let begin = move || {
        yield_to_others();
        // Whoever asked may have gone.
        let _ = sender.send(work());
    };
    let started = thread::Builder::new().name("aside".to_owned()).spawn(begin);
    let _thread = started.map_err(|_refused| NoThread)?;
    done.await.map_err(|_panicked| NoThread)
}

/// What the system does not allow or tell is done like any other work.
#[cfg(target_os = "linux")]
fn yield_to_others() {
    if let Some((own, priority)) = own() {
        let _ = setpriority_process(Some(own), priority.saturating_add(STEPS));
    }
}

/// This thread as the kernel numbers it, and its priority.
#[cfg(target_os = "linux")]
fn own() -> Option<(Pid, i32)> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    let number = link.file_name()?.to_str()?.parse().ok()?;
    let own = Pid::from_raw(number)?;
    Some((own, getpriority_process(Some(own)).ok()?))
}

#[cfg(not(target_os = "linux"))]
const fn yield_to_others() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_and_a_panic_is_told() {
        assert_eq!(run(|| 7).await, Ok(7));
        let lost = run(|| -> u8 { panic!("the work is none") }).await;
        assert_eq!(lost, Err(NoThread));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn others_come_first() {
        let (_, here) = own().unwrap();
        let (_, there) = run(own).await.unwrap().unwrap();
        assert_eq!(there, (here + STEPS).min(19));
    }
}
