//! The loop that counts payments: whenever more of the court is firm, what its messages paid to this messenger becomes credit.
//!
//! What was looked at stands in the store, in one transaction with the credit, so each payment counts once, whatever is killed in between.
//! A node without its disk counts all payments again, and has forgotten what was spent: the loss is its operator's.

use std::sync::Arc;
use std::time::Duration;

use super::{Charging, Inner, accounts, payments};
use crate::shutdown::Shutdown;
use crate::store::fee::{self, Place};
use crate::store::{StoreError, court};

/// Outcomes counted in one transaction: those of a full block of payments take some megabytes.
const PAGE: u32 = 1_000;
/// Blocks looked through by one question: some ten thousand outcomes of an ordinary court, most of them of others.
const BLOCKS_AT_ONCE: u64 = 1_000;
/// After the store failed: whoever mends the disk needs longer.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Works until the node stops, or the court does.
pub(super) async fn run(inner: Arc<Inner>, charging: Arc<Charging>, shutdown: Shutdown) {
    let mut counted = None;
    loop {
        let firm = tokio::select! {
            () = shutdown.told() => return,
            firm = charging.court.firm_above(counted) => firm,
        };
        let Some(firm) = firm else {
            return;
        };
        match count_up_to(&inner, &charging, firm).await {
            Ok(()) => counted = Some(firm),
            Err(error) => {
                tracing::error!(%error, "payments for messages are not counted now; they are later");
                tokio::select! {
                    () = shutdown.told() => return,
                    () = tokio::time::sleep(PAUSE_AFTER_FAILURE) => {}
                }
            }
        }
    }
}

async fn count_up_to(inner: &Inner, charging: &Charging, firm: u64) -> Result<(), StoreError> {
    let (store, terms) = (&inner.store, &charging.terms);
    let behind = Place {
        height: firm.saturating_add(1),
        slot: 0,
    };
    loop {
        let from = fee::place(store, terms.court, &terms.payee).await?;
        // A court that is computed again from its first block has been looked at already.
        if from >= behind {
            return Ok(());
        }
        let last = firm.min(from.height.saturating_add(BLOCKS_AT_ONCE));
        let page = court::marked(store, from, last, payments::MARK, PAGE).await?;
        let full = page.last().filter(|_more| page.len() >= PAGE as usize);
        let next = match full {
            Some(more) => Place {
                height: more.height,
                slot: more.slot.saturating_add(1),
            },
            None => Place {
                height: last.saturating_add(1),
                slot: 0,
            },
        };
        accounts::count(store, terms, page, next).await?;
    }
}
