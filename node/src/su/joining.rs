//! What may be signed of a process whose spawn names no court, and which joins one later (PROTOCOL 5.15). Pure.
//!
//! 1. From its `Register` on the old log ends before the slot `s` that its owner named. What is signed on it at `s` or behind could be
//!    held against whoever hosts it from then on, and could never become canonical.
//! 2. Once this scheduler's lease stands in a settled block, the log goes on at exactly `s`, over the chain that the owner named, if it
//!    ends at `s` - 1 and has that chain there. Otherwise it takes nothing any more.
//! 3. A log that is past `s` already is not held: such a registration is none that an honest operator takes, and the owner names
//!    another slot. A log that *was* held for its operator is let go only by what stands in a settled block.
//! 4. What this scheduler once knew to be settled stays; while its court is computed again after a start, such a log waits.

use std::sync::Arc;

use aosec_wire::Id;

use super::ports::{Joining, Tenure};
use crate::store::joined::{Joined, Seam};

/// What may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The old log, below this slot.
    Own {
        /// The slot.
        below: u64,
    },
    /// The court's part, from its seam on.
    Court(Seam),
}

/// Where a log stands.
#[derive(Clone, Copy, Debug)]
pub struct Stand<'a> {
    /// The next slot.
    pub next: u64,
    /// The legacy chain at the last one.
    pub legacy: Option<Id>,
    /// What was kept of its joining.
    pub kept: Option<&'a Joined>,
}

/// What may be signed of the log that stands there; or why nothing: [`Tenure::Over`], or [`Tenure::NotYet`].
///
/// # Errors
/// As told.
pub fn way(says: Joining, stand: Stand<'_>) -> Result<Way, Tenure> {
    let hosted = stand.kept.filter(|kept| kept.is_hosted);
    match (says, hosted) {
        (Joining::Unknown(why), _) if stand.kept.is_some() => Err(Tenure::NotYet(why)),
        (Joining::Hosted { seam, tenure }, _) => match tenure {
            Tenure::Open => goes_on(seam, stand),
            closed => Err(closed),
        },
        (_, Some(kept)) => Err(over(format!(
            "it has joined the court {} at slot {}, which says nothing of that any more",
            kept.seam.origin, kept.seam.first
        ))),
        (Joining::Registered { seam, is_settled }, None) => {
            registered(seam.first, is_settled, stand)
        }
        (Joining::No, None) if stand.kept.is_some() => Err(waits(
            "the block in which its owner has registered it is gone, and may come again",
        )),
        (Joining::No | Joining::Unknown(_), None) => Ok(Way::Own { below: u64::MAX }),
    }
}

/// Rules 1 and 3.
fn registered(first: u64, is_settled: bool, stand: Stand<'_>) -> Result<Way, Tenure> {
    let is_held = stand.kept.is_some();
    match stand.next {
        _ if is_held && !is_settled => Err(waits("its owner has just registered it")),
        next if next < first => Ok(Way::Own { below: first }),
        next if next == first => Err(held(first)),
        _ => Ok(Way::Own { below: u64::MAX }),
    }
}

/// Why a log that stands before slot `first` waits.
#[must_use]
pub fn held(first: u64) -> Tenure {
    waits(&format!(
        "its owner has registered it with the court from slot {first} on, and it waits there for a settled host: its operator is one by `aosec host take`"
    ))
}

/// Rule 2.
fn goes_on(seam: Seam, stand: Stand<'_>) -> Result<Way, Tenure> {
    let (first, next) = (seam.first, stand.next);
    match stand.kept {
        Some(kept) if kept.is_hosted && kept.seam == seam => Ok(Way::Court(seam)),
        Some(kept) if kept.is_hosted => Err(over(format!(
            "it has joined a court at slot {}, and not at {first}",
            kept.seam.first
        ))),
        _ => fits(seam, next, stand.legacy).map(|()| Way::Court(seam)),
    }
}

/// Whether a log whose next slot and legacy chain are these can go on under the court.
///
/// # Errors
/// [`Tenure::Over`] with what is wrong.
pub fn fits(seam: Seam, next: u64, legacy: Option<Id>) -> Result<(), Tenure> {
    let first = seam.first;
    match next {
        _ if next > first => Err(over(format!(
            "slots from {first} on were signed before it joined the court at slot {first}: whoever hosts it is slashed for them. Its owner registers it at slot {next}"
        ))),
        _ if next < first => Err(over(format!(
            "it joins the court at slot {first}, and this scheduler's log of it ends before slot {next}"
        ))),
        _ if legacy != Some(seam.legacy) => Err(over(format!(
            "it joins the court at slot {first} over another chain than that of this scheduler's slot {}",
            first - 1
        ))),
        _ => Ok(()),
    }
}

