//! How a log comes under a court that its process joins later (PROTOCOL 5.15), in the hands of its one owner. Every rule is in
//! [`super::joining`]; this file asks the court, keeps what is decided, and crosses.
//!
//! The order of what is kept: first the store (where the court's part begins), then the guard (that the log goes on there), then the
//! first batch like any other. A crash between any two of them is made good by doing the next one again.

use aosec_wire::{
    Assignment, Id,
    record::{NO_ORIGIN, ORIGIN_TAG},
};
use tokio::sync::oneshot;

use super::{
    Handle,
    actor::Actor,
    chain::{Batch, Before},
    guard::Joint,
    joining::{Stand, Way, fits, way},
    leave::{self, Parted, judged},
    ports::Joining,
    refusal::{Refusal, Unavailable},
    registry::{Handed, Letter, Request},
};
use crate::store::{
    Db, item,
    joined::{self, Joined, Seam},
    process,
};

impl Handle {
    /// Holds the log of a process that its owner has registered: when this returns, the log ends before the registered slot, has the
    /// registered chain there, and nothing more is signed on it unless another registration is settled, whatever crash comes.
    /// To be called before the operator takes the process.
    pub async fn hold(&self, process: Id) -> Result<Seam, Refusal> {
        if let Some(reason) = self.unavailable_for(process) {
            return Err(reason.into());
        }
        if !process::exists(&self.shared.store, process).await? {
            return Err(Refusal::UnknownProcess(process));
        }
        let (reply, answer) = oneshot::channel();
        let registry = &self.shared.registry;
        if let Handed::Asleep(letter) = registry.hand(process, Letter::Hold(reply))? {
            self.wake(process)?;
            if let Handed::Asleep(_) = registry.hand(process, *letter)? {
                return Err(Unavailable::Full.into());
            }
        }
        answer.await.unwrap_or(Err(Unavailable::Stopping.into()))
    }

    /// Whether the process stands under a court: it takes data items only (5.1).
    pub(super) async fn is_courted(&self, process: Id) -> Result<bool, Refusal> {
        let spawn = item::find(&self.shared.store, process).await?;
        let spawn = spawn.ok_or(Refusal::UnknownProcess(process))?;
        let joined = joined::of(&self.shared.store, process).await?;
        Ok(spawn.tags().get(ORIGIN_TAG).is_some() || joined.is_some_and(|joined| joined.is_hosted))
    }
}

impl Actor {
    /// Parts what may get slots now from what may not.
    pub(super) async fn parted(&mut self, requests: Vec<Request>) -> Result<Parted, Unavailable> {
        let court = self.shared.court.clone();
        let Some(last) = self.last.as_ref().filter(|_last| self.origin == NO_ORIGIN) else {
            let origin = self.last.as_ref().map(|_last| self.origin);
            return Ok(leave::part(court.as_ref(), self.process, origin, requests));
        };
        let next = last.nonce() + 1;
        let says = court.joining(self.process);
        Ok(match way(says, self.stand(last)) {
            Ok(Way::Own { below }) => leave::below(self.process, next, below, requests),
            Ok(Way::Court(seam)) => {
                self.cross(seam).await?;
                leave::courted(self.process, requests)
            }
            Err(tenure) => match judged(tenure, self.process) {
                Ok(()) => (requests, None),
                Err(reason) => (Vec::new(), Some((requests, reason))),
            },
        })
    }

    fn stand<'a>(&'a self, last: &Assignment) -> Stand<'a> {
        Stand {
            next: last.nonce() + 1,
            legacy: last.chain().map(|chain| chain.hash),
            kept: self.joined.as_ref(),
        }
    }

    /// The court's part begins: kept before the first of its slots is planned.
    async fn cross(&mut self, seam: Seam) -> Result<(), Unavailable> {
        if self.joined.is_some_and(|joined| joined.is_hosted) {
            return Ok(());
        }
        self.keep_joined(Joined {
            seam,
            is_hosted: true,
        })
        .await?;
        tracing::info!(process = %self.process, first = seam.first, origin = %seam.origin, "the log goes on under the court");
        Ok(())
    }

    async fn keep_joined(&mut self, joined: Joined) -> Result<(), Unavailable> {
        let process = self.process;
        let keep = async move |db: &mut Db| joined::keep(db, process, joined).await;
        self.shared.store.write(keep).await?;
        self.joined = Some(joined);
        Ok(())
    }

    /// Answers those who want the log held. No batch of it is under way.
    pub(super) async fn hold(&mut self) -> Result<Seam, Refusal> {
        let (process, last) = (self.process, self.last.as_ref());
        let never = |why: &str| Refusal::Court {
            process,
            why: why.into(),
        };
        let Some(last) = last.filter(|_last| self.origin == NO_ORIGIN) else {
            return Err(never("its spawn names its court: nobody registers it"));
        };
        if self.joined.is_some_and(|joined| joined.is_hosted) {
            return Err(never("it has joined a court before"));
        }
        let seam = match self.shared.court.joining(process) {
            Joining::Registered {
                seam,
                is_settled: true,
            } => seam,
            Joining::Registered { .. } => {
                return Err(Unavailable::Court(
                    "its registration stands in no settled block yet".into(),
                )
                .into());
            }
            Joining::Unknown(why) => return Err(Unavailable::Court(why).into()),
            Joining::Hosted { tenure, .. } => {
                judged(tenure, process)?;
                return Err(never("this scheduler hosts it already"));
            }
            Joining::No => {
                return Err(never(
                    "its owner has not registered it: `aosec origin register`",
                ));
            }
        };
        let legacy = last.chain().map(|chain| chain.hash);
        if let Err(tenure) = fits(seam, last.nonce() + 1, legacy) {
            judged(tenure, process)?;
        }
        let held = Joined {
            seam,
            is_hosted: false,
        };
        self.keep_joined(held).await?;
        Ok(seam)
    }

    /// What the log continues behind its last assignment, if that is where the court's part begins.
    pub(super) fn before(&self) -> Option<Before> {
        let last = self.last.as_ref()?;
        match self.seam_at(last.nonce() + 1) {
            Some(seam) => Some(Before::at(&seam, last)),
            None => Before::after(last),
        }
    }

    fn seam_at(&self, slot: u64) -> Option<Seam> {
        let joined = self.joined.filter(|joined| joined.is_hosted)?;
        (joined.seam.first == slot).then_some(joined.seam)
    }

    /// The court whose records hold the slots from this one on.
    pub(super) fn origin_at(&self, slot: u64) -> Id {
        let joined = self.joined.filter(|joined| joined.is_hosted);
        let seam = joined
            .map(|joined| joined.seam)
            .filter(|seam| slot >= seam.first);
        seam.map_or(self.origin, |seam| seam.origin)
    }

    /// The guard lets the batch cross, where it is the first one of the court's part.
    pub(super) async fn let_cross(&self, batch: &Batch) -> Result<(), Unavailable> {
        if let Some(seam) = self.seam_at(batch.first) {
            let joint = Joint {
                first: seam.first,
                log_chain: seam.chain(batch.process).log,
            };
            self.shared.guard.join(batch.process, joint).await?;
        }
        Ok(())
    }
}
