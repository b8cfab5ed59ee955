//! What several gateways say of one block, made into one answer or into none. Pure.
//!
//! - G1 of the heads that were served for a height, the one counts that more than half of them name; a tie is a [`Discord`].
//! - G2 a transaction that any gateway lists in a block stands in it: hiding is outdone by one gateway that does not hide.
//! - G3 the law's transactions of a block stand in the one order that all lists keep; where the lists leave two orders open, or
//!   contradict each other, it is a [`Discord`] and nothing is guessed.
//! - G4 in format 1 one signature covers every way to cut its bytes into fields. The reading counts that more than half of the
//!   configured gateways serve. Without one, a reading that is law counts if no gateway contradicts it; nothing is ignored on fewer
//!   voices, and contradicting readings are a [`Discord`]. A format 2 signature covers one reading alone.
//!
//! A gateway that invents a transaction for a block is not found out here: its signature is checked elsewhere, its place is
//! believed.

use std::collections::{BTreeMap, BTreeSet};

use aosec_wire::Id;

use crate::arweave::block::{BlockHead, BlockId};
use crate::arweave::gateway::agreement::quorum;

/// Why gateways make no answer together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Discord {
    /// G1: no head has more than half of the voices.
    #[error("the gateways name {0} different blocks, none by a majority")]
    Heads(usize),
    /// G3: the order of these two is open, or turned around.
    #[error("the gateways do not say in one voice whether {0} stands before {1}")]
    Order(Id, Id),
    /// G4: the same signature, cut into fields in several ways.
    #[error("the gateways cut one signed transaction into fields in {0} ways, none by a majority")]
    Readings(usize),
    /// G4: it looks malformed, and too few say so.
    #[error("only {voices} of {configured} gateways serve a transaction that looks like no law")]
    Malformed {
        /// Who serves it.
        voices: usize,
        /// Who could.
        configured: usize,
    },
}

/// One way to read a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How many gateways serve it.
    pub voices: usize,
    /// Whether it is law.
    pub is_law: bool,
    /// Whether the signature covers this reading alone: format 2.
    pub is_unique: bool,
}

/// Which of these different readings of one transaction counts (G4).
///
/// # Errors
/// [`Discord::Readings`], [`Discord::Malformed`].
pub fn reading(readings: &[Reading], configured: usize) -> Result<Option<usize>, Discord> {
    let counts = |reading: &Reading| reading.is_unique || reading.voices >= quorum(configured);
    if let Some(at) = readings.iter().position(counts) {
        return Ok(Some(at));
    }
    match readings {
        [] => Ok(None),
        [alone] if alone.is_law => Ok(Some(0)),
        [alone] => Err(Discord::Malformed {
            voices: alone.voices,
            configured,
        }),
        several => Err(Discord::Readings(several.len())),
    }
}

/// The block that most gateways name (G1); none where no gateway has one.
///
/// # Errors
/// [`Discord::Heads`] at a tie.
pub fn majority(heads: &[BlockHead]) -> Result<Option<BlockId>, Discord> {
    let mut voices: BTreeMap<BlockId, usize> = BTreeMap::new();
    for head in heads {
        *voices.entry(head.id).or_default() += 1;
    }
    let Some((id, count)) = voices.iter().max_by_key(|(_id, count)| **count) else {
        return Ok(None);
    };
    match 2 * count > heads.len() {
        true => Ok(Some(*id)),
        false => Err(Discord::Heads(voices.len())),
    }
}

/// Those of `wanted` that any of these lists holds, in the one order that all lists keep (G2, G3).
///
/// # Errors
/// [`Discord::Order`].
pub fn ordered<'a>(
    lists: impl IntoIterator<Item = &'a [Id]>,
    wanted: &BTreeSet<Id>,
) -> Result<Vec<Id>, Discord> {
    let mut lists: Vec<Vec<Id>> = lists.into_iter().map(|list| chosen(list, wanted)).collect();
    let mut ordered = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        let Some(first) = lists.first().and_then(|list| list.last()).copied() else {
            ordered.reverse();
            return Ok(ordered);
        };
        let last = last_of_all(&lists, first)?;
        for list in &mut lists {
            if list.last() == Some(&last) {
                list.pop();
            }
        }
        ordered.push(last);
    }
}

fn chosen(list: &[Id], wanted: &BTreeSet<Id>) -> Vec<Id> {
    let mut seen = BTreeSet::new();
    let chosen = list
        .iter()
        .filter(|id| wanted.contains(*id) && seen.insert(**id));
    chosen.copied().collect()
}

