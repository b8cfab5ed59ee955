//! What the court lets this scheduler do: host a process, and go on signing for it (PROTOCOL 5.1, 5.11).
//!
//! The law lets epoch 0 be signed from the spawn on; this scheduler begins once its lease stands in a settled block, because records
//! that are mined before count for nothing (5.6), and a lease that a reorg takes back is none.

use aosec_challenge::inbox::check_eligible;
use aosec_wire::{
    Id, VerifiedItem,
    record::{NO_ORIGIN, ORIGIN_TAG, origin_of},
};

use super::{
    Handle,
    admission::Want,
    joining::held,
    ports::{Court, Tenure},
    refusal::{Refusal, Unavailable},
    registry::Request,
};

/// The longest message of a process under a court (5.1).
const COURTED_BYTES_MAX: usize = 960 * 1_024;

impl Handle {
    /// A process that names a court is taken where that lets this scheduler host it.
    pub(super) async fn may_open(&self, spawn: &VerifiedItem) -> Result<(), Refusal> {
        let Some(origin) = spawn.tags().get(ORIGIN_TAG) else {
            return Ok(());
        };
        judged(self.shared.court.spawn(origin).await?, spawn.id())
    }
}

/// Requests that may get slots now; and those that may not, with the reason.
pub(super) type Parted = (Vec<Request>, Option<(Vec<Request>, Refusal)>);

/// Messages that no item for the court could enclose are not taken: whoever asked for their data would have their host slashed (5.1).
fn without_unfit(process: Id, requests: Vec<Request>) -> Parted {
    let is_unfit = |request: &Request| {
        let item = request.want.item();
        item.is_some_and(|item| {
            item.bytes().len() > COURTED_BYTES_MAX || check_eligible(item, process).is_err()
        })
    };
    let is_message = |request: &Request| !matches!(request.want, Want::Spawn(_));
    let (unfit, rest): (Vec<_>, Vec<_>) = requests
        .into_iter()
        .partition(|request| is_message(request) && is_unfit(request));
    let why = || {
        format!(
            "under a court a message has at most {COURTED_BYTES_MAX} bytes and a signature of kind 1, 2 or 3, since no item for the court could enclose it otherwise"
        )
        .into()
    };
    let refused = (!unfit.is_empty()).then(|| {
        (
            unfit,
            Refusal::Court {
                process,
                why: why(),
            },
        )
    });
    (rest, refused)
}

pub(super) fn judged(tenure: Tenure, process: Id) -> Result<(), Refusal> {
    match tenure {
        Tenure::Open => Ok(()),
        Tenure::Over(why) => Err(Refusal::Court { process, why }),
        Tenure::NotYet(why) => Err(Unavailable::Court(why).into()),
    }
}

/// Parts what may get slots of `process` now from what may not, and says why not. `origin` is what the log's spawn names, once there
/// is one. A spawn was judged when it came.
pub(super) fn part(
    court: &dyn Court,
    process: Id,
    origin: Option<Id>,
    requests: Vec<Request>,
) -> Parted {
    let first = requests.iter().find_map(|request| match &request.want {
        Want::Spawn(spawn) => Some(origin_of(spawn.tags())),
        Want::Message(_) | Want::Forced(_) | Want::Reference { .. } => None,
    });
    if origin.or(first).unwrap_or(NO_ORIGIN) == NO_ORIGIN {
        return (requests, None);
    }
    match judged(court.tenure(process), process) {
        Ok(()) => without_unfit(process, requests),
        Err(reason) => {
            let is_spawn = |request: &Request| matches!(request.want, Want::Spawn(_));
            let (spawns, others) = requests.into_iter().partition(is_spawn);
            (spawns, Some((others, reason)))
        }
    }
}

/// What a process takes that has joined the court (5.15): data items alone, each one that the court could enclose.
pub(super) fn courted(process: Id, requests: Vec<Request>) -> Parted {
    let is_reference = |request: &Request| matches!(request.want, Want::Reference { .. });
    match requests.iter().any(is_reference) {
        false => without_unfit(process, requests),
        true => {
            let (references, rest) = requests.into_iter().partition(is_reference);
            // The few that are unfit in such a batch are told the same, and by themselves the rest of it.
            let (rest, unfit) = without_unfit(process, rest);
            let unfit = unfit.map_or_else(Vec::new, |(unfit, _why)| unfit);
            let refused: Vec<_> = [references, unfit].into_iter().flatten().collect();
            (rest, Some((refused, Refusal::NoReferences(process))))
        }
    }
}

/// Those that get slots below `below`, the first in order, and the others, which wait for a host (5.15).
pub(super) fn below(process: Id, next: u64, below: u64, mut requests: Vec<Request>) -> Parted {
    let room = usize::try_from(below.saturating_sub(next)).unwrap_or(usize::MAX);
    let others = requests.split_off(room.min(requests.len()));
    let reason = judged(held(below), process).err();
    match (others.is_empty(), reason) {
        (false, Some(reason)) => (requests, Some((others, reason))),
        _ => (requests, None),
    }
}
