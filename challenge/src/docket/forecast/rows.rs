//! Rows of the court's views as a forecast reads them (message table).

use serde_json::Value;

use super::super::case::{Amount, Kind, State};
use super::{Hosted, Row, Terms};

impl Terms {
    /// Out of `Params`; none where one is absent.
    #[must_use]
    pub fn read(parameters: &Value) -> Option<Self> {
        let number = |name: &str| parameters[name].as_u64();
        Some(Self {
            slash_delay: number("slash_delay")?,
            publish_within: number("publish_within")?,
            jail_min: number("jail_min")?,
            jail_max: number("jail_max")?,
            memory: number("memory")?,
            mass_window: number("mass_window")?,
        })
    }
}

impl Hosted {
    /// Out of a row of `Processes`; none of another shape.
    #[must_use]
    pub fn read(row: &Value) -> Option<Self> {
        let lease = &row["Lease"];
        Some(Self {
            process: text(&row["Process"])?,
            epoch: row["Epoch"].as_u64()?,
            min_allocation: amount(&row["Min-Allocation"])?,
            live: amount(&lease["Allocation"]).zip(lease["Start"].as_u64()),
        })
    }
}

impl Row {
    /// Out of a row of `Cases`; none of another shape.
    #[must_use]
    pub fn read(row: &Value) -> Option<Self> {
        let challengers = row["Challengers"].as_array().into_iter().flatten();
        let bond = |one: &Value| match one.get("Bond") {
            None => Some(0),
            Some(bond) => amount(bond),
        };
        let challenger = |one: &Value| text(&one["Address"]).zip(bond(one));
        Some(Self {
            number: row["Case"].as_u64()?,
            kind: kind(&row["Kind"])?,
            state: state(&row["State"])?,
            process: text(&row["Process"])?,
            epoch: row["Epoch"].as_u64()?,
            operator: text(&row["Operator"])?,
            message: text(&row["Message"])?,
            deadline: row["Deadline"].as_u64()?,
            publish_by: row["Publish-By"].as_u64(),
            ended: row["Ended"].as_u64(),
            fee: amount(&row["Fee"]).unwrap_or(0),
            answer_fee: amount(&row["Answer-Fee"]).unwrap_or(0),
            challengers: challengers.map(challenger).collect::<Option<_>>()?,
        })
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Digits of an amount at most: beyond them a lying node could make sums overflow.
const DIGITS_MAX: usize = 30;

fn amount(value: &Value) -> Option<Amount> {
    let text = value.as_str()?;
    let is_plain = text.len() <= DIGITS_MAX && text.bytes().all(|digit| digit.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

fn kind(value: &Value) -> Option<Kind> {
    let all = [Kind::Liveness, Kind::Publication, Kind::Data];
    let said = value.as_str()?;
    all.into_iter().find(|kind| kind.shown() == said)
}

fn state(value: &Value) -> Option<State> {
    let all = [
        State::Open,
        State::Answered,
        State::Closed,
        State::Expired,
        State::Moot,
    ];
    let said = value.as_str()?;
    all.into_iter().find(|state| state.shown() == said)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_amount_of_the_law_is_not_read() {
        let most = "9".repeat(DIGITS_MAX);
        assert_eq!(amount(&json!(most)), most.parse().ok());
        for bad in ["", "+5", "-5", &"9".repeat(DIGITS_MAX + 1), "1e3"] {
            assert_eq!(amount(&json!(bad)), None, "{bad}");
        }
    }
}
