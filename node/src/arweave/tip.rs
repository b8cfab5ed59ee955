//! The tip as the node's clock: one task polls the gateways, everybody else reads the last answer.
//!
//! Nothing is told before the chain is deep enough that a firm height exists: a node without one assigns nothing (D13). When the
//! gateways fail, the last tip stays, and [`TipWatch::age`] grows.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::block::Tip;
use super::gateway::Gateway;
use crate::metrics;
use crate::shutdown::Shutdown;

/// A view on the newest block. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct TipWatch(watch::Receiver<Option<Seen>>);

#[derive(Clone, Copy, Debug)]
struct Seen {
    tip: Tip,
    at: Instant,
    /// When the height was another one for the last time.
    moved_at: Instant,
}

/// How the tip is watched.
#[derive(Clone, Copy, Debug)]
pub struct TipSettings {
    /// Pause between two questions: a fraction of the block time.
    pub every: Duration,
    /// Blocks under the tip that may still change (PROTOCOL 1.2).
    pub settlement_depth: u64,
}

impl TipWatch {
    /// Starts the task that asks, until `shutdown` is told.
    #[must_use]
    pub fn start(gateway: Gateway, settings: TipSettings, shutdown: &Shutdown) -> Self {
        let (sender, receiver) = watch::channel(None);
        shutdown.track(poll(gateway, settings, sender, shutdown.clone()));
        Self(receiver)
    }

    /// A tip that somebody else sets: for tests, and for a node that has its base layer inside.
    #[must_use]
    pub fn fixed(tip: Tip) -> Self {
        Self(
            watch::channel(Some(Seen {
                tip,
                at: Instant::now(),
                moved_at: Instant::now(),
            }))
            .1,
        )
    }

    /// The newest block; none before a firm height exists.
    #[must_use]
    pub fn borrow(&self) -> Option<Tip> {
        self.0.borrow().map(|seen| seen.tip)
    }

    /// Time since the gateways last answered; none before they did.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.0.borrow().map(|seen| seen.at.elapsed())
    }

    /// Time since the height moved, as far as gateways told; none before they told one.
    #[must_use]
    pub fn still_for(&self) -> Option<Duration> {
        self.0.borrow().map(|seen| seen.moved_at.elapsed())
    }

    /// Waits for another tip than the last one seen by this watch. Never returns after the task has stopped.
    pub async fn changed(&mut self) -> Tip {
        loop {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if let Some(tip) = self.borrow() {
                return tip;
            }
        }
    }
}

async fn poll(
    gateway: Gateway,
    settings: TipSettings,
    sender: watch::Sender<Option<Seen>>,
    shutdown: Shutdown,
) {
    let forever = async {
        loop {
            match gateway.tip().await {
                Ok(tip) => tell(&sender, tip, settings.settlement_depth),
                Err(error) => tracing::warn!(%error, "the tip of the base layer is not known"),
            }
            tokio::time::sleep(settings.every).await;
        }
    };
    tokio::select! {
        () = shutdown.told() => {}
        () = forever => {}
    }
}

/// Tells a tip that has a firm height under it. Readers are woken by another block alone.
fn tell(sender: &watch::Sender<Option<Seen>>, tip: Tip, settlement_depth: u64) {
    if tip.height < settlement_depth {
        return;
    }
    metrics::tip_height().set(i64::try_from(tip.height).unwrap_or(i64::MAX));
    sender.send_if_modified(|seen| {
        let at = Instant::now();
        let still = seen.filter(|seen| seen.tip.height == tip.height);
        let moved_at = still.map_or(at, |seen| seen.moved_at);
        let before = seen.replace(Seen { tip, at, moved_at });
        let before = before.map(|seen| seen.tip);
        if before.is_some_and(|before| tip.height < before.height) {
            tracing::warn!(height = tip.height, "the tip of the base layer went back");
        }
        before != Some(tip)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arweave::block::BlockId;

    fn tip(height: u64) -> Tip {
        Tip {
            height,
            block_id: BlockId::new([1; 48]),
            time_s: height,
        }
    }

    #[tokio::test]
    async fn nothing_is_told_before_a_firm_height() {
        let (sender, receiver) = watch::channel(None);
        let mut watch = TipWatch(receiver);
        tell(&sender, tip(1), 2);
        assert_eq!((watch.borrow(), watch.age()), (None, None));
        tell(&sender, tip(2), 2);
        assert_eq!(watch.changed().await, tip(2));
    }

    #[tokio::test]
    async fn a_tip_that_stands_still_is_told_from_one_that_moves() {
        let (sender, receiver) = watch::channel(None);
        let watch = TipWatch(receiver);
        assert_eq!(watch.still_for(), None);
        tell(&sender, tip(5), 0);
        for _repeated in 0..2 {
            let before = watch.still_for().unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            tell(&sender, tip(5), 0);
            let still_for = watch.still_for().unwrap();
            assert!(still_for >= before + Duration::from_millis(20));
            assert!(watch.age().unwrap() < still_for);
        }
        for other in [6, 5] {
            let still_for = watch.still_for().unwrap();
            tell(&sender, tip(other), 0);
            assert!(watch.still_for().unwrap() < still_for);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    #[tokio::test]
    async fn readers_wake_for_another_block_alone() {
        let (sender, mut receiver) = watch::channel(None);
        tell(&sender, tip(5), 0);
        receiver.mark_unchanged();
        tell(&sender, tip(5), 0);
        assert!(!receiver.has_changed().unwrap());
        tell(&sender, tip(4), 0);
        assert!(receiver.has_changed().unwrap());
    }
}
