//! From the law's transactions to the slots of one process: `aosec_challenge::derive`, block by block. Pure.
//!
//! Between two blocks that name the process nothing happens to its log, so each such block is stepped over by itself.

use aosec_challenge::derive::{
    Block, BlockRef, Deriver, Entry, FollowError, HostTable, Log, Parameters, StepError,
};

use super::law;
use crate::store::law::LawTransaction;

/// Stands for ids of blocks that are not looked at here: the reader has linked them.
const UNSEEN: [u8; 48] = [0; 48];

/// Why a stored block cannot be stepped over: a bug or damage, for what was stored was read in order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misstep {
    /// The block does not fit.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The log does not fit.
    #[error(transparent)]
    Follow(#[from] FollowError),
}

/// The log behind these transactions, which lie above everything that it was derived from, and its new slots.
///
/// # Errors
/// [`Misstep`].
pub fn over(
    mut log: Log,
    hosts: &HostTable,
    parameters: Parameters,
    transactions: Vec<LawTransaction>,
) -> Result<(Log, Vec<Entry>), Misstep> {
    let mut entries = Vec::new();
    for block in blocks(transactions) {
        let (stepped, more) = one(log, hosts, parameters, &block)?;
        log = stepped;
        entries.extend(more);
    }
    Ok((log, entries))
}

fn one(
    log: Log,
    hosts: &HostTable,
    parameters: Parameters,
    block: &Block,
) -> Result<(Log, Vec<Entry>), Misstep> {
    let process = log.process();
    let before = BlockRef {
        height: block.height.saturating_sub(1),
        id: UNSEEN,
    };
    let mut deriver = Deriver::new(parameters, before);
    let kept = log.clone();
    deriver.follow(log)?;
    let step = deriver.step(block, hosts)?;
    for ignored in &step.ignored {
        tracing::debug!(%process, height = block.height, reason = %ignored.reason, "no part of the log");
    }
    let entries = step.extended.into_iter().flat_map(|run| run.entries);
    Ok((deriver.forget(&process).unwrap_or(kept), entries.collect()))
}

/// The transactions by blocks, in their order.
fn blocks(transactions: Vec<LawTransaction>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for transaction in transactions {
        let (height, time_s, id) = (
            transaction.height,
            transaction.time_s,
            *transaction.block.as_bytes(),
        );
        if blocks.last().is_none_or(|last| last.height != height) {
            blocks.push(Block {
                height,
                id,
                previous: UNSEEN,
                time_s,
                transactions: Vec::new(),
            });
        }
        if let Some(block) = blocks.last_mut() {
            block.transactions.extend(law::as_read(transaction));
        }
    }
    blocks
}
