//! The defender: answers cases against this node's operator, without a human (PROTOCOL 5.10, 6.2, 6.9).
//!
//! Of each open liveness case it takes the message out of the challenge itself, lets the scheduler give it a slot, whatever it looks like
//! (6.3), and posts the receipts to the court, many in one `Answer`. Publishing is the scheduler's own; where an answer does not get
//! through, the log answers (6.2). Of each open data case it gives the message, whosever process it is: who has it is paid for it.
//!
//! It keeps nothing that it cannot learn again from the court (A8): after a restart the open cases are there, and a message that has a
//! slot keeps it. Deliberately absent: any judgement. What the court let in must be assigned (6.3).

use aosec_challenge::defender::Defence;
use aosec_wire::{Assignment, Draft, Id, SigningKey, Strictness, VerifiedItem, item};

use crate::metrics;
use crate::origin::client::TakeError;
use crate::origin::docket::{Case, Kind};
use crate::origin::{self, cases};
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::su::{self, Refusal};

/// Receipts in one `Answer` (6.2).
const RECEIPTS_MAX: usize = 64;
/// Cases of a kind that one pass takes up; the others wait for the next block.
const CASES_AT_ONCE: usize = 256;

/// Who answers, and for whom.
pub(super) struct Defender {
    pub(super) court: origin::Handle,
    pub(super) su: su::Handle,
    /// The operator's key: it signs answers, and its leases are defended.
    pub(super) operator: SigningKey,
}

/// Cases whose answer is on its way. After a reorg a number may be another case's: so the message that opened it belongs to the key.
type Answered = Defence<(u64, Id)>;

/// Why a case is not answered at this block. It is tried again at the next one.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error("the message that it asks for is not found in the challenge")]
    Absent,
    #[error("the receipt is not kept by this node yet, or is another message's")]
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
    let (mut answered, mut reorgs) = (Answered::new(), defender.court.reorgs());
    loop {
        tokio::select! {
            () = shutdown.told() => return,
            changed = standings.changed() => if changed.is_err() { return },
        }
        let now = defender.court.reorgs();
        if std::mem::replace(&mut reorgs, now) != now {
            answered.reorganized();
        }
        if defender.court.is_caught_up() {
            defender.pass(&mut answered).await;
        }
    }
}

const fn key(case: &Case) -> (u64, Id) {
    (case.row.case, case.opener)
}

impl Defender {
    async fn pass(&self, answered: &mut Answered) {
        let now = self.court.standing().soft.unwrap_or(0);
        answered.begin(now);
        let mine = self.operator.address();
        let accused = self.court.accusations(|row, case| {
            row.operator.as_ref() == Some(mine) && row.epoch == case.row.epoch
        });
        self.receipts(new(accused, answered), now, answered).await;
        let asked = self.court.open_cases(Kind::Data);
        for case in new(asked, answered) {
            self.supply(&case, now, answered).await;
        }
    }

    async fn receipts(&self, cases: Vec<Case>, now: u64, answered: &mut Answered) {
        let mut ready = Vec::new();
        for case in cases {
            match self.receipt(&case).await {
                Ok(receipt) => ready.push((case, receipt)),
                Err(reason) => put_off(&case, &reason),
            }
        }
        for some in ready.chunks(RECEIPTS_MAX) {
            let receipts: Vec<_> = some.iter().map(|(_, receipt)| receipt.clone()).collect();
            let answer = cases::answer(self.court.id(), &receipts);
            match self.send(answer, now).await {
                Ok(id) => {
                    metrics::cases_answered().inc_by(some.len() as u64);
                    some.iter()
                        .for_each(|(case, _)| answered.given(key(case), now));
                    tracing::info!(answer = %id, cases = some.len(), "cases against this operator are answered");
                }
                Err(error) => {
                    tracing::warn!(%error, cases = some.len(), "an answer to the court waits; the log answers in its place once it is published");
                }
            }
        }
    }

    /// The receipt of the message that a case asks for: the slot that it has, or gets now.
    async fn receipt(&self, case: &Case) -> Result<VerifiedItem, Hitch> {
        let wanted = case.row.message;
        let found = self
            .court
            .enclosed(case.opener, case.opened, wanted)
            .await?;
        let message = found.ok_or(Hitch::Absent)?;
        match self.su.force(case.row.process, message).await {
            Ok(assignment) => Ok(Assignment::item(&assignment).clone()),
            Err(Refusal::AlreadyScheduled {
                assignment: Some(id),
                ..
            }) => self.kept(id, wanted).await,
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// A receipt that was given before, of this very message.
    async fn kept(&self, receipt: Id, wanted: Id) -> Result<VerifiedItem, Hitch> {
        let bytes = self.su.raw(receipt).await?.ok_or(Hitch::NoReceipt)?;
        let receipt = item::verify_bytes(bytes, Strictness::Settled)?;
        let assignment = Assignment::from_item(receipt.clone()).ok();
        let names = assignment.and_then(|assignment| assignment.message());
        match names == Some(wanted) {
            true => Ok(receipt),
            false => Err(Hitch::NoReceipt),
        }
    }

    /// Gives the message that a data case asks for, where this node has it.
    async fn supply(&self, case: &Case, now: u64, answered: &mut Answered) {
        match self.supplied(case, now).await {
            Ok(None) => {}
            Ok(Some(id)) => {
                metrics::cases_answered().inc();
                answered.given(key(case), now);
                tracing::info!(answer = %id, case = case.row.case, "the message that a data case asks for is given");
            }
            Err(reason) => put_off(case, &reason),
        }
    }

    async fn supplied(&self, case: &Case, now: u64) -> Result<Option<Id>, Hitch> {
        let Some(bytes) = self.su.raw(case.row.message).await? else {
            return Ok(None);
        };
        let message = item::verify_bytes(bytes, Strictness::Settled)?;
        let answer = cases::answer_data(self.court.id(), case.row.process, &[message]);
        self.send(answer, now).await.map(Some)
    }

    async fn send(&self, mut answer: Draft, now: u64) -> Result<Id, Hitch> {
        // An id that has run runs no second time: what is sent again at another height is another item.
        answer.anchor = Some(*Id::sha256(&now.to_be_bytes()).as_bytes());
        let answer = answer.sign_deterministic(&self.operator)?;
        Ok(self.court.take_own(&answer).await?)
    }
}

/// Those that are not answered yet, as many as one pass takes up.
fn new(cases: Vec<Case>, answered: &Answered) -> Vec<Case> {
    let new = cases.into_iter().filter(|case| answered.is_due(&key(case)));
    new.take(CASES_AT_ONCE).collect()
}

fn put_off(case: &Case, reason: &Hitch) {
    tracing::warn!(case = case.row.case, process = %case.row.process, message = %case.row.message, %reason, "a case is not answered yet");
}
