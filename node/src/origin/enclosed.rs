//! What a message to the court encloses, out of the blocks that this node has read: for a host that is asked for a slot by a case, and
//! for readers of a log whose message stands nowhere else (5.10).

use aosec_challenge::inbox::BLOCK_ITEMS_MAX;
use aosec_wire::{Id, Strictness, VerifiedItem, bundle, item};
use bytes::Bytes;

use super::Handle;
use crate::store::{StoreError, clock, law::LawTransaction};

/// Blocks below the one in which a message ran that are searched for it: it was mined there, or earlier where the inbox was jammed.
const JAM_BLOCKS: u64 = 256;

const _: () = assert!(
    BLOCK_ITEMS_MAX as u64 * JAM_BLOCKS > 4_000_000,
    "a jam that costs more than four million items is none"
);

impl Handle {
    /// The item `child` that the message `opener`, which ran at `ran`, encloses; none where it does not, or was mined too long before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enclosed(
        &self,
        opener: Id,
        ran: u64,
        child: Id,
    ) -> Result<Option<VerifiedItem>, StoreError> {
        for height in (ran.saturating_sub(JAM_BLOCKS)..=ran).rev() {
            let transactions = clock::in_block(&self.0.store, height).await?;
            let openers = transactions.iter().filter_map(|one| within(one, opener));
            if let Some(opener) = openers.into_iter().next() {
                return Ok(child_of(&opener, child));
            }
        }
        Ok(None)
    }

    /// A message of one of its processes that a case has brought before the court, as it stands enclosed there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn copy_of(&self, message: Id) -> Result<Option<VerifiedItem>, StoreError> {
        let copy = self.copies().of(&message);
        match copy {
            Some(copy) => self.enclosed(copy.by, copy.ran, message).await,
            None => Ok(None),
        }
    }
}

/// The item with this id in a transaction; whoever only names it in a bundle's header does not have it.
fn within(transaction: &LawTransaction, id: Id) -> Option<VerifiedItem> {
    let mut items = bundle::parse(transaction.data.clone()).ok()?.into_iter();
    items.find_map(|named| verified(named, id))
}

/// A child of an item that is a bundle.
fn child_of(opener: &VerifiedItem, id: Id) -> Option<VerifiedItem> {
    let mut children = bundle::parse(opener.data()).ok()?.into_iter();
    children.find_map(|named| verified(named, id))
}

fn verified((named, bytes): (Id, Bytes), id: Id) -> Option<VerifiedItem> {
    let verified = (named == id).then(|| item::verify_bytes(bytes, Strictness::Settled).ok())??;
    (verified.id() == id).then_some(verified)
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey, Tags};

    use super::*;
    use crate::arweave::block::BlockId;

    fn item(number: u8, data: Bytes) -> VerifiedItem {
        let draft = Draft {
            tags: Tags::new().with("Number", number.to_string()),
            data,
            ..Draft::default()
        };
        draft.sign(&SigningKey::ed25519([number; 32])).unwrap()
    }

    fn carried(data: Bytes) -> LawTransaction {
        LawTransaction {
            height: 1,
            place: 0,
            id: Id::new([1; 32]),
            block: BlockId::new([1; 48]),
            time_s: 1,
            tags: Vec::new(),
            data,
        }
    }

    #[test]
    fn what_is_enclosed_is_found_and_what_is_only_named_is_not() {
        let asked = item(1, Bytes::new());
        let children = bundle::build(&[item(2, Bytes::new()), asked.clone()]);
        let opener = item(3, children);
        let found = within(
            &carried(bundle::build(std::slice::from_ref(&opener))),
            opener.id(),
        );
        let found = found.and_then(|opener| child_of(&opener, asked.id()));
        assert_eq!(found.map(|item| item.id()), Some(asked.id()));
        // The header names the opener, and other bytes stand there.
        let mut forged = bundle::build(&[item(4, Bytes::new())]).to_vec();
        forged[64..96].copy_from_slice(opener.id().as_bytes());
        assert!(within(&carried(forged.into()), opener.id()).is_none());
    }
}
