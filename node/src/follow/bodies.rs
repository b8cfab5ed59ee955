//! Messages of slots that the base layer has ordered: they stand in the law's own transactions, in the inbox of their process or
//! enclosed in an item of the court's (PROTOCOL 5.8).
//!
//! A page is bounded in bytes, of messages and of the transactions that are opened for them; each transaction of a page is opened
//! once, off the threads that wait for sockets.

use std::collections::BTreeMap;

use aosec_wire::{Id, Strictness, VerifiedItem, bundle, item};
use bytes::Bytes;

use super::Handle;
use super::derivation::DeriveError;
use crate::store::canonical::LogKey;
use crate::store::court_log::{self, Found};

/// Bytes of transactions that are opened for one page: sixteen of the longest, of which a page keeps the messages alone.
const OPENED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The messages of a page.
#[derive(Debug)]
pub struct Bodies {
    /// Those of the slots that nobody has signed, by slot; none where a message is not where it stood.
    pub found: BTreeMap<u64, Option<VerifiedItem>>,
    /// The first slot that the page had no room for.
    pub end: u64,
}

impl Handle {
    /// The messages of those of these slots that nobody has signed, as far as `bytes_max` bytes of them go, at least one.
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn bodies(
        &self,
        log: LogKey,
        first: u64,
        last: u64,
        bytes_max: usize,
    ) -> Result<Bodies, DeriveError> {
        let found = court_log::found(&self.0.store, log, first..=last, u32::MAX).await?;
        let (mut page, mut opened) = (Page::default(), 0);
        for places in by_carrier(found) {
            let [first, ..] = places.as_slice() else {
                continue;
            };
            if page.bytes > bytes_max || opened > OPENED_BYTES_MAX {
                return Ok(page.up_to(first.slot));
            }
            let data = court_log::carried(&self.0.store, first.height, first.carrier).await?;
            opened += data.as_ref().map_or(0, Bytes::len);
            let read = tokio::task::spawn_blocking(move || page.opened(data, places, bytes_max));
            page = read.await.map_err(|_lost| DeriveError::Stopped)?;
            if let Some(end) = page.end {
                return Ok(page.up_to(end));
            }
        }
        Ok(page.up_to(last.saturating_add(1)))
    }
}

/// Runs of slots whose messages stand in one transaction.
fn by_carrier(found: Vec<Found>) -> Vec<Vec<Found>> {
    let runs = found.chunk_by(|one, next| (one.height, one.carrier) == (next.height, next.carrier));
    runs.map(<[Found]>::to_vec).collect()
}

#[derive(Debug, Default)]
struct Page {
    found: BTreeMap<u64, Option<VerifiedItem>>,
    bytes: usize,
    end: Option<u64>,
}

impl Page {
    /// Adds the messages of these slots, which stand in a transaction with this data.
    fn opened(mut self, data: Option<Bytes>, places: Vec<Found>, bytes_max: usize) -> Self {
        let mut carrier = data.map(Carrier::open);
        for place in places {
            if self.bytes > bytes_max {
                self.end = Some(place.slot);
                return self;
            }
            let body = carrier.as_mut().and_then(|carrier| carrier.body(&place));
            self.bytes += body.as_ref().map_or(0, |body| body.bytes().len());
            self.found.insert(place.slot, body);
        }
        self
    }

    fn up_to(self, end: u64) -> Bodies {
        Bodies {
            found: self.found,
            end,
        }
    }
}

/// A transaction whose header was read, and that of the item in it that was looked into last.
struct Carrier {
    items: Vec<(Id, Bytes)>,
    inner: Option<(usize, Vec<(Id, Bytes)>)>,
}

impl Carrier {
    fn open(data: Bytes) -> Self {
        Self {
            items: bundle::parse(data).unwrap_or_default(),
            inner: None,
        }
    }

    /// The item there, in bytes of its own: a page of small ones holds no transaction whole.
    fn body(&mut self, place: &Found) -> Option<VerifiedItem> {
        let (_named, bytes) = match place.child.checked_sub(1) {
            None => self.items.get(place.item)?,
            Some(child) => self.children(place.item)?.get(child)?,
        };
        item::verify_bytes(Bytes::copy_from_slice(bytes), Strictness::Settled).ok()
    }

    fn children(&mut self, of: usize) -> Option<&[(Id, Bytes)]> {
        if self.inner.as_ref().is_none_or(|(number, _)| *number != of) {
            let (_named, outer) = self.items.get(of)?;
            let outer = item::verify_bytes(outer.clone(), Strictness::Settled).ok()?;
            self.inner = Some((of, bundle::parse(outer.data()).ok()?));
        }
        self.inner.as_ref().map(|(_, children)| children.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey, Tags};

    use super::*;

    fn item(number: usize, data: Bytes) -> VerifiedItem {
        let draft = Draft {
            tags: Tags::new().with("Number", number.to_string()),
            data,
            ..Draft::default()
        };
        draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
    }

    fn place(slot: u64, item: usize, child: usize) -> Found {
        Found {
            slot,
            height: 1,
            carrier: Id::new([1; 32]),
            item,
            child,
        }
    }

    #[test]
    fn a_page_ends_behind_the_message_that_fills_it() {
        let inner = [item(7, Bytes::new()), item(8, Bytes::new())];
        let items = [
            item(0, vec![0; 100].into()),
            item(1, bundle::build(&inner)),
            item(2, Bytes::new()),
        ];
        let places = vec![
            place(4, 0, 0),
            place(5, 1, 2),
            place(6, 2, 0),
            place(9, 9, 0),
        ];
        let open = |bytes_max| {
            let data = Some(bundle::build(&items));
            Page::default().opened(data, places.clone(), bytes_max)
        };
        let whole = open(usize::MAX);
        let ids: Vec<_> = whole
            .found
            .values()
            .flatten()
            .map(VerifiedItem::id)
            .collect();
        assert_eq!(ids, [items[0].id(), inner[1].id(), items[2].id()]);
        assert_eq!((whole.end, &whole.found[&9]), (None, &None), "not there");
        let short = open(items[0].bytes().len());
        assert_eq!((short.found.len(), short.end), (2, Some(6)));
        assert_eq!(open(0).found.len(), 1, "at least one");
    }
}
