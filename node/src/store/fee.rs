//! Tables `fee_account`, `fee_hold` and `fee_place`: what senders have paid a messenger, fees of items on their way, and how far the court's
//! log was read for payments.
//!
//! Amounts are decimal digits. What an account may spend is the messenger's business.

use aosec_wire::{Address, Id};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite};

use super::column::{self, blob, integer, number};
use super::{Db, Store, StoreError};

/// One account, column by column as the migration explains them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sums {
    pub paid: u128,
    pub spent: u128,
    pub refunded: u128,
}

/// A place in the court's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The height of a block.
    pub height: u64,
    /// A slot that ran there, or would be the next one.
    pub slot: u64,
}

const SUMS: &str = "SELECT paid, spent, refunded FROM fee_account WHERE court = ? AND address = ?";

/// The account of an address, inside a job.
pub async fn load(db: &mut Db, court: Id, address: &Address) -> Result<Option<Sums>, StoreError> {
    one(db, court, address).await
}

/// The account of an address.
pub async fn find(store: &Store, court: Id, address: &Address) -> Result<Option<Sums>, StoreError> {
    one(store.readers(), court, address).await
}

async fn one<'c>(
    db: impl sqlx::Executor<'c, Database = Sqlite>,
    court: Id,
    address: &Address,
) -> Result<Option<Sums>, StoreError> {
    let query = sqlx::query(SUMS).bind(blob(court)).bind(address.as_str());
    let row = query.fetch_optional(db).await?;
    row.map(|row| sums(&row, 0)).transpose()
}

/// Writes an account in the place of what stood there.
pub async fn save(
    db: &mut Db,
    court: Id,
    address: &Address,
    sums: &Sums,
    has_credit: bool,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR REPLACE INTO fee_account (court, address, paid, spent, refunded, has_credit) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(blob(court))
    .bind(address.as_str())
    .bind(sums.paid.to_string())
    .bind(sums.spent.to_string())
    .bind(sums.refunded.to_string())
    .bind(has_credit)
    .execute(db)
    .await?;
    Ok(())
}

/// How many accounts a court has.
pub async fn count(db: &mut Db, court: Id) -> Result<u32, StoreError> {
    let query = sqlx::query("SELECT COUNT(*) FROM fee_account WHERE court = ?").bind(blob(court));
    Ok(query.fetch_one(db).await?.get(0))
}

/// Forgets the accounts in which nothing is left.
pub async fn forget_empty(db: &mut Db, court: Id) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM fee_account WHERE court = ?1 AND has_credit = 0 \
         AND address NOT IN (SELECT address FROM fee_hold WHERE court = ?1)",
    )
    .bind(blob(court))
    .execute(db)
    .await?;
    Ok(())
}

/// A fee that may still go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// In which court's token.
    pub court: Id,
    /// Whose.
    pub address: Address,
    /// How much.
    pub price: u128,
    /// When its item was taken, in milliseconds.
    pub since_ms: u64,
}

/// Notes the fee of the entry `key`.
pub async fn hold(db: &mut Db, key: Id, hold: &Hold) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO fee_hold (key, court, address, price, since_ms) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(blob(key))
    .bind(blob(hold.court))
    .bind(hold.address.as_str())
    .bind(hold.price.to_string())
    .bind(integer(hold.since_ms, "fee_hold.since_ms")?)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether any fee may still go back.
pub async fn holds_any(store: &Store) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT EXISTS (SELECT 1 FROM fee_hold)");
    Ok(query.fetch_one(store.readers()).await?.get(0))
}

/// The fee of the entry `key`, where one may still go back.
pub async fn held(db: &mut Db, key: Id) -> Result<Option<Hold>, StoreError> {
    let row = sqlx::query("SELECT court, address, price, since_ms FROM fee_hold WHERE key = ?")
        .bind(blob(key))
        .fetch_optional(db)
        .await?;
    let read = |row: SqliteRow| {
        Ok(Hold {
            court: column::id(row.get(0), "fee_hold.court")?,
            address: row
                .get::<&str, _>(1)
                .parse()
                .map_err(|_bad| column::damaged("fee_hold.address", "is no address"))?,
            price: amount(row.get(2), "fee_hold.price")?,
            since_ms: number(row.get(3), "fee_hold.since_ms")?,
        })
    };
    row.map(read).transpose()
}

