//! The first hop (D7): a client waits while its message is kept, carried and answered, for ten seconds at most.
//!
//! The work runs in a task of its own, so a client that hangs up changes nothing. The same bytes from two clients are carried
//! once, and both get the answer.

use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Id, Strictness, item};
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{sleep, timeout};

use super::entry::{Entry, cargo_of, item_of};
use super::fees::Charge;
use super::ledger::{self, Applied};
use super::outbox::{Effect, Event, Load, State};
use super::push::Cargo;
use super::{Accepted, Inner, Refusal};
use crate::store::{StoreError, item as items};

/// Carries what a client sent, and answers with its slot; with `is_cast` no further.
pub(super) async fn carry(
    inner: Arc<Inner>,
    cargo: Cargo,
    is_cast: bool,
) -> Result<Accepted, Refusal> {
    let charge = charge(&inner, &cargo)?;
    let room = room(&inner, &cargo)?;
    let task = tokio::spawn(async move {
        let answer = enter(&inner, cargo, is_cast, charge).await;
        drop(room);
        answer
    });
    task.await.map_err(|_stopped| Refusal::Stopping)?
}

/// What the signer is charged; none where nothing is asked.
fn charge(inner: &Inner, cargo: &Cargo) -> Result<Option<Charge>, Refusal> {
    match item_of(cargo) {
        Some(item) => Ok(inner.charge(item.owner_address(), item.bytes().len())),
        None if inner.settings.fees.is_some() => Err(Refusal::Unsigned),
        None => Ok(None),
    }
}

/// A place among the first hops, and room for the bytes.
fn room(inner: &Inner, cargo: &Cargo) -> Result<[OwnedSemaphorePermit; 2], Refusal> {
    let bytes = item_of(cargo).map_or(0, |item| item.bytes().len());
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let place = inner.first_hops.clone().try_acquire_owned();
    let room = inner.first_hops_bytes.clone().try_acquire_many_owned(bytes);
    match (place, room) {
        (Ok(place), Ok(room)) => Ok([place, room]),
        _full => Err(Refusal::Busy),
    }
}

/// Goes on with a first hop that a stop of the node cut off.
pub(super) async fn resume(inner: Arc<Inner>, key: Id) {
    if let Err(error) = try_resume(&inner, key).await {
        tracing::error!(message = %key, %error, "a first hop could not be resumed");
    }
}

async fn try_resume(inner: &Inner, key: Id) -> Result<(), StoreError> {
    let Some(entry) = ledger::find(&inner.store, key).await? else {
        return Ok(());
    };
    let item = items::find(&inner.store, entry.message).await?;
    match cargo_of(&entry, item) {
        Some(cargo) => drive(inner, key, &cargo).await.map(drop),
        None => Err(StoreError::Damaged {
            what: format!("the item of outbox entry {key}"),
        }),
    }
}

async fn enter(
    inner: &Inner,
    cargo: Cargo,
    is_cast: bool,
    charge: Option<Charge>,
) -> Result<Accepted, Refusal> {
    let entry = Entry::first_hop(&cargo, is_cast);
    let (key, carried) = (entry.key, item_of(&cargo).cloned());
    let told = inner.waiting.wait_for(key);
    let entered = ledger::enter(&inner.store, entry, carried, charge, inner.moment()).await?;
    let applied = entered.map_err(Refusal::Unpaid)?;
    let entry = if applied.effects.contains(&Effect::Submit) {
        drive(inner, key, &cargo).await?
    } else if applied.effects.contains(&Effect::Answer) {
        inner.work.notify_one();
        applied.entry
    } else {
        // Too late is as good as an answer: the state says what to tell.
        let _in_time = timeout(inner.settings.first_hop, told).await;
        ledger::find(&inner.store, key)
            .await?
            .unwrap_or(applied.entry)
    };
    answer(&entry, inner.settings.first_hop)
}

/// Tries until there is an answer or the time is over, and leaves the entry in a state that says which.
async fn drive(inner: &Inner, key: Id, cargo: &Cargo) -> Result<Entry, StoreError> {
    let entry = match timeout(inner.settings.first_hop, attempts(inner, key, cargo)).await {
        Ok(answered) => answered?,
        Err(_over) => apply(inner, key, Event::FirstHopOver).await?.entry,
    };
    inner.waiting.tell(key);
    inner.work.notify_one();
    Ok(entry)
}

async fn attempts(inner: &Inner, key: Id, cargo: &Cargo) -> Result<Entry, StoreError> {
    loop {
        let event = inner.courier.submit(cargo).await;
        let assigned = matches!(event, Event::Assigned(_));
        let applied = apply(inner, key, event).await?;
        if assigned {
            crate::metrics::messages_carried().inc();
        }
        match (&applied.entry.state, pause(&applied.effects)) {
            (State::Submitting(_), Some(wait)) => sleep(wait).await,
            _ => return Ok(applied.entry),
        }
    }
}

async fn apply(inner: &Inner, key: Id, event: Event) -> Result<Applied, StoreError> {
    let applied =
        ledger::answer(&inner.store, key, event, inner.holds_fees, inner.moment()).await?;
    applied.ok_or_else(|| StoreError::Damaged {
        what: format!("outbox entry {key} vanished"),
    })
}

fn pause(effects: &[Effect]) -> Option<Duration> {
    effects.iter().find_map(|effect| match effect {
        Effect::Pause { wait_ms } => Some(Duration::from_millis(*wait_ms)),
        _ => None,
    })
}

/// What a client is told of an entry in this state.
fn answer(entry: &Entry, waited: Duration) -> Result<Accepted, Refusal> {
    if let Some(receipt) = entry.state.receipt() {
        let assignment = receipt.assignment.clone();
        let id = match entry.nature.load {
            Load::Assign => assignment_id(&assignment)?,
            Load::Message | Load::Spawn => entry.message,
        };
        return Ok(Accepted {
            id,
            slot: Some(receipt.slot),
            assignment: Some(assignment),
        });
    }
    match &entry.state {
        State::Refused(refusal) => Err(Refusal::Declined {
            id: entry.message,
            reason: refusal.reason.clone(),
        }),
        State::Uploading(_) | State::Done(_) => Ok(Accepted {
            id: entry.message,
            slot: None,
            assignment: None,
        }),
        _ => Err(Refusal::Unassigned {
            id: entry.message,
            waited_s: waited.as_secs(),
        }),
    }
}

fn assignment_id(bytes: &Bytes) -> Result<Id, StoreError> {
    let assignment = item::verify_bytes(bytes.clone(), Strictness::Settled);
    assignment
        .map(|assignment| assignment.id())
        .map_err(|error| StoreError::Damaged {
            what: format!("outbox.receipt: {error}"),
        })
}
