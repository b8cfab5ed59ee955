//! Whether the message of a canonical slot can be had: from this node, from a gateway, or from the host itself (PROTOCOL 5.10, 6.9).

use std::time::Duration;

use aosec_wire::Id;
use tokio::task::JoinSet;

use super::{Hitch, Hunt};
use crate::store::canonical;

/// One look: a question to the gateways and one to the host. A host that takes longer does not serve it.
const LOOK_DEADLINE: Duration = Duration::from_secs(3);

/// A process, a slot and its message.
pub(super) type Place = (Id, u64, Id);

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Somebody has it, or it is nobody's matter.
    There,
    /// Nobody has it.
    Nowhere,
    /// No gateway could be asked, or the slot is not settled yet.
    Unknown,
}

/// Looks for all of these at once.
pub(super) async fn at(hunt: &Hunt, places: Vec<Place>) -> Result<Vec<(Place, Found)>, Hitch> {
    let (mut found, mut asked) = (Vec::new(), JoinSet::new());
    for place in places {
        match near(hunt, place).await? {
            Some(known) => found.push((place, known)),
            None => {
                let (gateway, log) = (hunt.gateway.clone(), hunt.log.clone());
                asked.spawn(async move {
                    let (process, slot, message) = place;
                    let far = async {
                        match gateway.item(message).await {
                            Ok(Some(_)) => return Found::There,
                            Ok(None) => {}
                            Err(_silent) => return Found::Unknown,
                        }
                        let served = log.entries(process, slot, slot).await.unwrap_or_default();
                        let is = |one: &crate::cu::replay::Entry| {
                            one.message
                                .as_ref()
                                .is_some_and(|item| item.id() == message)
                        };
                        match served.iter().any(is) {
                            true => Found::There,
                            false => Found::Nowhere,
                        }
                    };
                    let looked = tokio::time::timeout(LOOK_DEADLINE, far).await;
                    (place, looked.unwrap_or(Found::Nowhere))
                });
            }
        }
    }
    found.extend(asked.join_all().await);
    Ok(found)
}

/// What this node knows of it without asking anybody.
async fn near(hunt: &Hunt, (process, slot, message): Place) -> Result<Option<Found>, Hitch> {
    if hunt.su.has(process).await? || hunt.su.raw(message).await?.is_some() {
        return Ok(Some(Found::There));
    }
    let log = hunt.log_key(process);
    let place = canonical::of_message(&hunt.store, log, message).await?;
    match place {
        Some(place) if place.slot == slot => Ok(None),
        // A record that does not count: its slot is somebody else's, or nobody's.
        Some(_) => Ok(Some(Found::There)),
        None => {
            let last = canonical::last(&hunt.store, log).await?;
            let is_past = last.is_some_and(|last| last >= slot);
            Ok(Some(if is_past {
                Found::There
            } else {
                Found::Unknown
            }))
        }
    }
}
