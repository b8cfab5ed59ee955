//! Outcomes on their way to the disk, while the next ones are computed.
//!
//! One batch is on its way at most, in one transaction of the store. A checkpoint goes behind the batch that it ends with. Whoever
//! answers or ends settles first: nothing is told that is not durable.

use std::sync::Arc;

use aosec_wire::Id;
use tokio::task::JoinHandle;

use super::checkpoint::Draft;
use super::error::CuError;
use super::life;
use super::unit::Unit;
use crate::store::outcome::Mark;

/// The batch on its way, if there is one.
#[derive(Debug, Default)]
pub struct Keeping(Option<Batch>);

#[derive(Debug)]
struct Batch {
    marks: Vec<Mark>,
    written: JoinHandle<Result<(), CuError>>,
}

impl Keeping {
    /// What the slots of the batch are known by: the store may not show them yet.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.0.iter().flat_map(|batch| &batch.marks)
    }

    /// Sends a batch on its way, once those before are durable, and a checkpoint behind it; gives why the batch ended early, if it did.
    ///
    /// # Errors
    /// What became of those before.
    pub async fn keep(
        &mut self,
        unit: &Arc<Unit>,
        process: Id,
        mut batch: life::Batch,
        draft: Option<Draft>,
    ) -> Result<Option<CuError>, CuError> {
        self.settle().await?;
        let stop = batch.stop.take();
        if !batch.has_begun() {
            return Ok(stop);
        }
        let marks = batch.outcomes.iter().map(|outcome| outcome.mark).collect();
        let unit = Arc::clone(unit);
        let written = tokio::spawn(async move {
            unit.keep(process, batch).await?;
            if let Some(draft) = draft {
                unit.write_down(process, draft).await;
            }
            Ok(())
        });
        self.0 = Some(Batch { marks, written });
        Ok(stop)
    }

    /// Waits until everything is durable.
    ///
    /// # Errors
    /// [`CuError::Diverged`], or what the store says: then the batch is not kept.
    pub async fn settle(&mut self) -> Result<(), CuError> {
        match self.0.take() {
            None => Ok(()),
            Some(batch) => batch.written.await.unwrap_or(Err(CuError::Panicked)),
        }
    }
}
