//! The base layer as a rogue scheduler uses it: some of what it should publish goes nowhere, and looks published to the scheduler.
//!
//! What was withheld is published after all once that is lifted: the scheduler then hears that no gateway knows its transactions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;

use crate::su::ports::{Answer, BaseLayer, Mined, Tip, Whereabouts};

/// Transactions that were never posted and are remembered; of forgotten ones the scheduler hears the truth, and posts anew.
const FEIGNED_MAX: usize = 10_000;

/// What is withheld at present.
#[derive(Debug, Default)]
pub struct Faults {
    data: AtomicBool,
    records: AtomicBool,
    feigned: Mutex<BTreeMap<Id, Feigned>>,
}

/// What the scheduler is told of a transaction that was never posted.
#[derive(Clone, Copy, Debug)]
enum Feigned {
    /// Messages: in this block, so that their records may follow, and never settled.
    Data(u64),
    /// Records: in no block yet.
    Records,
}

impl Faults {
    /// Withholds messages and assignments, or no longer.
    pub fn withhold_data(&self, withheld: bool) {
        self.data.store(withheld, Ordering::Release);
        self.lift(withheld, |feigned| matches!(feigned, Feigned::Data(_)));
    }

    /// Withholds log records, or no longer.
    pub fn withhold_records(&self, withheld: bool) {
        self.records.store(withheld, Ordering::Release);
        self.lift(withheld, |feigned| matches!(feigned, Feigned::Records));
    }

    /// Whether messages are withheld, and whether records are.
    #[must_use]
    pub fn shown(&self) -> (bool, bool) {
        let is = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        (is(&self.data), is(&self.records))
    }

    fn lift(&self, withheld: bool, of_kind: impl Fn(&Feigned) -> bool) {
        if !withheld {
            self.feigned().retain(|_, feigned| !of_kind(feigned));
        }
    }

    fn feign(&self, content: Id, feigned: Feigned) -> Id {
        let mut known = self.feigned();
        while known.len() >= FEIGNED_MAX && known.pop_first().is_some() {}
        known.insert(content, feigned);
        content
    }

    fn feigned(&self) -> std::sync::MutexGuard<'_, BTreeMap<Id, Feigned>> {
        self.feigned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The base layer behind the faults.
pub struct Withholding {
    inner: Arc<dyn BaseLayer>,
    tip: Arc<dyn Tip>,
    faults: Arc<Faults>,
}

impl fmt::Debug for Withholding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Withholding").field(&self.faults).finish()
    }
}

impl Withholding {
    /// Withholds from `inner` what `faults` say.
    #[must_use]
    pub fn new(inner: Arc<dyn BaseLayer>, tip: Arc<dyn Tip>, faults: Arc<Faults>) -> Self {
        Self { inner, tip, faults }
    }
}

impl BaseLayer for Withholding {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        self.inner.item(id)
    }

    fn whereabouts(&self, tx: Id) -> Answer<'_, Whereabouts> {
        let feigned = self.faults.feigned().get(&tx).copied();
        let told = match feigned {
            None => return self.inner.whereabouts(tx),
            Some(Feigned::Records) => Whereabouts::Pending,
            Some(Feigned::Data(height)) => Whereabouts::Mined(Mined {
                height,
                confirmations: 0,
            }),
        };
        Box::pin(async move { Ok(told) })
    }

    fn data_bytes(&self, tx: Id) -> Answer<'_, Option<u64>> {
        self.inner.data_bytes(tx)
    }

    fn post_data(&self, items: Vec<VerifiedItem>) -> Answer<'_, Id> {
        if !self.faults.shown().0 {
            return self.inner.post_data(items);
        }
        let content: Vec<u8> = items
            .iter()
            .flat_map(|item| *item.id().as_bytes())
            .collect();
        let height = self.tip.height().unwrap_or(0);
        let id = self
            .faults
            .feign(Id::sha256(&content), Feigned::Data(height));
        Box::pin(async move { Ok(id) })
    }

    fn post_log(&self, records: Vec<Bytes>) -> Answer<'_, Id> {
        if !self.faults.shown().1 {
            return self.inner.post_log(records);
        }
        let id = self
            .faults
            .feign(Id::sha256(&records.concat()), Feigned::Records);
        Box::pin(async move { Ok(id) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A base layer that takes everything and shows nothing.
    struct Taking;

    const TAKEN: Id = Id::new([7; 32]);

    impl BaseLayer for Taking {
        fn item(&self, _id: Id) -> Answer<'_, Option<VerifiedItem>> {
            Box::pin(async { Ok(None) })
        }
        fn whereabouts(&self, _tx: Id) -> Answer<'_, Whereabouts> {
            Box::pin(async { Ok(Whereabouts::Unknown) })
        }
        fn data_bytes(&self, _tx: Id) -> Answer<'_, Option<u64>> {
            Box::pin(async { Ok(None) })
        }
        fn post_data(&self, _items: Vec<VerifiedItem>) -> Answer<'_, Id> {
            Box::pin(async { Ok(TAKEN) })
        }
        fn post_log(&self, _records: Vec<Bytes>) -> Answer<'_, Id> {
            Box::pin(async { Ok(TAKEN) })
        }
    }

    impl Tip for Taking {
        fn height(&self) -> Option<u64> {
            Some(12)
        }
        fn still_for(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[tokio::test]
    async fn what_is_withheld_looks_published_until_that_is_lifted() {
        let faults = Arc::new(Faults::default());
        let layer = Withholding::new(Arc::new(Taking), Arc::new(Taking), Arc::clone(&faults));
        assert_eq!(layer.post_log(vec!["a".into()]).await.unwrap(), TAKEN);
        faults.withhold_data(true);
        assert_eq!(
            layer.post_log(vec!["a".into()]).await.unwrap(),
            TAKEN,
            "records go on"
        );
        let data = layer.post_data(Vec::new()).await.unwrap();
        assert_ne!(data, TAKEN);
        let in_block = Whereabouts::Mined(Mined {
            height: 12,
            confirmations: 0,
        });
        assert_eq!(layer.whereabouts(data).await.unwrap(), in_block);
        faults.withhold_data(false);
        faults.withhold_records(true);
        assert_eq!(layer.whereabouts(data).await.unwrap(), Whereabouts::Unknown);
        assert_eq!(layer.post_data(Vec::new()).await.unwrap(), TAKEN);
        let records = layer.post_log(vec!["a".into()]).await.unwrap();
        assert_eq!(
            layer.whereabouts(records).await.unwrap(),
            Whereabouts::Pending
        );
    }
}
