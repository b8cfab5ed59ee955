//! Who cannot pay the inbox fee: items that nobody pays for fall under no cap (PROTOCOL 2.3), and each run of one costs a look at the
//! whole memory to forget it. Pure.
//!
//! The fee comes before everything else (3.4), so the answer depends on the owner's balance alone: as long as nothing has run since, it
//! is the same again, and need not be asked for. Deliberately absent: the answer of somebody who was not asked about yet.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The owners that could not pay since something ran last; at most as many as a block holds items.
#[derive(Debug, Default)]
pub(super) struct Penniless(BTreeSet<String>);

#[derive(Deserialize)]
struct Owned {
    #[serde(rename = "Owner")]
    owner: String,
}

impl Penniless {
    /// Whether the owner of this message is one of them.
    pub(super) fn has(&self, message: &[u8]) -> bool {
        !self.0.is_empty() && owner(message).is_some_and(|owner| self.0.contains(&owner))
    }

    /// The owner of this message could not pay.
    pub(super) fn note(&mut self, message: &[u8]) {
        self.0.extend(owner(message));
    }

    /// Something has run: balances may be others.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn owner(message: &[u8]) -> Option<String> {
    let owned: Owned = serde_json::from_slice(message).ok()?;
    Some(owned.owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_pay_is_asked_once_until_something_runs() {
        let of = |owner: &str, number: u8| {
            format!(r#"{{"Id":"{number}","Owner":"{owner}","Tags":[]}}"#).into_bytes()
        };
        let mut penniless = Penniless::default();
        penniless.note(&of("poor", 1));
        assert!(penniless.has(&of("poor", 2)) && !penniless.has(&of("rich", 3)));
        penniless.clear();
        assert!(!penniless.has(&of("poor", 4)));
    }
}
