//! Messages that stand on the base layer inside of the court's own items alone, for the compute unit (PROTOCOL 5.10): what a case has
//! brought before the court, every reader of the court has read.

use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};

use super::Handle;
use crate::cu::source::{Answer, Items, SourceError};
use crate::cu::subject::Subject;

/// Items as others find them, and before that those that the court's own items enclose.
#[derive(Debug)]
pub struct Supplied {
    court: Handle,
    others: Arc<dyn Items>,
}

impl Supplied {
    /// The court's items, and `others` for all else.
    #[must_use]
    pub const fn new(court: Handle, others: Arc<dyn Items>) -> Self {
        Self { court, others }
    }

    /// A look at an index first: most items are in no case.
    async fn enclosed(&self, id: Id) -> Result<Option<VerifiedItem>, SourceError> {
        let copy = self.court.copy_of(id).await;
        copy.map_err(|error| SourceError::Own(error.to_string()))
    }
}

impl Items for Supplied {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move {
            match self.enclosed(id).await? {
                Some(item) => Ok(Some(item)),
                None => self.others.item(id).await,
            }
        })
    }

    fn subject(&self, id: Id) -> Answer<'_, Option<Subject>> {
        Box::pin(async move {
            match self.enclosed(id).await? {
                Some(item) => Ok(Some(item.into())),
                None => self.others.subject(id).await,
            }
        })
    }
}