/// The one id that ends some lists and stands in none of the others' middles.
fn last_of_all(lists: &[Vec<Id>], first: Id) -> Result<Id, Discord> {
    let free = |id: &Id| {
        lists
            .iter()
            .all(|list| list.last() == Some(id) || !list.contains(id))
    };
    let ends: BTreeSet<Id> = lists
        .iter()
        .filter_map(|list| list.last())
        .copied()
        .collect();
    let mut candidates = ends.into_iter().filter(free);
    match (candidates.next(), candidates.next()) {
        (Some(last), None) => Ok(last),
        (Some(one), Some(other)) => Err(Discord::Order(one, other)),
        (None, _) => Err(Discord::Order(first, first)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each gateway lists, what is wanted, and the order.
    type Case<'a> = (&'a [&'a [u8]], &'a [u8], Result<Vec<u8>, Discord>);

    fn id(number: u8) -> Id {
        Id::new([number; 32])
    }

    fn order(lists: &[&[u8]], wanted: &[u8]) -> Result<Vec<u8>, Discord> {
        let lists: Vec<Vec<Id>> = lists
            .iter()
            .map(|list| list.iter().map(|number| id(*number)).collect())
            .collect();
        let wanted = wanted.iter().map(|number| id(*number)).collect();
        let found = ordered(lists.iter().map(Vec::as_slice), &wanted)?;
        Ok(found.iter().map(|id| id.as_bytes()[0]).collect())
    }

    #[test]
    fn what_one_gateway_hides_another_puts_in_its_place() {
        let cases: [Case<'_>; 8] = [
            (&[], &[1], Ok(vec![])),
            (&[&[5, 1, 6, 2]], &[1, 2, 3], Ok(vec![1, 2])),
            (&[&[1, 2, 3], &[1, 3]], &[1, 2, 3], Ok(vec![1, 2, 3])),
            (&[&[1, 2], &[2, 3], &[]], &[1, 2, 3], Ok(vec![1, 2, 3])),
            (&[&[1, 1, 2], &[1, 2, 1]], &[1, 2], Ok(vec![1, 2])),
            (
                &[&[1, 9, 2], &[2, 8, 1]],
                &[9, 8],
                Err(Discord::Order(id(8), id(9))),
            ),
            (
                &[&[1, 2], &[2, 1]],
                &[1, 2],
                Err(Discord::Order(id(2), id(2))),
            ),
            (
                &[&[1, 2], &[1, 3]],
                &[1, 2, 3],
                Err(Discord::Order(id(2), id(3))),
            ),
        ];
        for (lists, wanted, expected) in cases {
            assert_eq!(order(lists, wanted), expected, "{lists:?} {wanted:?}");
        }
    }

    fn head(number: u8) -> BlockHead {
        BlockHead {
            id: BlockId::new([number; 48]),
            height: 7,
            time_s: 0,
            previous: None,
            txs: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_ignored_on_the_word_of_a_minority() {
        let cut = |voices: usize, is_law: bool| Reading {
            voices,
            is_law,
            is_unique: false,
        };
        let format_two = Reading {
            voices: 1,
            is_law: false,
            is_unique: true,
        };
        let (law, bad) = (|voices| cut(voices, true), |voices| cut(voices, false));
        let malformed = |voices, configured| Err(Discord::Malformed { voices, configured });
        let cases: [(&[Reading], usize, Result<Option<usize>, Discord>); 13] = [
            (&[], 3, Ok(None)),
            (&[bad(1)], 1, Ok(Some(0))),
            (&[law(1)], 2, Ok(Some(0))),
            (&[bad(1)], 2, malformed(1, 2)),
            (&[bad(2)], 2, Ok(Some(0))),
            (&[bad(1)], 3, malformed(1, 3)),
            (&[bad(2)], 3, Ok(Some(0))),
            (&[bad(1), law(1)], 2, Err(Discord::Readings(2))),
            (&[law(1), bad(1)], 3, Err(Discord::Readings(2))),
            (&[bad(1), law(2)], 3, Ok(Some(1))),
            (&[law(1), bad(2)], 3, Ok(Some(1))),
            (&[law(1), law(1)], 2, Err(Discord::Readings(2))),
            (&[format_two], 5, Ok(Some(0))),
        ];
        for (readings, configured, expected) in cases {
            let found = reading(readings, configured);
            assert_eq!(found, expected, "{readings:?} of {configured}");
        }
    }

    #[test]
    fn more_than_half_of_the_voices_make_a_block() {
        let of = |numbers: &[u8]| {
            let heads: Vec<BlockHead> = numbers.iter().copied().map(head).collect();
            majority(&heads).map(|id| id.map(|id| id.as_bytes()[0]))
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[1]), Ok(Some(1)));
        assert_eq!(of(&[2, 1, 2]), Ok(Some(2)));
        assert_eq!(of(&[1, 2]), Err(Discord::Heads(2)));
        assert_eq!(of(&[1, 2, 3, 1]), Err(Discord::Heads(3)));
    }
}
