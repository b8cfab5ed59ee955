//! Slot 0 of a process without a court: the first assignment by position that its scheduler signed (PROTOCOL 5.16).
//!
//! No record names slot 0, so its place decides: the block, the transaction's place in it, the item's number in the bundle. Blocks
//! are looked at in their order, all candidates of one block together; the first block that holds one decides, and as only settled
//! blocks are looked at, it decides for good. Which transactions hold candidates is hinted by any gateway; without hints all
//! bundles are opened in order.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use aosec_wire::{Address, Assignment, Id, Process};

use super::accord;
use super::pantry::{DATA_TAGS, LISTED_BLOCKS, Pantry, SEARCHED_MAX};
use crate::arweave::gateway::{GatewayError, Listed};

/// Why slot 0 cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FirstError {
    /// The gateways failed.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// They contradict each other about a block that decides.
    #[error("the place of slot 0 in block {height} is open: {what}")]
    Open {
        /// The block.
        height: u64,
        /// What is open.
        what: String,
    },
}

impl Pantry {
    /// The assignment of slot 0 in the blocks up to the last of these; without a hint, these are searched. None where there is none.
    ///
    /// # Errors
    /// [`FirstError`].
    pub async fn slot_zero(
        &self,
        spawn: &Process,
        heights: RangeInclusive<u64>,
    ) -> Result<Option<Assignment>, FirstError> {
        let process = spawn.item.id();
        let hints = self.assignments_of(process, 0, 0..=*heights.end()).await?;
        let hinted = by_height(
            hints
                .iter()
                .filter_map(|one| Some((one.height, one.parent?))),
        );
        let mut opened = 0;
        let found = self.first_of(spawn, hinted, &mut opened).await?;
        if found.is_some() {
            return Ok(found);
        }
        let mut from = *heights.start();
        while from <= *heights.end() && opened < SEARCHED_MAX {
            let to = from.saturating_add(LISTED_BLOCKS - 1).min(*heights.end());
            let listed = self.gateway().listed(&DATA_TAGS, from..=to).await?;
            let tops = by_height(listed.iter().filter_map(top));
            let found = self.first_of(spawn, tops, &mut opened).await?;
            if found.is_some() {
                return Ok(found);
            }
            from = to.saturating_add(1);
        }
        Ok(None)
    }

    /// The first one in these transactions; a block is opened whole or not at all.
    async fn first_of(
        &self,
        spawn: &Process,
        blocks: BTreeMap<u64, BTreeSet<Id>>,
        opened: &mut usize,
    ) -> Result<Option<Assignment>, FirstError> {
        for (height, transactions) in blocks {
            if *opened >= SEARCHED_MAX {
                break;
            }
            let mut candidates = Vec::new();
            for id in transactions {
                if !self.is_ruled_out(spawn.item.id(), id) {
                    self.open(id).await?;
                    *opened += 1;
                    candidates.extend(self.of_scheduler(spawn, id));
                }
            }
            if !candidates.is_empty() {
                return self.first_in(height, candidates).await;
            }
        }
        Ok(None)
    }

    fn of_scheduler(&self, spawn: &Process, transaction: Id) -> Vec<Candidate> {
        let here = self.slot_in(spawn.item.id(), 0, transaction);
        let fits = |one: &Assignment| signed_by(one, &spawn.scheduler) && one.epoch() == 0;
        let here = here.into_iter().filter(|(_number, one)| fits(one));
        here.map(|(number, assignment)| Candidate {
            transaction,
            number,
            assignment,
        })
        .collect()
    }

    async fn first_in(
        &self,
        height: u64,
        mut candidates: Vec<Candidate>,
    ) -> Result<Option<Assignment>, FirstError> {
        let transactions: BTreeSet<Id> = candidates.iter().map(|one| one.transaction).collect();
        let order = if transactions.len() > 1 {
            self.order_in(height, &transactions).await?
        } else {
            transactions.into_iter().collect()
        };
        let place = |one: &Candidate| order.iter().position(|id| *id == one.transaction);
        candidates.sort_by_key(|one| (place(one), one.number));
        Ok(candidates.into_iter().next().map(|one| one.assignment))
    }

    async fn order_in(
        &self,
        height: u64,
        transactions: &BTreeSet<Id>,
    ) -> Result<Vec<Id>, FirstError> {
        let open = |what: String| FirstError::Open { height, what };
        let heads = self.gateway().heads(height).await?;
        let block = accord::majority(&heads).map_err(|discord| open(discord.to_string()))?;
        let block = block.ok_or_else(|| open("no gateway has the block".to_owned()))?;
        let of_block = heads.iter().filter(|head| head.id == block);
        let lists = of_block.map(|head| head.txs.as_slice());
        accord::ordered(lists, transactions).map_err(|discord| open(discord.to_string()))
    }
}

struct Candidate {
    transaction: Id,
    number: usize,
    assignment: Assignment,
}

fn signed_by(assignment: &Assignment, scheduler: &Address) -> bool {
    assignment.item().owner_address() == scheduler
}

fn top(one: &Listed) -> Option<(u64, Id)> {
    one.parent.is_none().then_some((one.height, one.id))
}

fn by_height(pairs: impl Iterator<Item = (u64, Id)>) -> BTreeMap<u64, BTreeSet<Id>> {
    let mut blocks: BTreeMap<u64, BTreeSet<Id>> = BTreeMap::new();
    for (height, id) in pairs {
        blocks.entry(height).or_default().insert(id);
    }
    blocks
}
