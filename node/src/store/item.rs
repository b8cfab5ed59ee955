//! Table `item`: every data item that the node has taken in, byte for byte, by id.
//!
//! The bytes are never written anew from parsed parts: signatures hold over these bytes and no others. Reading parses and
//! verifies again, so that a damaged row is noticed before anybody sees it.

use aosec_wire::{Id, Strictness, VerifiedItem};
use bytes::Bytes;
use sqlx::{QueryBuilder, Row};

use super::{Db, Store, StoreError, column, pieces::pieces};

/// Keeps `items`; one that is there already stays as it is.
pub async fn insert(db: &mut Db, items: &[VerifiedItem]) -> Result<(), StoreError> {
    for piece in pieces(items) {
        let mut query = QueryBuilder::new("INSERT INTO item (id, bytes) ");
        query.push_values(piece, |mut row, item| {
            row.push_bind(column::blob(item.id()))
                .push_bind(item.bytes().to_vec());
        });
        query.push(" ON CONFLICT (id) DO NOTHING");
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// The exact bytes of an item, unverified.
pub async fn bytes(store: &Store, id: Id) -> Result<Option<Bytes>, StoreError> {
    let row = sqlx::query("SELECT bytes FROM item WHERE id = ?")
        .bind(column::blob(id))
        .fetch_optional(store.readers())
        .await?;
    Ok(row.map(|row| Bytes::from(row.get::<Vec<u8>, _>(0))))
}

/// The item, verified anew.
pub async fn find(store: &Store, id: Id) -> Result<Option<VerifiedItem>, StoreError> {
    let Some(bytes) = bytes(store, id).await? else {
        return Ok(None);
    };
    verified(bytes).map(Some)
}

/// An item out of its row.
pub fn verified(bytes: Bytes) -> Result<VerifiedItem, StoreError> {
    aosec_wire::item::verify_bytes(bytes, Strictness::Settled)
        .map_err(|error| column::damaged("item.bytes", &format!("does not verify: {error}")))
}