fn over(why: String) -> Tenure {
    Tenure::Over(why.into())
}

fn waits(why: &str) -> Tenure {
    Tenure::NotYet(Arc::from(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: Id = Id::new([4; 32]);

    fn seam(first: u64) -> Seam {
        Seam {
            origin: Id::new([8; 32]),
            first,
            legacy: CHAIN,
        }
    }

    fn registered(first: u64, is_settled: bool) -> Joining {
        Joining::Registered {
            seam: seam(first),
            is_settled,
        }
    }

    fn hosted(first: u64, tenure: Tenure) -> Joining {
        Joining::Hosted {
            seam: seam(first),
            tenure,
        }
    }

    fn kept(first: u64, is_hosted: bool) -> Option<Joined> {
        Some(Joined {
            seam: seam(first),
            is_hosted,
        })
    }

    fn free() -> Way {
        Way::Own { below: u64::MAX }
    }

    /// What is said of a log whose next slot is 5: `+` under the court, `n` its own below n, `…` later, `x` never.
    fn said(says: Joining, kept: Option<Joined>, legacy: Id) -> String {
        let stand = Stand {
            next: 5,
            legacy: Some(legacy),
            kept: kept.as_ref(),
        };
        match way(says, stand) {
            Ok(way) if way == free() => "free".to_owned(),
            Ok(Way::Own { below }) => below.to_string(),
            Ok(Way::Court(_)) => "+".to_owned(),
            Err(Tenure::NotYet(_)) => "…".to_owned(),
            Err(Tenure::Over(_)) => "x".to_owned(),
            Err(Tenure::Open) => "open is no refusal".to_owned(),
        }
    }

    #[test]
    fn the_old_log_ends_where_its_owner_says_and_goes_on_there_under_a_settled_lease() {
        let unknown = || Joining::Unknown("behind".into());
        let later = || Tenure::NotYet("not settled".into());
        let lost = || Tenure::Over("ended".into());
        let other = Id::new([5; 32]);
        let cases = [
            (Joining::No, None, CHAIN, "free"),
            (unknown(), None, CHAIN, "free"),
            (registered(9, false), None, CHAIN, "9"),
            (registered(6, false), None, CHAIN, "6"),
            (registered(5, false), None, CHAIN, "…"),
            (registered(4, true), None, CHAIN, "free"),
            (hosted(5, later()), None, CHAIN, "…"),
            (hosted(5, lost()), None, CHAIN, "x"),
            (hosted(5, Tenure::Open), None, CHAIN, "+"),
            (hosted(5, Tenure::Open), None, other, "x"),
            (hosted(4, Tenure::Open), None, CHAIN, "x"),
            (hosted(6, Tenure::Open), None, CHAIN, "x"),
            // Held for its operator, who is about to take it.
            (Joining::No, kept(5, false), CHAIN, "…"),
            (unknown(), kept(5, false), CHAIN, "…"),
            (registered(5, true), kept(5, false), CHAIN, "…"),
            (registered(9, false), kept(5, false), CHAIN, "…"),
            (registered(9, true), kept(5, false), CHAIN, "9"),
            (registered(3, true), kept(5, false), CHAIN, "free"),
            (hosted(5, Tenure::Open), kept(5, false), CHAIN, "+"),
            (hosted(4, Tenure::Open), kept(5, false), CHAIN, "x"),
            // It has gone on there: its old chain is not looked at any more.
            (hosted(2, Tenure::Open), kept(2, true), other, "+"),
            (hosted(3, Tenure::Open), kept(2, true), CHAIN, "x"),
            (hosted(2, lost()), kept(2, true), CHAIN, "x"),
            (unknown(), kept(2, true), CHAIN, "…"),
            (Joining::No, kept(2, true), CHAIN, "x"),
            (registered(2, true), kept(2, true), CHAIN, "x"),
        ];
        for (number, (says, kept, legacy, wanted)) in cases.into_iter().enumerate() {
            let told = format!("case {number}: {says:?}, {kept:?}");
            assert_eq!(said(says, kept, legacy), wanted, "{told}");
        }
    }
}
