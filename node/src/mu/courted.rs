//! The ports that a court stands behind: the way into inboxes of processes that have lost their host (PROTOCOL 5.8), and what such senders,
//! and the court itself, have sent (D10).
//!
//! Rules. 1. A process speaks to another one, never to the court: the court hears keys (2.9), and would take the word of a process for that
//! of the messenger whose key signs it. 2. An item is done once it stands in the log at the tip: from then on the node's own inbox keeps it
//! until no reorg takes it back. 3. While the court is not known up to the tip, nothing goes to a scheduler that had lost the process before.

use std::sync::Arc;

use aosec_wasm::process_module::WASM;
use aosec_wire::{Address, Id, Outcome, VerifiedItem};

use super::adapters::not_computed;
use super::ports::{
    Directory, Hostless, Inboxes, NotComputed, Pending, SenderFacts, Taken, Unreachable,
};
use crate::arweave::devchain::genesis::module_item;
use crate::cu::{self, CuError};
use crate::origin::{self, client::TakeError};
use crate::store::canonical::LogKey;
use crate::store::voided::Void;
use crate::store::{Store, StoreError, court_log};
use crate::su;

/// A court, and the units that know what it does not.
pub(super) struct Courted {
    pub(super) court: origin::Handle,
    pub(super) su: su::Handle,
    pub(super) cu: cu::Handle,
    pub(super) store: Store,
    pub(super) directory: Arc<dyn Directory>,
}

/// Where none is computed.
pub(super) struct NoCourt;

impl Inboxes for NoCourt {
    fn take<'a>(
        &'a self,
        _process: Id,
        _item: Option<&'a VerifiedItem>,
    ) -> Pending<'a, Option<Taken>> {
        Box::pin(std::future::ready(None))
    }
}

impl Inboxes for Courted {
    fn take<'a>(
        &'a self,
        process: Id,
        item: Option<&'a VerifiedItem>,
    ) -> Pending<'a, Option<Taken>> {
        Box::pin(async move {
            if process == self.court.id() {
                return Some(Taken::Never(NOT_TO_THE_COURT.to_owned()));
            }
            if !self.court.is_orphan(&process) {
                return self.may_be_orphan(process).await;
            }
            Some(match item {
                Some(item) => self.into_inbox(process, item).await,
                None => Taken::Never(NO_REFERENCE.to_owned()),
            })
        })
    }
}

const NOT_TO_THE_COURT: &str = "the court hears keys and no processes (PROTOCOL 2.9): it would take the word of a process for that of the messenger that signs it";
const NO_REFERENCE: &str =
    "nobody hosts its process, and an inbox takes items, no references (PROTOCOL 5.1, 5.8)";
const WAITS: &str = "it waits for a block of the base layer, which orders the process now";
const BEHIND: &str = "the process had lost a host, and the court is not computed up to the tip: whether it has one is known in a moment";

impl Courted {
    /// Rule 3.
    async fn may_be_orphan(&self, process: Id) -> Option<Taken> {
        if self.court.is_caught_up() {
            return None;
        }
        let log = LogKey {
            court: self.court.id(),
            process,
        };
        match court_log::voids(&self.store, log).await {
            Ok(voids) => {
                let has_ended = voids.iter().any(|void| matches!(void, Void::Cut { .. }));
                has_ended.then(|| Taken::Later(BEHIND.to_owned()))
            }
            Err(error) => Some(Taken::Later(error.to_string())),
        }
    }

    async fn into_inbox(&self, process: Id, item: &VerifiedItem) -> Taken {
        match self.court.stands(process, item.id()).await {
            Ok(true) => return Taken::Ordered,
            Ok(false) => {}
            Err(error) => return Taken::Later(error.to_string()),
        }
        match self.court.take_for(process, item).await {
            Ok(_waits) => Taken::Later(WAITS.to_owned()),
            Err(error @ (TakeError::Unfit(_) | TakeError::TooLong { .. })) => {
                Taken::Never(error.to_string())
            }
            Err(error) => Taken::Later(error.to_string()),
        }
    }
}

impl Hostless for Courted {
    fn court(&self) -> Option<(Id, u64)> {
        let firm = self.court.standing().firm?;
        self.court.is_caught_up().then(|| (self.court.id(), firm))
    }

    fn outcome(&self, process: Id, slot: u64) -> Pending<'_, Result<Outcome, NotComputed>> {
        Box::pin(async move {
            let found = self.cu.at_slot(process, slot).await;
            let kept = found.map_err(|error| match error {
                CuError::BeforeCheckpoint { .. } => NotComputed::Never(error.to_string()),
                other => not_computed(other),
            })?;
            Outcome::parse(kept.json).map_err(|error| NotComputed::Never(error.to_string()))
        })
    }

    fn facts(&self, process: Id) -> Pending<'_, Result<Option<SenderFacts>, Unreachable>> {
        Box::pin(async move {
            if process == self.court.id() {
                return Ok(Some(self.of_court()?));
            }
            let facts = self.directory.process(process).await?;
            Ok(facts.map(|facts| SenderFacts {
                module: facts.module,
                scheduler: facts.scheduler,
            }))
        })
    }

    fn hosts(&self, process: Id) -> Pending<'_, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.su.has(process).await? && !self.court.is_orphan(&process)) })
    }

    fn scheduler(&self) -> &Address {
        self.su.address()
    }
}

impl Courted {
    /// The court runs on the carried module alone. It spawns nothing, so its scheduler, which it has none of, is never read.
    fn of_court(&self) -> Result<SenderFacts, Unreachable> {
        let module = module_item(WASM).map_err(|error| Unreachable(error.to_string()))?;
        Ok(SenderFacts {
            module: module.id(),
            scheduler: self.su.address().clone(),
        })
    }
}
