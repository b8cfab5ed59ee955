//! A clean stop: everybody is told, everybody is waited for, within a bound.
//!
//! Nothing depends on it for safety: what must survive is durable before it is acknowledged, so a kill loses no more than a stop.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a stop waits for open work: over the longest request deadline nobody is still listening.
pub const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// Tells all holders to stop and waits for the tasks that were tracked. Clones share the same signal.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// A signal that nobody has given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Resolves once the stop was told; at once if it already was.
    pub async fn told(&self) {
        self.token.cancelled().await;
    }

    /// True once the stop was told.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The signal itself, for parts that take a token.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Tells everybody to stop. Telling twice is telling once.
    pub fn tell(&self) {
        self.token.cancel();
    }

    /// Spawns a task that [`Shutdown::finished`] waits for.
    pub fn track<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task);
    }

    /// Waits until every tracked task has ended; false when [`STOP_DEADLINE`] passed first.
    pub async fn finished(&self) -> bool {
        self.tasks.close();
        tokio::time::timeout(STOP_DEADLINE, self.tasks.wait())
            .await
            .is_ok()
    }
}

/// Resolves on Ctrl-C or a termination signal.
pub async fn asked_by_operator() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "termination signals cannot be heard; Ctrl-C still stops the node");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        result = tokio::signal::ctrl_c() => if let Err(error) = result {
            tracing::error!(%error, "Ctrl-C cannot be heard; stopping now rather than never");
        },
        () = terminated => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tracked_tasks_are_waited_for() {
        let shutdown = Shutdown::new();
        let inner = shutdown.clone();
        shutdown.track(async move { inner.told().await });
        shutdown.tell();
        assert!(shutdown.finished().await);
        assert!(shutdown.is_told());
    }
}
