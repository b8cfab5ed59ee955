//! Amounts of the stake token on the command line: whole tokens with up to twelve decimals, shown with their unit.

use std::fmt;
use std::str::FromStr;

use crate::origin::deploy::{self, DENOMINATION};

/// Most digits of an amount in units (PROTOCOL, Bytes).
const DIGITS_MAX: usize = 30;

/// An amount in units of the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount(String);

/// A text that is no amount.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no amount of tokens: write 12 or 12.5, with at most {DENOMINATION} decimals")]
pub struct NoAmount(String);

impl Amount {
    /// The amount that a text of units names, as the court reads it: digits alone, at most 30, without needless zeros. None where
    /// it is none: such texts come from spawns of strangers and from nodes.
    #[must_use]
    pub fn of_units(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let padded = text.len() > 1 && text.starts_with('0');
        let fits = (1..=DIGITS_MAX).contains(&text.len());
        (plain && fits && !padded).then(|| Self(text.to_owned()))
    }

    /// The units as the court reads them.
    #[must_use]
    pub fn units(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens", deploy::tokens(&self.0))
    }
}

impl FromStr for Amount {
    type Err = NoAmount;

    fn from_str(text: &str) -> Result<Self, NoAmount> {
        let bad = || NoAmount(text.to_owned());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > DENOMINATION {
            return Err(bad());
        }
        let units = format!("{whole}{fraction:0<DENOMINATION$}");
        let units = units.trim_start_matches('0');
        match units.len() {
            0 => Ok(Self("0".to_owned())),
            1..=DIGITS_MAX => Ok(Self(units.to_owned())),
            _ => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_units_and_nothing_else_does() {
        let units = |text: &str| text.parse::<Amount>().map(|amount| amount.0);
        for (text, expected) in [
            ("1", "1000000000000"),
            ("0.5", "500000000000"),
            ("0", "0"),
            ("0.000000000001", "1"),
            ("1000000", "1000000000000000000"),
        ] {
            assert_eq!(units(text).as_deref(), Ok(expected));
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1e3",
            "1.0000000000001",
            "1 000",
            &"9".repeat(20),
        ] {
            assert!(units(bad).is_err(), "{bad}");
        }
        for bad in ["", "-1", "01", "1.5", "ééééééé", " 1", &"9".repeat(31)] {
            assert_eq!(Amount::of_units(bad), None, "{bad}");
        }
        assert_eq!(Amount::of_units("0").unwrap().to_string(), "0 tokens");
        assert_eq!(
            "12.50".parse::<Amount>().unwrap().to_string(),
            "12.5 tokens"
        );
    }
}
