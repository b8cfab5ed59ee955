//! The doors of this very node: its own scheduler as a [`Log`], the base layer as [`Items`].

use aosec_wire::{Id, VerifiedItem};

use super::{Answer, Items, Log, PAGE_SLOTS, SourceError};
use crate::arweave::gateway::{Gateway, GatewayError};
use crate::cu::replay::Entry;
use crate::cu::subject::Subject;
use crate::cu::word::Word;
use crate::store::StoreError;
use crate::store::page::Span;
use crate::su;

impl Log for su::Handle {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move {
            let first = self.process(process).await.map_err(own)?;
            Ok(first.and_then(|entry| entry.message))
        })
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move {
            let span = Span::Slots {
                after: from.checked_sub(1),
                to: Some(to),
            };
            let page = self.page(process, span, PAGE_SLOTS as usize).await;
            let entries = page.map_err(own)?.entries.into_iter();
            Ok(entries.map(Entry::from).collect())
        })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(async move {
            let entry = self.message(id, Some(process)).await.map_err(own)?;
            Ok(entry.map(|entry| entry.assignment.into()))
        })
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let latest = self.latest(process).await.map_err(own)?;
            Ok(latest.map(|entry| entry.assignment.nonce()))
        })
    }
}

impl From<su::Entry> for Entry {
    fn from(entry: su::Entry) -> Self {
        Self {
            message: entry.message,
            assignment: entry.assignment.into(),
        }
    }
}

fn own(error: StoreError) -> SourceError {
    SourceError::Own(error.to_string())
}

impl Items for Gateway {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { Self::item(self, id).await.map_err(gateway) })
    }

    fn subject(&self, id: Id) -> Answer<'_, Option<Subject>> {
        Box::pin(async move {
            let item = Self::item(self, id).await;
            if let Ok(Some(item)) = item {
                return Ok(Some(item.into()));
            }
            // What stands under the id of a transaction is its data, and that is no item.
            match self.transaction(id).await.map_err(gateway)? {
                Some(transaction) => Ok(Some(transaction.into())),
                None => item.map(|_none| None).map_err(gateway),
            }
        })
    }
}

fn gateway(error: GatewayError) -> SourceError {
    SourceError::Gateway(error.to_string())
}
