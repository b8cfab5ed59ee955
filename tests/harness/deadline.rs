//! A bound on every wait: a test that hangs tells nobody why.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Pause between two looks at something awaited.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs `future`, at most for `limit`.
///
/// # Panics
/// After the limit, naming `what` did not happen.
pub async fn within<F: Future>(what: &str, limit: Duration, future: F) -> F::Output {
    match timeout(limit, future).await {
        Ok(output) => output,
        Err(_elapsed) => panic!("not within {limit:?}: {what}"),
    }
}

/// Asks `probe` until it gives something, at most for `limit`.
///
/// # Panics
/// After the limit, naming `what` did not come.
pub async fn until<T, F: AsyncFnMut() -> Option<T>>(
    what: &str,
    limit: Duration,
    mut probe: F,
) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = within(what, limit, probe()).await {
            return found;
        }
        assert!(Instant::now() < end, "not within {limit:?}: {what}");
        sleep(LOOK_EVERY).await;
    }
}
