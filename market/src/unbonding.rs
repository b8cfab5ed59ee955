//! `Unbond` and `Withdraw`: the pool that stays slashable until it is paid (4, 4.5).

use serde_json::json;

use crate::amount::{self, Amount, WHOLE};
use crate::authorities;
use crate::court::Court;
use crate::message::Item;
use crate::operators::Standing;
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::token::quantity;

/// Entries that may wait at once.
const ENTRIES: usize = 32;

/// What an operator takes out of his bond, and the factor by which slashes have shrunk it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    sum: Amount,
    factor: Amount,
    entries: Vec<Entry>,
}

/// One `Unbond`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) amount: Amount,
    /// First mined height of a `Withdraw` that pays it.
    pub(crate) ripe: u64,
    /// The factor when it began.
    start: Amount,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            sum: 0,
            factor: WHOLE,
            entries: Vec::new(),
        }
    }
}

impl Pool {
    pub(crate) fn sum(&self) -> Amount {
        self.sum
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// ⌊amount × factor now / factor at start⌋.
    pub(crate) fn worth(&self, entry: &Entry) -> Amount {
        amount::scaled(entry.amount, self.factor, entry.start)
    }

    fn add(&mut self, amount: Amount, ripe: u64) {
        self.sum += amount;
        self.entries.push(Entry {
            amount,
            ripe,
            start: self.factor,
        });
    }

    /// Takes out what is ripe: what it is worth, and what is burned because nothing is left to own it.
    fn take_ripe(&mut self, mined: u64) -> (Amount, Amount) {
        let ripe = self.entries.iter().filter(|entry| entry.ripe <= mined);
        let paid = ripe.map(|entry| self.worth(entry)).sum();
        self.sum -= paid;
        self.entries.retain(|entry| entry.ripe > mined);
        let rest = if self.is_empty() { self.end() } else { 0 };
        (paid, rest)
    }

    /// Takes at most `wanted` for a slash: what it took, and what is burned beside it (4.5).
    pub(crate) fn slash(&mut self, wanted: Amount) -> (Amount, Amount) {
        let taken = self.sum.min(wanted);
        if taken == 0 {
            return (0, 0);
        }
        let left = self.sum - taken;
        self.factor = amount::scaled(self.factor, left, self.sum);
        self.sum = left;
        let over = self.sum == 0 || self.factor == 0;
        (taken, if over { self.end() } else { 0 })
    }

    /// All entries end, the rest is nobody's, and the factor starts again.
    fn end(&mut self) -> Amount {
        std::mem::take(self).sum
    }
}

pub(crate) fn unbond(court: &mut Court, item: &Item) -> Judged {
    let amount = quantity(item)?;
    let index = court.operators.of_owner(&item.owner);
    let index = index.ok_or(Refusal("4 owner"))?;
    let record = court.operators.get(index);
    demand(record.standing() == Standing::Bonded, "4 state")?;
    demand(amount <= record.unallocated(), "4 allocated")?;
    let left = record.bond - amount;
    demand(left == 0 || left >= court.parameters.min_bond, "4 min-bond")?;
    demand(record.pool.entries.len() < ENTRIES, "4 entries")?;

    let ripe = item.run + court.parameters.unbonding + 1;
    let record = court.operators.get_mut(index);
    record.bond = left;
    record.pool.add(amount, ripe);
    let operator = record.address.clone();
    authorities::refresh(court, index);
    Ok(Reply::fields(json!({"Operator": operator, "Ripe": ripe})))
}

pub(crate) fn withdraw(court: &mut Court, item: &Item) -> Judged {
    let index = court.operators.of_owner(&item.owner);
    let index = index.ok_or(Refusal("4 owner"))?;
    demand(court.cases_of(index) == 0, "4 named")?;
    let entries = court.operators.get(index).pool.entries();
    let ripe = entries.iter().any(|entry| entry.ripe <= item.mined);
    demand(ripe, "4 unripe")?;

    let record = court.operators.get_mut(index);
    let (paid, rest) = record.pool.take_ripe(item.mined);
    let operator = record.address.clone();
    court.ledger.credit(&item.owner, paid);
    court.ledger.burn(rest);
    Ok(Reply::fields(
        json!({"Operator": operator, "Paid": paid.to_string()}),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_shrinks_all_entries_alike_and_never_pays_more_than_is_there() {
        let mut pool = Pool::default();
        pool.add(100, 10);
        assert_eq!(pool.slash(50), (50, 0));
        pool.add(7, 20);
        assert_eq!(pool.slash(19), (19, 0));
        assert_eq!(pool.sum(), 38);
        let worth: Vec<Amount> = pool
            .entries()
            .iter()
            .map(|entry| pool.worth(entry))
            .collect();
        assert_eq!(worth, [33, 4]);
        assert_eq!(pool.take_ripe(10), (33, 0));
        assert_eq!(pool.take_ripe(20), (4, 1));
        assert_eq!(pool, Pool::default());
    }

    #[test]
    fn a_pool_or_a_factor_at_nothing_ends_all_entries() {
        let mut pool = Pool::default();
        pool.add(100, 10);
        assert_eq!(pool.slash(1_000), (100, 0));
        assert_eq!(pool, Pool::default());
        pool.add(10_u128.pow(30) - 1, 10);
        assert_eq!(pool.slash(10_u128.pow(30) - 2), (10_u128.pow(30) - 2, 1));
        assert_eq!(pool, Pool::default());
    }
}