/// Forgets the note: the fee is kept for good, or has been given back.
pub async fn release(db: &mut Db, key: Id) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM fee_hold WHERE key = ?")
        .bind(blob(key))
        .execute(db)
        .await?;
    Ok(())
}

/// Up to `limit` accounts behind `after`, in the order of their addresses.
pub async fn page(
    store: &Store,
    court: Id,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, Sums)>, StoreError> {
    let rows = sqlx::query(
        "SELECT address, paid, spent, refunded FROM fee_account WHERE court = ? AND address > ? ORDER BY address LIMIT ?",
    )
    .bind(blob(court))
    .bind(after)
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    let rows = rows.iter().map(|row| Ok((row.get(0), sums(row, 1)?)));
    rows.collect()
}

/// The first place that was not looked at yet for payments to `payee`.
pub async fn place(store: &Store, court: Id, payee: &Address) -> Result<Place, StoreError> {
    let row = sqlx::query("SELECT height, slot FROM fee_place WHERE court = ? AND payee = ?")
        .bind(blob(court))
        .bind(payee.as_str())
        .fetch_optional(store.readers())
        .await?;
    let read = |row: SqliteRow| {
        Ok(Place {
            height: number(row.get(0), "fee_place.height")?,
            slot: number(row.get(1), "fee_place.slot")?,
        })
    };
    row.map_or(Ok(Place::default()), read)
}

/// Notes that everything before `place` was looked at.
pub async fn set_place(
    db: &mut Db,
    court: Id,
    payee: &Address,
    place: Place,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR REPLACE INTO fee_place (court, payee, height, slot) VALUES (?, ?, ?, ?)",
    )
    .bind(blob(court))
    .bind(payee.as_str())
    .bind(integer(place.height, "fee_place.height")?)
    .bind(integer(place.slot, "fee_place.slot")?)
    .execute(db)
    .await?;
    Ok(())
}

fn sums(row: &SqliteRow, first: usize) -> Result<Sums, StoreError> {
    Ok(Sums {
        paid: amount(row.get(first), "fee_account.paid")?,
        spent: amount(row.get(first + 1), "fee_account.spent")?,
        refunded: amount(row.get(first + 2), "fee_account.refunded")?,
    })
}

fn amount(digits: &str, column: &'static str) -> Result<u128, StoreError> {
    let amount = digits.parse();
    amount.map_err(|_bad| column::damaged(column, "is no amount"))
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;

    use super::*;

    const COURT: Id = Id::new([4; 32]);

    fn address(byte: u8) -> Address {
        SigningKey::ed25519([byte; 32]).address().clone()
    }

    #[tokio::test]
    async fn the_largest_sums_come_back_and_empty_accounts_make_room() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let large = Sums {
            paid: u128::MAX,
            spent: u128::from(u64::MAX) + 1,
            refunded: 0,
        };
        let (rich, poor) = (address(1), address(2));
        let (one, two) = (rich.clone(), poor.clone());
        let job = async move |db: &mut Db| {
            save(db, COURT, &one, &large, true).await?;
            save(db, COURT, &two, &Sums::default(), false).await?;
            assert_eq!(count(db, COURT).await?, 2);
            assert_eq!(count(db, Id::new([5; 32])).await?, 0);
            Ok(())
        };
        store.write(job).await.unwrap();
        assert_eq!(find(&store, COURT, &rich).await.unwrap(), Some(large));
        let (all, rest) = (
            page(&store, COURT, "", 9).await.unwrap(),
            page(
                &store,
                COURT,
                &page(&store, COURT, "", 1).await.unwrap()[0].0,
                9,
            )
            .await
            .unwrap(),
        );
        assert_eq!((all.len(), &all[1..]), (2, rest.as_slice()));
        let forget = async move |db: &mut Db| forget_empty(db, COURT).await;
        store.write(forget).await.unwrap();
        assert_eq!(find(&store, COURT, &poor).await.unwrap(), None);
        assert_eq!(find(&store, COURT, &rich).await.unwrap(), Some(large));
    }
}
