//! What a case costs its opener (PROTOCOL 4.6, 6.4), from what the court shows: said before money is spent, and named in the message as
//! the most that is paid. The court itself takes exactly what is in force.

use aosec_wire::Id;
use serde_json::Value;

use crate::cli::amount::Amount;
use crate::cli::court::CourtClient;
use crate::cli::exit::CliError;

/// A bond is so many answer fees (6.4), before it doubles with each eighth open case of one sender.
const BOND_FEES: u128 = 10;

/// Inbox fees that each case burns which a challenge opens (6.4).
const OPENING_FEES: u128 = 5;

/// The price of one case now, in units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Price {
    /// For the message.
    pub message: u128,
    /// For the answer.
    pub answer: u128,
    /// Burned with the opening.
    pub burned: u128,
    /// Blocks until the case is decided where nobody answers.
    pub window: u64,
}

impl Price {
    /// Asks the court for the terms of the host of `process`.
    ///
    /// # Errors
    /// Where it has no host, or the node is silent.
    pub(super) async fn of(court: &CourtClient, process: Id) -> Result<Self, CliError> {
        let name = process.to_string();
        let processes = court.get("processes", &[("process", &name)]).await?;
        let row = &processes["Rows"][0];
        let Some(operator) = row["Lease"]["Operator"].as_str() else {
            let state = row["State"].as_str().unwrap_or("not hosted");
            return Err(CliError::Refused(format!(
                "{process} is {state}: it has no host to challenge; its messages go into its inbox on Arweave, by any node"
            )));
        };
        let operators = court.get("operators", &[("operator", operator)]).await?;
        let params = court.get("params", &[]).await?;
        Self::read(
            row,
            &operators["Rows"][0],
            &params["Parameters"],
            &processes["height"],
        )
        .ok_or_else(|| CliError::failure("the node's answer names no terms of the lease"))
    }

    /// The most that an answer can cost on a process, hosted or not: no cap of a lease is above its `Max-Fee` (5.1).
    ///
    /// # Errors
    /// Where the court does not know the process, or the node is silent.
    pub(super) async fn most(court: &CourtClient, process: Id) -> Result<u128, CliError> {
        let name = process.to_string();
        let processes = court.get("processes", &[("process", &name)]).await?;
        let most = units(&processes["Rows"][0]["Max-Fee"]);
        most.ok_or_else(|| CliError::failure("the node's answer names no Max-Fee"))
    }

    fn read(row: &Value, operator: &Value, params: &Value, height: &Value) -> Option<Self> {
        let lease = &row["Lease"];
        let in_force = |fee: &Value, cap: &Value| Some(fee_at(fee, height)?.min(units(cap)?));
        let buffer = lease["Buffer"].as_u64()? / 100;
        Some(Self {
            message: in_force(&operator["Fee"], &lease["Fee-Cap"])?,
            answer: in_force(&operator["Answer-Fee"], &lease["Answer-Cap"])?,
            burned: units(&params["inbox_fee"])?.saturating_mul(OPENING_FEES),
            window: buffer
                .min(row["Period"].as_u64()?)
                .max(params["window_floor"].as_u64()?),
        })
    }

    /// The bond of a sender without other cases on the process.
    #[must_use]
    pub(super) const fn bond(&self) -> u128 {
        bond_on(self.answer)
    }

    /// All that is posted for so many messages of a sender without other cases on the process: each eighth doubles the bond (6.4).
    #[must_use]
    pub(super) fn posted(&self, messages: usize) -> u128 {
        let fees = self.message.saturating_add(self.answer);
        let one = |number: usize| {
            let doubled = 1_u128 << (number / 8).min(6);
            self.bond().saturating_mul(doubled).saturating_add(fees)
        };
        (0..messages).map(one).fold(0, u128::saturating_add)
    }
}

/// The fee in force at a height (4.6).
fn fee_at(fee: &Value, height: &Value) -> Option<u128> {
    let rises = fee["From"].as_u64().zip(height.as_u64());
    match (rises, fee.get("Next")) {
        (Some((from, now)), Some(next)) if now >= from => units(next),
        _ => units(&fee["Now"]),
    }
}

fn units(amount: &Value) -> Option<u128> {
    amount.as_str()?.parse().ok()
}

/// The bond on an answer fee, of a sender without other cases.
pub(super) const fn bond_on(answer: u128) -> u128 {
    BOND_FEES.saturating_mul(answer)
}

/// Units as tokens for a person.
pub(super) fn tokens(units: u128) -> String {
    let text = units.to_string();
    Amount::of_units(&text).map_or_else(|| format!("{text} units"), |amount| amount.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn price(height: u64, buffer: u64) -> Price {
        let row = json!({ "Period": 6, "Lease": { "Fee-Cap": "100", "Answer-Cap": "500", "Buffer": buffer } });
        let operator = json!({
            "Fee": { "Now": "10", "Next": "300", "From": 40 },
            "Answer-Fee": { "Now": "200" },
        });
        let params = json!({ "window_floor": 3, "inbox_fee": "7" });
        Price::read(&row, &operator, &params, &json!(height)).unwrap()
    }

    #[test]
    fn fees_are_those_in_force_under_the_caps_of_the_lease() {
        let before = price(39, 600);
        assert_eq!((before.message, before.answer), (10, 200));
        assert_eq!(price(40, 600).message, 100, "the cap of the lease");
        assert_eq!((before.bond(), before.burned), (2_000, 35));
        assert_eq!(before.posted(2), 2 * (2_000 + 10 + 200));
        assert_eq!(before.posted(9) - before.posted(8), 4_000 + 10 + 200);
    }

    #[test]
    fn a_slow_host_has_less_time_and_never_less_than_the_floor() {
        assert_eq!(price(1, 600).window, 6);
        assert_eq!(price(1, 499).window, 4);
        assert_eq!(price(1, 0).window, 3);
    }
}
