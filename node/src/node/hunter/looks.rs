//! Whether the message of a canonical slot can be had: from this node, from a gateway, or from the host itself (PROTOCOL 5.10, 6.9).
//!
//! - L1 the host is asked once the gateways have said that they lack the message. Gateways that fail, or take their time, say nothing: a
//!   bond against an honest host is lost.
//! - L2 only the host's own silence, or an answer of his without the message, counts as that nobody has it. What goes wrong on the way
//!   to him says nothing either.
//! - L3 what this node knows by itself costs no look at others: slots that are not settled keep nobody from those that are.

use std::future::Future;
use std::time::Duration;

use aosec_challenge::hunter::Sought;
use aosec_wire::Id;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Hitch, Hunt};
use crate::cu::replay::Entry;
use crate::cu::source::SourceError;
use crate::store::canonical;

/// Looks at others at one block: each may be a question to a gateway and one to the host.
const LOOKS_MAX: usize = 16;
/// Slots that this node asks itself about at one block, two looks into the store each.
pub(super) const NEAR_LOOKS_MAX: usize = 256;
/// Looks are under way at once, and blocks come every two minutes.
const PATIENCE: Patience = Patience {
    gateways: Duration::from_secs(20),
    host: Duration::from_secs(5),
};

/// How long others may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For an index and the longest message, twice where the first gateway hangs.
    gateways: Duration,
    /// A host that takes longer does not serve the message.
    host: Duration,
}

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

/// Looks for these in their order, as far as one block's looks go.
pub(super) async fn at(hunt: &Hunt, sought: Vec<Sought>) -> Result<Vec<(Sought, Found)>, Hitch> {
    let (mut found, mut asked) = (Vec::new(), JoinSet::new());
    for one in sought {
        if asked.len() == LOOKS_MAX {
            break;
        }
        match near(hunt, &one).await? {
            Some(known) => found.push((one, known)),
            None => {
                let (gateway, log) = (hunt.gateway.clone(), hunt.log.clone());
                asked.spawn(async move {
                    let at_gateways = async { Ok(gateway.item(one.message).await?.is_some()) };
                    let at_host = async {
                        let served = log.entries(one.process, one.slot, one.slot).await;
                        served.map(|served| served.iter().any(|entry| is(entry, one.message)))
                    };
                    let found = far(at_gateways, at_host, PATIENCE).await;
                    (one, found)
                });
            }
        }
    }
    found.extend(asked.join_all().await);
    Ok(found)
}

fn is(entry: &Entry, message: Id) -> bool {
    entry
        .message
        .as_ref()
        .is_some_and(|item| item.id() == message)
}

/// What others say: first the gateways, then, where all of them lack it, its host (L1).
async fn far(
    at_gateways: impl Future<Output = Result<bool, crate::arweave::gateway::GatewayError>>,
    at_host: impl Future<Output = Result<bool, SourceError>>,
    patience: Patience,
) -> Found {
    match timeout(patience.gateways, at_gateways).await {
        Ok(Ok(true)) => return Found::There,
        Ok(Ok(false)) => {}
        Ok(Err(_)) | Err(_) => return Found::Unknown,
    }
    match timeout(patience.host, at_host).await {
        Ok(Ok(true)) => Found::There,
        Ok(Ok(false)) | Err(_) => Found::Nowhere,
        Ok(Err(error)) if is_the_host_s(&error) => Found::Nowhere,
        Ok(Err(_)) => Found::Unknown,
    }
}

/// Whether it is the host who does not serve his log (L2).
const fn is_the_host_s(error: &SourceError) -> bool {
    use SourceError::{
        Absent, CourtBehind, CourtStill, Derivation, Gateway, Item, Nowhere, OtherCourt, Own,
        Shape, Silent, Unknown,
    };
    match error {
        Nowhere { .. } | Silent { .. } | Shape { .. } | Item { .. } | Absent { .. } => true,
        Unknown(_) | Own(_) | Gateway(_) | Derivation(_) => false,
        OtherCourt { .. } | CourtBehind { .. } | CourtStill(_) => false,
    }
}

/// What this node knows of it without asking anybody.
async fn near(hunt: &Hunt, sought: &Sought) -> Result<Option<Found>, Hitch> {
    let Sought {
        process,
        slot,
        message,
        ..
    } = *sought;
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;
    use crate::arweave::gateway::GatewayError;

    const SHORT: Patience = Patience {
        gateways: Duration::from_millis(20),
        host: Duration::from_millis(20),
    };
    const SILENT: fn() -> SourceError = || SourceError::Silent {
        url: "https://host.example".into(),
        reason: "refused".into(),
    };

    async fn nobody_asks_the_host() -> Result<bool, SourceError> {
        panic!("the gateways have not said yet that they lack it")
    }

    #[tokio::test]
    async fn gateways_that_are_slow_or_down_say_nothing_of_the_host() {
        let slow = far(pending(), nobody_asks_the_host(), SHORT).await;
        assert_eq!(slow, Found::Unknown);
        let faults = Vec::new();
        let down = ready(Err(GatewayError::Unanswered { faults }));
        let down = far(down, nobody_asks_the_host(), SHORT).await;
        assert_eq!(down, Found::Unknown);
        let there = far(ready(Ok(true)), nobody_asks_the_host(), SHORT).await;
        assert_eq!(there, Found::There);
    }

    #[tokio::test]
    async fn what_gateways_lack_the_host_is_asked_for_and_his_own_silence_counts_alone() {
        let lacked = || ready(Ok(false));
        let silent = far(lacked(), pending(), SHORT).await;
        assert_eq!(silent, Found::Nowhere);
        let process = Id::new([1; 32]);
        for (said, found) in [
            (Ok(true), Found::There),
            (Ok(false), Found::Nowhere),
            (Err(SILENT()), Found::Nowhere),
            (Err(SourceError::Unknown(process)), Found::Unknown),
            (Err(SourceError::Own("a page".into())), Found::Unknown),
            (Err(SourceError::Gateway("down".into())), Found::Unknown),
        ] {
            let what = format!("{said:?}");
            assert_eq!(far(lacked(), ready(said), SHORT).await, found, "{what}");
        }
    }
}
