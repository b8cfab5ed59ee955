//! Taking the state of a process out, for others, and beginning with a state that somebody else computed.
//!
//! - T1 what is taken stands behind a slot whose outcome is durable.
//! - T2 a state is adopted only by a unit that has not begun the process, and only if its pages give the root that it names. That
//!   they follow from the log is not known by that: whoever adopts keeps such a unit apart and says so to all who ask it.
//! - T3 outcomes before the adopted slot are not there, and nothing is guessed in their place.

use std::sync::Arc;

use aosec_wire::Id;

use super::Handle;
use super::ask::{Taken, What};
use super::error::CuError;
use super::input::Party;
use super::published::{PUSHES_MAX, Published, PublishedError};
use super::terms::Terms;
use super::unit::Unit;
use crate::store::checkpoint::{self, Checkpoint};
use crate::store::{outcome, pushed};

/// Why a state can be neither taken nor adopted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdoptError {
    /// The item.
    #[error("the checkpoint of process {process}: {reason}")]
    Published {
        /// The process.
        process: Id,
        /// What is wrong with it.
        reason: PublishedError,
    },
    /// Too many pushed contents.
    #[error(
        "process {0} was pushed more than {PUSHES_MAX} contents, more than a checkpoint carries"
    )]
    Pushes(Id),
    /// It is of another module than the process.
    #[error("the checkpoint is of module {named}, and the process of {module}")]
    Module {
        /// The process's module.
        module: Id,
        /// What the checkpoint says.
        named: Id,
    },
    /// The pages give another root.
    #[error("the checkpoint names root {named}, and its pages give {computed}")]
    Root {
        /// What it names.
        named: Id,
        /// What its pages give.
        computed: Id,
    },
    /// The pages do not fit.
    #[error("the checkpoint's pages are of no use: {0}")]
    Pages(String),
    /// This unit has computed the process already.
    #[error(
        "process {0} was computed here already; a state of somebody else is for an empty folder"
    )]
    Begun(Id),
    /// The unit failed.
    #[error(transparent)]
    Compute(#[from] CuError),
}

impl From<crate::store::StoreError> for AdoptError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Compute(error.into())
    }
}

impl Handle {
    /// The state behind the newest slot that this unit can compute, for others (T1).
    ///
    /// # Errors
    /// [`AdoptError`]; above all [`CuError::StillEvaluating`]: ask again.
    pub async fn take(&self, process: Id) -> Result<Published, AdoptError> {
        let unit = &self.0.unit;
        let taken: Taken = super::within(process, async {
            let slot = self.newest(process).await?;
            self.ask(process, slot, What::Take).await
        })
        .await?;
        let slot = taken.position.slot;
        let pushes = pushed::up_to(&unit.store, process, slot, PUSHES_MAX).await?;
        Ok(Published {
            process,
            module: unit.spawn(process).await?.module,
            position: taken.position,
            root: Id::new(taken.root),
            engine: unit.modules.engine().to_owned(),
            snapshot: taken.snapshot,
            pushes: pushes
                .ok_or(AdoptError::Pushes(process))?
                .into_iter()
                .collect(),
        })
    }

    /// The root behind a slot, if it was computed already.
    ///
    /// # Errors
    /// [`CuError::Store`].
    pub async fn computed(&self, process: Id, slot: u64) -> Result<Option<[u8; 32]>, CuError> {
        let kept = outcome::at_slot(&self.0.unit.store, process, slot).await?;
        Ok(kept.map(|outcome| outcome.root))
    }

    /// Begins the process with this state (T2). Whether its position is the log's is the caller's to check.
    ///
    /// # Errors
    /// [`AdoptError`]; then nothing was kept.
    pub async fn adopt(&self, published: Published) -> Result<(), AdoptError> {
        let unit = &self.0.unit;
        let process = published.process;
        let has_begun = !checkpoint::of_process(&unit.store, process)
            .await?
            .is_empty()
            || outcome::first(&unit.store, process).await?.is_some();
        if has_begun {
            return Err(AdoptError::Begun(process));
        }
        check(unit, &published).await?;
        let bytes = &published.snapshot;
        let slot = published.position.slot;
        let written = unit.snapshots.write(process, slot, bytes).await;
        let row = Checkpoint {
            snapshot: written.map_err(|error| CuError::Store(error.to_string()))?,
            position: published.position,
            root: *published.root.as_bytes(),
            module: published.module,
            engine: unit.modules.engine().to_owned(),
        };
        let pushes = published.pushes;
        let kept = async move |db: &mut crate::store::Db| {
            pushed::insert(db, process, slot, &pushes).await?;
            checkpoint::insert(db, process, &row).await
        };
        unit.store.write(kept).await?;
        Ok(())
    }
}

/// The root of the pages, computed here.
async fn check(unit: &Arc<Unit>, published: &Published) -> Result<(), AdoptError> {
    let spawn = unit.spawn(published.process).await?;
    if spawn.module != published.module {
        return Err(AdoptError::Module {
            module: spawn.module,
            named: published.module,
        });
    }
    let party = Party::of(&spawn.item);
    let module = unit.modules.get(spawn.module, &party.owner).await?;
    let terms = Terms::agree(&party.tags, &module.party.tags, unit.most);
    let terms = terms.map_err(|reason| CuError::Terms {
        process: published.process,
        reason,
    })?;
    let (program, bytes) = (Arc::clone(&module.program), published.snapshot.clone());
    let restored = tokio::task::spawn_blocking(move || program.restore(&bytes, terms)).await;
    let machine = restored
        .map_err(|_panicked| CuError::Panicked)?
        .map_err(|reason| AdoptError::Pages(reason.to_string()))?;
    let (named, computed) = (published.root, Id::new(machine.root()));
    match named == computed {
        true => Ok(()),
        false => Err(AdoptError::Root { named, computed }),
    }
}
