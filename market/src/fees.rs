//! Fees: a rise waits, a fall does not (4.6).

use serde_json::{Value, json};

use crate::amount::Amount;

/// (now, next, from).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fee {
    now: Amount,
    rise: Option<(Amount, u64)>,
}

impl Fee {
    pub(crate) const fn new(now: Amount) -> Self {
        Self { now, rise: None }
    }

    /// What is in force at a height.
    pub(crate) fn at(&self, height: u64) -> Amount {
        match self.rise {
            Some((next, from)) if height >= from => next,
            _ => self.now,
        }
    }

    /// After an `Update` to `wanted` that ran at `height`.
    pub(crate) fn updated(&self, wanted: Amount, height: u64, rise: u64) -> Self {
        let now = self.at(height);
        match wanted > now {
            true => Self {
                now,
                rise: Some((wanted, height + rise)),
            },
            false => Self::new(wanted),
        }
    }

    pub(crate) fn to_json(self) -> Value {
        match self.rise {
            None => json!({"Now": self.now.to_string()}),
            Some((next, from)) => {
                json!({"Now": self.now.to_string(), "Next": next.to_string(), "From": from})
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_waits_sixty_blocks_and_a_fall_replaces_it_at_once() {
        let fee = Fee::new(10).updated(20, 100, 60);
        assert_eq!((fee.at(159), fee.at(160)), (10, 20));
        let again = fee.updated(15, 150, 60);
        assert_eq!((again.at(160), again.at(209), again.at(210)), (10, 10, 15));
        assert_eq!(fee.updated(10, 150, 60), Fee::new(10));
        assert_eq!(fee.updated(20, 160, 60), Fee::new(20));
    }
}
