//! From the law's transactions to the slots of one process: `aosec_challenge::derive`, block by block. Pure.
//!
//! Between two blocks that name the process nothing happens to its log, so each such block is stepped over by itself.

use aosec_challenge::derive::{Block, Entry, HostTable, Log, Parameters, StepError};

use super::law;
use crate::store::law::LawTransaction;

/// Stands for ids of blocks that are not looked at here: the reader has linked them.
const UNSEEN: [u8; 48] = [0; 48];

/// The log behind these transactions, which lie above everything that it was derived from, and its new slots.
///
/// # Errors
/// [`StepError`]: a bug or damage, for what was stored was read in order.
pub fn over(
    mut log: Log,
    hosts: &HostTable,
    parameters: &Parameters,
    transactions: Vec<LawTransaction>,
) -> Result<(Log, Vec<Entry>), StepError> {
    let mut entries = Vec::new();
    for block in blocks(transactions) {
        entries.extend(one(&mut log, hosts, parameters, &block)?);
    }
    Ok((log, entries))
}

fn one(
    log: &mut Log,
    hosts: &HostTable,
    parameters: &Parameters,
    block: &Block,
) -> Result<impl Iterator<Item = Entry>, StepError> {
    let (process, height) = (log.process(), block.height);
    let step = log.step(block, hosts, parameters)?;
    for ignored in &step.ignored {
        tracing::debug!(%process, height, reason = %ignored.reason, "no part of the log");
    }
    let runs = step.extended.into_iter();
    Ok(runs.flat_map(|run| run.entries))
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
