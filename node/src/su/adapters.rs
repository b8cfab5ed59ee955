//! How the node gives the scheduler what it needs: the tip that it watches, and the base layer through gateway and wallet.
//! And what the scheduler gives the node: the table of the processes that answer here.

use aosec_wire::{Address, Draft, Id, ItemError, Tags, VerifiedItem, bundle};

use reqwest::Url;

use super::{
    Handle,
    guard::{Guard, Network},
    ports::{Answer, BaseLayer, Mined, PortError, Tip},
    watch::{Shown, Sources},
};
use crate::{
    arweave::{
        bundler::Bundler,
        gateway::{Claimed, Gateway, TransactionStatus},
        location::SignLocation,
        tip::TipWatch,
        transaction::Format,
    },
    locate::{OwnAnswer, OwnTable},
};

/// What tells that somebody has the key: where it answers, and what it assigned.
const WATCHED: [&str; 2] = ["Scheduler-Location", "Assignment"];

/// The processes that this scheduler orders, all of them at one address.
#[derive(Clone, Debug)]
pub struct OwnLogs {
    /// The scheduler.
    pub su: Handle,
    /// The root of its origin.
    pub url: Url,
}

impl OwnTable for OwnLogs {
    fn find(&self, process: Id) -> OwnAnswer<'_> {
        Box::pin(async move {
            let found = self.su.has(process).await;
            let is_here = found.unwrap_or_else(|error| {
                tracing::warn!(%error, %process, "whether a process is ordered here is not known");
                false
            });
            is_here.then(|| self.url.clone())
        })
    }
}

impl Tip for TipWatch {
    fn height(&self) -> Option<u64> {
        self.borrow().map(|tip| tip.height)
    }
}

impl BaseLayer for Bundler {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { self.gateway().item(id).await.map_err(PortError::new) })
    }

    fn mined(&self, tx: Id) -> Answer<'_, Option<Mined>> {
        Box::pin(async move {
            let status = self.gateway().status(tx).await.map_err(PortError::new)?;
            Ok(status.and_then(mined))
        })
    }

    fn post(&self, items: Vec<VerifiedItem>) -> Answer<'_, Id> {
        // The outbox keeps the caps, except for one slot that is larger alone: its two items cannot be parted.
        let data = bundle::build(&items);
        let posting = Bundler::post(self, Format::Two, "Data", Tags::new(), data);
        Box::pin(async move { posting.await.map_err(PortError::new) })
    }
}

fn mined(status: TransactionStatus) -> Option<Mined> {
    match status {
        TransactionStatus::Pending => None,
        TransactionStatus::Mined {
            height,
            confirmations,
        } => Some(Mined {
            height,
            confirmations,
        }),
    }
}

impl Sources for Gateway {
    fn network(&self) -> Answer<'_, Option<Network>> {
        Box::pin(async move {
            let first = self.block(0).await.map_err(PortError::new)?;
            Ok(first.and_then(|block| block.id.to_string().parse().ok()))
        })
    }

    fn newest<'a>(&'a self, scheduler: &'a Address) -> Answer<'a, Vec<Shown>> {
        Box::pin(async move {
            let listed = self.newest_signed(scheduler, &WATCHED).await;
            let listed = listed.map_err(PortError::new)?.into_iter();
            Ok(listed
                .map(|Claimed { id, tags }| Shown { id, tags })
                .collect())
        })
    }

    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { Gateway::item(self, id).await.map_err(PortError::new) })
    }
}

impl SignLocation for Guard {
    fn sign_location(&self, draft: Draft) -> Result<VerifiedItem, ItemError> {
        self.seal_location(&draft)
    }
}
