//! What the court lets this scheduler do: host a process, and go on signing for it (PROTOCOL 5.1, 5.11).

use aosec_wire::{
    Id, VerifiedItem,
    record::{NO_ORIGIN, ORIGIN_TAG},
};

use super::{
    Handle,
    ports::Tenure,
    refusal::{Refusal, Unavailable},
};
use crate::store::process;

impl Handle {
    /// A process that names a court is taken where that lets this scheduler host it (PROTOCOL 5.1).
    pub(super) async fn may_open(&self, spawn: &VerifiedItem) -> Result<(), Refusal> {
        let Some(origin) = spawn.tags().get(ORIGIN_TAG) else {
            return Ok(());
        };
        let process = spawn.id();
        match self.shared.court.spawn(origin).await? {
            Tenure::Open => Ok(()),
            Tenure::Over(why) => Err(Refusal::Court { process, why }),
            Tenure::Unknown => Err(Unavailable::Court.into()),
        }
    }

    /// Nothing is signed outside the lease (PROTOCOL 5.11). While the court is not known, processes that name one wait.
    pub(super) async fn may_go_on(&self, process: Id) -> Result<(), Refusal> {
        match self.shared.court.tenure(process) {
            Tenure::Open => Ok(()),
            Tenure::Over(why) => Err(Refusal::Court { process, why }),
            Tenure::Unknown => {
                let origin = process::origin(&self.shared.store, process).await?;
                match origin.is_none_or(|origin| origin == NO_ORIGIN) {
                    true => Ok(()),
                    false => Err(Unavailable::Court.into()),
                }
            }
        }
    }
}
