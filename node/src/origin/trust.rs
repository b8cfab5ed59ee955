//! The court's authority keys for the compute unit (PROTOCOL 5.17): at the block `settlement_depth` below the one that a slot is
//! stamped with, once this node's court has come to the latter. By then no reorg that the court survives changes the former.

use std::time::Duration;

use aosec_wire::Id;
use tokio::time::timeout;

use super::Handle;
use super::authorities::Authorities as Told;
use crate::cu::authority::Keys;
use crate::cu::source::{Answer, Authorities, SourceError};

/// How long a slot waits for its block: the court is a quarter of a block behind the tip that schedulers stamp with, and after a start
/// it computes itself again. Whoever asks then is told to ask again.
const PATIENCE: Duration = Duration::from_secs(10);

impl Authorities for Handle {
    fn keys(&self, court: Id, height: u64) -> Result<Keys, SourceError> {
        if court != self.id() {
            return Err(SourceError::OtherCourt { named: court });
        }
        let Some(firm) = height.checked_sub(self.0.settings.settlement_depth) else {
            return Ok(Keys::default());
        };
        let standing = self.standing();
        if standing.soft >= Some(height) {
            return Ok(self.told(|told| told.at(firm)));
        }
        Err(match standing.alarm {
            Some(alarm) => SourceError::CourtStill(alarm.to_string()),
            None => SourceError::CourtBehind {
                height,
                computed: standing.soft,
            },
        })
    }

    fn reached(&self, height: u64) -> Answer<'_, ()> {
        Box::pin(async move {
            let mut standings = self.standings();
            let there = standings.wait_for(|now| now.alarm.is_some() || now.soft >= Some(height));
            // Whoever waits looks again, and is told what is missing.
            let _is_there = timeout(PATIENCE, there).await.is_ok();
            Ok(())
        })
    }
}

impl Handle {
    fn told<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        let told = self.0.authorities.read();
        look(&told.unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
