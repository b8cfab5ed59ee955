//! How the node gives the scheduler what it needs: the tip that it watches, and the base layer through gateway and wallet.
//! And what the scheduler gives the node: the table of the processes that answer here.

use std::time::Duration;

use aosec_wire::limits::ITEM_BYTES_MAX;
use aosec_wire::{
    Address, Draft, Id, ItemError, SigningKey, Tags, VerifiedItem, bundle, message::DATA_PROTOCOL,
};
use bytes::Bytes;
use reqwest::Url;

use super::{
    Handle,
    guard::{Guard, Network},
    ports::{Answer, BaseLayer, Mined, PortError, Tip, Whereabouts},
    watch::{Shown, Sources},
};
use crate::{
    arweave::{
        aside,
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
/// The type of the items that carry log records (PROTOCOL 5.5).
const LOG_RECORD: &str = "Log-Record";

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

    fn still_for(&self) -> Duration {
        Self::still_for(self).unwrap_or_default()
    }
}

/// The node's hand on the base layer: the wallet that pays, and the key of the items that carry log records.
#[derive(Clone, Debug)]
pub struct Poster {
    bundler: Bundler,
    envelope: SigningKey,
}

impl Poster {
    /// `envelope` signs the items around log records. No rule looks at it (PROTOCOL 5.5), so it is any key but the
    /// scheduler's, which signs in the guard alone.
    pub fn new(bundler: Bundler, envelope: SigningKey) -> Self {
        Self { bundler, envelope }
    }
}

impl BaseLayer for Poster {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move {
            self.bundler
                .gateway()
                .item(id)
                .await
                .map_err(PortError::new)
        })
    }

    fn whereabouts(&self, tx: Id) -> Answer<'_, Whereabouts> {
        Box::pin(async move {
            let status = self.bundler.gateway().status(tx).await;
            Ok(whereabouts(status.map_err(PortError::new)?))
        })
    }

    fn data_bytes(&self, tx: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let gateway = self.bundler.gateway();
            // What is too long to be taken need not be fetched to know that.
            let declared = gateway.declared_size(tx).await.map_err(PortError::new)?;
            if declared.is_none_or(|bytes| bytes > ITEM_BYTES_MAX as u64) {
                return Ok(declared);
            }
            let transaction = gateway.transaction(tx).await.map_err(PortError::new)?;
            Ok(transaction.map(|transaction| transaction.data_size()))
        })
    }

    fn post_data(&self, items: Vec<VerifiedItem>) -> Answer<'_, Id> {
        // The outbox keeps the caps, except for one slot that is larger alone: its two items cannot be parted.
        Box::pin(async move {
            let data = aside::run(move || bundle::build(&items)).await;
            let data = data.map_err(PortError::new)?;
            let posting = self.bundler.post(Format::Two, "Data", Tags::new(), data);
            posting.await.map_err(PortError::new)
        })
    }

    fn post_log(&self, records: Vec<Bytes>) -> Answer<'_, Id> {
        let envelope = self.envelope.clone();
        Box::pin(async move {
            // A signature for each record: not on the threads that carry requests.
            let sealing = move || Ok(bundle::build(&sealed(records, &envelope)?));
            let data: Result<Bytes, ItemError> =
                aside::run(sealing).await.map_err(PortError::new)?;
            let data = data.map_err(PortError::new)?;
            let posting = self.bundler.post(Format::One, "Log", Tags::new(), data);
            posting.await.map_err(PortError::new)
        })
    }
}

/// The items that carry these records. Equal records make equal items.
fn sealed(records: Vec<Bytes>, envelope: &SigningKey) -> Result<Vec<VerifiedItem>, ItemError> {
    let draft = |data| Draft {
        tags: Tags::new()
            .with("Data-Protocol", DATA_PROTOCOL)
            .with("Type", LOG_RECORD),
        data,
        ..Draft::default()
    };
    let records = records.into_iter();
    records
        .map(|record| draft(record).sign_deterministic(envelope))
        .collect()
}

fn whereabouts(status: Option<TransactionStatus>) -> Whereabouts {
    match status {
        None => Whereabouts::Unknown,
        Some(TransactionStatus::Pending) => Whereabouts::Pending,
        Some(TransactionStatus::Mined {
            height,
            confirmations,
        }) => Whereabouts::Mined(Mined {
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

    fn newest<'a>(&'a self, scheduler: &'a Address, limit: usize) -> Answer<'a, Vec<Shown>> {
        Box::pin(async move {
            let listed = self.newest_signed(scheduler, &WATCHED, limit).await;
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
