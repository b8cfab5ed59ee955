//! The defender: answers cases against this node's operator, without a human (PROTOCOL 5.10, 6.2, 6.9).
//!
//! Of each open liveness case it takes the message out of the challenge itself, lets the scheduler give it a slot, whatever it looks like
//! (6.3), and posts the receipts to the court, many in one `Answer`. Publishing is the scheduler's own; where an answer does not get
//! through, the log answers (6.2). Of each open data case it gives the message, whosever process it is: who has it is paid for it.
//!
//! It keeps nothing that it cannot learn again from the court (A8): after a restart the open cases are there, and a message that has a
//! slot keeps it. Deliberately absent: any judgement. What the court let in must be assigned (6.3).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aosec_challenge::defender::{Defence, OpenCase};
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
/// Cases of a kind that one pass answers; the others wait for the next block.
const CASES_AT_ONCE: usize = 256;
/// Data cases whose message one pass looks for: a look into the store each, less than a second in all. The others come first next time.
const LOOKS_AT_ONCE: usize = 4_096;
/// How long the demanded messages of one pass wait for places among those of others, all together: far below the shortest window of a
/// case.
const WAIT: Duration = Duration::from_secs(10);

/// Who answers, and for whom.
pub(super) struct Defender {
    pub(super) court: origin::Handle,
    pub(super) su: su::Handle,
    /// The operator's key: it signs answers, and its leases are defended.
    pub(super) operator: SigningKey,
}

/// What names a case. After a reorg a number may be another case's: so the message that opened it belongs to the key.
type Key = (u64, Id);

/// What has become of open cases, by kind.
#[derive(Debug, Default)]
struct Answered {
    liveness: Defence<Key>,
    data: Defence<Key>,
}

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
    let (mut answered, mut reorgs) = (Answered::default(), defender.court.reorgs());
    loop {
        tokio::select! {
            () = shutdown.told() => return,
            changed = standings.changed() => if changed.is_err() { return },
        }
        let now = defender.court.reorgs();
        if std::mem::replace(&mut reorgs, now) != now {
            answered.liveness.reorganized();
            answered.data.reorganized();
        }
        if defender.court.is_caught_up() {
            defender.pass(&mut answered).await;
        }
    }
}

const fn key(case: &Case) -> Key {
    (case.row.case, case.opener)
}

impl Defender {
    async fn pass(&self, answered: &mut Answered) {
        let now = self.court.standing().soft.unwrap_or(0);
        let accused = self.court.open_cases(Kind::Liveness).into_iter();
        let accused = accused.filter(|case| self.is_own(case)).collect();
        let cases = self.due(accused, &mut answered.liveness, now, CASES_AT_ONCE);
        self.receipts(cases, now, &mut answered.liveness).await;
        let asked = self.court.open_cases(Kind::Data);
        let cases = self.due(asked, &mut answered.data, now, LOOKS_AT_ONCE);
        self.bodies(cases, now, &mut answered.data).await;
    }

    /// Whether this operator is accused.
    fn is_own(&self, case: &Case) -> bool {
        let row = self.court.row(&case.row.process);
        row.is_some_and(|row| {
            row.operator.as_ref() == Some(self.operator.address()) && row.epoch == case.row.epoch
        })
    }

    /// Those of the open cases that are taken up now, in order.
    fn due(&self, open: Vec<Case>, defence: &mut Defence<Key>, now: u64, most: usize) -> Vec<Case> {
        let mut open: BTreeMap<Key, Case> = open.into_iter().map(|one| (key(&one), one)).collect();
        let cases = open.values().map(|case| OpenCase {
            key: key(case),
            is_own: self.is_own(case),
        });
        let due = defence.due(cases, now, most).into_iter();
        due.filter_map(|key| open.remove(&key)).collect()
    }

    /// Gives slots to the messages that cases ask for, and the receipts to the court, each batch as soon as it is full.
    async fn receipts(&self, cases: Vec<Case>, now: u64, answered: &mut Defence<Key>) {
        let until = Instant::now() + WAIT;
        let mut ready = Vec::new();
        for case in cases {
            match self.receipt(&case, until).await {
                Ok(receipt) => ready.push((case, receipt)),
                Err(reason) => put_off(&case, &reason, now, answered),
            }
            if ready.len() == RECEIPTS_MAX {
                self.answer(std::mem::take(&mut ready), now, answered).await;
            }
        }
        self.answer(ready, now, answered).await;
    }

    async fn answer(
        &self,
        ready: Vec<(Case, VerifiedItem)>,
        now: u64,
        answered: &mut Defence<Key>,
    ) {
        let (cases, receipts): (Vec<Case>, Vec<VerifiedItem>) = ready.into_iter().unzip();
        if cases.is_empty() {
            return;
        }
        match self
            .send(cases::answer(self.court.id(), &receipts), now)
            .await
        {
            Ok(id) => {
                metrics::cases_answered().inc_by(cases.len() as u64);
                cases.iter().for_each(|case| answered.given(key(case), now));
                tracing::info!(answer = %id, cases = cases.len(), "cases against this operator are answered");
            }
            Err(error) => {
                cases
                    .iter()
                    .for_each(|case| answered.put_off(key(case), now));
                tracing::warn!(%error, cases = cases.len(), "an answer to the court waits; the log answers in its place once it is published");
            }
        }
    }

    /// The receipt of the message that a case asks for: the slot that it has, or gets now.
    async fn receipt(&self, case: &Case, until: Instant) -> Result<VerifiedItem, Hitch> {
        let wanted = case.row.message;
        let found = self
            .court
            .enclosed(case.opener, case.opened, wanted)
            .await?;
        let message = found.ok_or(Hitch::Absent)?;
        match self.su.force(case.row.process, message, until).await {
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

    /// Gives the messages that data cases ask for, where this node has them.
    async fn bodies(&self, cases: Vec<Case>, now: u64, answered: &mut Defence<Key>) {
        let mut given = 0;
        for case in cases {
            if given == CASES_AT_ONCE {
                return;
            }
            match self.supplied(&case, now).await {
                Ok(None) => answered.put_off(key(&case), now),
                Ok(Some(id)) => {
                    given += 1;
                    metrics::cases_answered().inc();
                    answered.given(key(&case), now);
                    tracing::info!(answer = %id, case = case.row.case, "the message that a data case asks for is given");
                }
                Err(reason) => put_off(&case, &reason, now, answered),
            }
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

fn put_off(case: &Case, reason: &Hitch, now: u64, answered: &mut Defence<Key>) {
    answered.put_off(key(case), now);
    tracing::warn!(case = case.row.case, process = %case.row.process, message = %case.row.message, %reason, "a case is not answered yet");
}
