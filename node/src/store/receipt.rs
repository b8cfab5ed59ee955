//! Table `receipt`: the signed assignment of each slot, byte for byte. It is kept one commit after its log row, so the last
//! batch of a log may lack its receipts for a moment, and after a crash until it is signed again.

use aosec_wire::{Assignment, Id, VerifiedItem};
use bytes::Bytes;
use sqlx::{QueryBuilder, Row};

use super::{Db, Store, StoreError, column, item, pieces::pieces};

/// Keeps assignments, of one process or of many.
pub async fn insert(db: &mut Db, signed: &[&Assignment]) -> Result<(), StoreError> {
    let slot = |assignment: &&Assignment| column::integer(assignment.nonce(), "receipt.slot");
    for piece in pieces(signed) {
        let slots: Vec<_> = piece.iter().map(slot).collect::<Result<_, StoreError>>()?;
        let mut query = QueryBuilder::new("INSERT INTO receipt (process, slot, id, bytes) ");
        query.push_values(piece.iter().zip(slots), |mut row, (assignment, slot)| {
            row.push_bind(column::blob(assignment.process()))
                .push_bind(slot)
                .push_bind(column::blob(assignment.id()))
                .push_bind(assignment.item().bytes().to_vec());
        });
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// The last kept assignment of `process`.
pub async fn last(store: &Store, process: Id) -> Result<Option<Assignment>, StoreError> {
    let row = sqlx::query("SELECT bytes FROM receipt WHERE process = ? ORDER BY slot DESC LIMIT 1")
        .bind(column::blob(process))
        .fetch_optional(store.readers())
        .await?;
    row.map(|row| assignment(item::verified(row.get::<Vec<u8>, _>(0).into())?))
        .transpose()
}

/// The id of the assignment of a slot.
pub async fn id(store: &Store, process: Id, slot: u64) -> Result<Option<Id>, StoreError> {
    let row = sqlx::query("SELECT id FROM receipt WHERE process = ? AND slot = ?")
        .bind(column::blob(process))
        .bind(column::integer(slot, "receipt.slot")?)
        .fetch_optional(store.readers())
        .await?;
    row.map(|row| column::id(row.get(0), "receipt.id"))
        .transpose()
}

/// Process and slot of an assignment.
pub async fn find(store: &Store, id: Id) -> Result<Option<(Id, u64)>, StoreError> {
    let row = sqlx::query("SELECT process, slot FROM receipt WHERE id = ?")
        .bind(column::blob(id))
        .fetch_optional(store.readers())
        .await?;
    row.map(|row| column::place(&row)).transpose()
}

/// The exact bytes of an assignment, unverified.
pub async fn bytes(store: &Store, id: Id) -> Result<Option<Bytes>, StoreError> {
    let row = sqlx::query("SELECT bytes FROM receipt WHERE id = ?")
        .bind(column::blob(id))
        .fetch_optional(store.readers())
        .await?;
    Ok(row.map(|row| Bytes::from(row.get::<Vec<u8>, _>(0))))
}

/// An assignment out of its item.
pub fn assignment(item: VerifiedItem) -> Result<Assignment, StoreError> {
    Assignment::from_item(item)
        .map_err(|error| column::damaged("receipt.bytes", &format!("is no assignment: {error}")))
}
