//! Slots that the court demands (PROTOCOL 6.3): this scheduler's own filters are no ground to refuse them, and a full house is none either.

use std::time::{Duration, Instant};

use aosec_wire::{Assignment, Id, VerifiedItem};

use super::admission::Want;
use super::refusal::{Refusal, Unavailable};
use super::{Handle, counted};

/// Between two tries: a batch of others' takes about as long.
const PAUSE: Duration = Duration::from_millis(10);

impl Handle {
    /// Gives a message a slot because the court demands it. It waits for a place among those of others up to this moment.
    pub async fn force(
        &self,
        process: Id,
        item: VerifiedItem,
        until: Instant,
    ) -> Result<Assignment, Refusal> {
        loop {
            match self.enter(process, Want::Forced(item.clone())).await {
                Err(Refusal::Unavailable(Unavailable::Full)) if Instant::now() < until => {
                    tokio::time::sleep(PAUSE).await;
                }
                entered => return counted(entered),
            }
        }
    }
}
