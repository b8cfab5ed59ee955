//! The parameters of the genesis message and the conditions under which they are safe (8, 4.2).

use serde_json::{Map, Value};

use crate::amount::{self, Amount};
use crate::outcome::{Refusal, demand};

/// The largest number of blocks, and reopening factor (8).
const MOST_BLOCKS: u64 = 1_000_000;

macro_rules! parameters {
    ($($(#[$doc:meta])* $block:ident,)* ; $($(#[$also:meta])* $amount:ident,)*) => {
        /// The court's parameters; numbers without unit are blocks.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // The names are those of the table of section 8, which says what they are.
        pub struct Parameters {
            $($(#[$doc])* pub $block: u64,)*
            $($(#[$also])* pub $amount: Amount,)*
        }

        /// Their names: blocks, then amounts.
        const NAMES: [&str; 29] = [$(stringify!($block),)* $(stringify!($amount),)*];

        impl Parameters {
            fn of(map: &Map<String, Value>) -> Option<Self> {
                Some(Self {
                    $($block: blocks(map.get(stringify!($block))?)?,)*
                    $($amount: units(map.get(stringify!($amount))?)?,)*
                })
            }

            /// As they stand in the genesis message.
            #[must_use]
            pub fn to_json(&self) -> Map<String, Value> {
                let blocks = [$((stringify!($block).to_owned(), Value::from(self.$block)),)*];
                let units = [$((stringify!($amount).to_owned(), Value::from(self.$amount.to_string())),)*];
                blocks.into_iter().chain(units).collect()
            }
        }
    };
}

parameters! {
    settlement_depth, activation, unbonding, evidence_max_age, slash_delay, period_default,
    period_min, period_max, window_floor, late_after, publish_within, public_before, cut, commit,
    reveal, beacon_blocks, handover, notice, jail_min, jail_max, memory, mass_window,
    bounty_window, arrears, fee_rise, reopening_factor,
    ; min_bond, inbox_fee, answer_fee_floor,
}

impl Parameters {
    /// Reads and checks the parameters of a genesis message.
    ///
    /// # Errors
    /// `8 parameter`, `8 bounds` or `4.2 unsafe`.
    pub fn read(map: &Map<String, Value>) -> Result<Self, Refusal> {
        let foreign = map.keys().any(|name| !NAMES.contains(&name.as_str()));
        demand(!foreign, "8 parameter")?;
        let read = Self::of(map).ok_or(Refusal("8 parameter"))?;
        let least = read.min_bond >= 1 && read.answer_fee_floor >= 1;
        demand(least, "8 parameter")?;
        demand(read.within_bounds(), "8 bounds")?;
        demand(read.are_safe(), "4.2 unsafe")?;
        Ok(read)
    }

    fn within_bounds(&self) -> bool {
        (self.period_min..=self.period_max).contains(&self.period_default)
            && self.jail_min <= self.jail_max
    }

    fn are_safe(&self) -> bool {
        let evidence = self.evidence_max_age + self.period_max + self.publish_within;
        evidence + self.settlement_depth + self.slash_delay <= self.unbonding
            && self.commit + self.reveal >= self.cut
            && self.period_min >= self.window_floor
            && self.window_floor >= self.settlement_depth + self.late_after
            && self.mass_window.max(self.bounty_window) <= self.slash_delay
    }
}

fn blocks(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .filter(|blocks| (1..=MOST_BLOCKS).contains(blocks))
}

fn units(value: &Value) -> Option<Amount> {
    value.as_str().and_then(amount::read)
}
