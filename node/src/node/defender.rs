//! The defender: answers cases against this node's operator, without a human (PROTOCOL 6.2, 6.9).
//!
//! Of each open liveness case it takes the message out of the challenge itself, lets the scheduler give it a slot, as any message that
//! comes to its door, and posts the receipts to the court, many in one `Answer`. Publishing is the scheduler's own; where an answer does
//! not get through, the log answers (6.2).
//!
//! It keeps nothing that it cannot learn again from the court (A8): after a restart the open cases are there, and a message that has a
//! slot keeps it. Deliberately absent: any judgement. What the court let in must be assigned (6.3).

use std::collections::BTreeMap;

use aosec_wire::{Assignment, Id, SigningKey, Strictness, VerifiedItem, item};

use crate::metrics;
use crate::origin::client::TakeError;
use crate::origin::docket::Case;
use crate::origin::{self, cases};
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::su::{self, Refusal};

/// Receipts in one `Answer` (6.2).
const RECEIPTS_MAX: usize = 64;
/// Cases that one pass takes up; the others wait for the next block.
const CASES_AT_ONCE: usize = 256;

/// Who answers, and for whom.
pub(super) struct Defender {
    pub(super) court: origin::Handle,
    pub(super) su: su::Handle,
    /// The operator's key: it signs answers, and its leases are defended.
    pub(super) operator: SigningKey,
}

/// Why a case is not answered at this block. It is tried again at the next one.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error("the message that it asks for is not found in the challenge")]
    Absent,
    #[error("the receipt is not kept by this node")]
    NoReceipt,
    #[error(transparent)]
    Scheduler(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the answer cannot be signed: {0}")]
    Sign(#[from] aosec_wire::ItemError),
    #[error(transparent)]
    Inbox(#[from] TakeError),
}

/// Looks at the docket after each block, until the stop is told.
pub(super) async fn run(defender: Defender, shutdown: Shutdown) {
    let mut standings = defender.court.standings();
    // Cases whose answer is on its way, by number, with the message that carries it.
    let mut answered = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.told() => return,
            changed = standings.changed() => if changed.is_err() { return },
        }
        defender.pass(&mut answered).await;
    }
}

impl Defender {
    async fn pass(&self, answered: &mut BTreeMap<u64, Id>) {
        let mine = self.operator.address();
        let open = self.court.accusations(|row, case| {
            row.operator.as_ref() == Some(mine) && row.epoch == case.row.epoch
        });
        answered.retain(|number, _| open.iter().any(|case| case.row.case == *number));
        let new = open
            .into_iter()
            .filter(|case| !answered.contains_key(&case.row.case));
        let new: Vec<Case> = new.take(CASES_AT_ONCE).collect();
        let mut ready = Vec::new();
        for case in new {
            match self.receipt(&case).await {
                Ok(receipt) => ready.push((case.row.case, receipt)),
                Err(reason) => put_off(&case, &reason),
            }
        }
        for some in ready.chunks(RECEIPTS_MAX) {
            self.answer(some, answered).await;
        }
    }

    /// The receipt of the message that a case asks for: the slot that it has, or gets now.
    async fn receipt(&self, case: &Case) -> Result<VerifiedItem, Hitch> {
        let found = self
            .court
            .enclosed(case.opener, case.opened, case.row.message);
        let message = found.await?.ok_or(Hitch::Absent)?;
        match self.su.submit(message).await {
            Ok(assignment) => Ok(Assignment::item(&assignment).clone()),
            Err(Refusal::AlreadyScheduled {
                assignment: Some(id),
                ..
            }) => self.kept(id).await,
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn kept(&self, receipt: Id) -> Result<VerifiedItem, Hitch> {
        let bytes = self.su.raw(receipt).await?;
        let bytes = bytes.ok_or(Hitch::NoReceipt)?;
        Ok(item::verify_bytes(bytes, Strictness::Settled)?)
    }

    async fn answer(&self, ready: &[(u64, VerifiedItem)], answered: &mut BTreeMap<u64, Id>) {
        match self.send(ready).await {
            Ok(id) => {
                metrics::cases_answered().inc_by(ready.len() as u64);
                answered.extend(ready.iter().map(|(case, _)| (*case, id)));
                tracing::info!(answer = %id, cases = ready.len(), "cases against this operator are answered");
            }
            Err(error) => {
                tracing::warn!(%error, cases = ready.len(), "an answer to the court waits; the log answers in its place once it is published");
            }
        }
    }

    async fn send(&self, ready: &[(u64, VerifiedItem)]) -> Result<Id, Hitch> {
        let receipts: Vec<_> = ready.iter().map(|(_, receipt)| receipt.clone()).collect();
        // Equal receipts make an equal answer: what is sent again after a restart runs once.
        let answer =
            cases::answer(self.court.id(), &receipts).sign_deterministic(&self.operator)?;
        Ok(self.court.take(&answer).await?)
    }
}

fn put_off(case: &Case, reason: &Hitch) {
    tracing::warn!(case = case.row.case, process = %case.row.process, message = %case.row.message, %reason, "a case against this operator is not answered yet");
}
