//! Who begins with how many tokens: the file of `aosec origin deploy`, judged as the court will judge it (PROTOCOL 2.10, 3.1).
//!
//! A genesis that the court refuses is paid for all the same, and makes no court for ever: so nothing leaves before this is right.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::Path;

use aosec_wire::{Address, KeyError};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::amount::{Amount, NoAmount};
use super::exit::CliError;

/// A genesis of 1 MiB holds no list that is longer, whatever spaces stand in it.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// An amount has at most 30 digits, and so has their sum.
const SUM_MAX: u128 = 10_u128.pow(30) - 1;

/// Why the court would refuse the balances.
#[derive(Debug, thiserror::Error)]
pub enum BadBalances {
    /// No object of texts.
    #[error("it is no JSON object of addresses and amounts, as {{\"<address>\": \"1000\"}}: {0}")]
    Json(#[from] serde_json::Error),
    /// An empty list.
    #[error("it lists nobody")]
    Nobody,
    /// A name that is no address.
    #[error("'{0}' is no address: {1}")]
    Address(String, KeyError),
    /// A name that stands twice: one of the amounts would be lost.
    #[error("{0} stands in it twice")]
    Twice(Address),
    /// An amount that is none.
    #[error("{0}: {1}")]
    Amount(Address, NoAmount),
    /// A balance of 0.
    #[error("{0} begins with 0 tokens: leave it out")]
    Nothing(Address),
    /// More than an amount can be.
    #[error("together they are more than the court counts, 10^18 tokens")]
    TooMuch,
}

/// Reads the file.
///
/// # Errors
/// Where it is not there, or the court would refuse it.
pub fn read(path: &Path) -> Result<BTreeMap<Address, u128>, CliError> {
    let named = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path);
    file.and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|error| CliError::NotFound(named(&error)))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        let said = named(&"it is over 4 MiB, and a genesis of the court has 1 MiB");
        return Err(CliError::Usage(said));
    }
    parse(&text).map_err(|error| CliError::Usage(named(&error)))
}

fn parse(text: &str) -> Result<BTreeMap<Address, u128>, BadBalances> {
    let Listed(listed) = serde_json::from_str(text)?;
    let (mut balances, mut sum) = (BTreeMap::new(), 0_u128);
    for (address, amount) in listed {
        let (address, units) = entry(address, &amount)?;
        let all = sum.checked_add(units).filter(|all| *all <= SUM_MAX);
        sum = all.ok_or(BadBalances::TooMuch)?;
        if balances.insert(address.clone(), units).is_some() {
            return Err(BadBalances::Twice(address));
        }
    }
    match balances.is_empty() {
        true => Err(BadBalances::Nobody),
        false => Ok(balances),
    }
}

fn entry(address: String, amount: &str) -> Result<(Address, u128), BadBalances> {
    let address = match address.parse::<Address>() {
        Ok(address) => address,
        Err(error) => return Err(BadBalances::Address(address, error)),
    };
    let amount = match amount.parse::<Amount>() {
        Ok(amount) => amount,
        Err(error) => return Err(BadBalances::Amount(address, error)),
    };
    match amount.units().parse() {
        Ok(0) => Err(BadBalances::Nothing(address)),
        Ok(units) => Ok((address, units)),
        Err(_long) => Err(BadBalances::TooMuch),
    }
}

/// The members of an object as they stand there: a map would keep one of two that have the same name, and say nothing.
struct Listed(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Listed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Listed(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const BOB: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";

    #[test]
    fn what_the_court_would_take_is_read() {
        let text = format!(r#"{{ "{ALICE}": "12.5", "{BOB}": "0.000000000001" }}"#);
        let read = parse(&text).unwrap();
        let units: Vec<u128> = read.into_values().collect();
        assert_eq!(units, [12_500_000_000_000, 1]);
    }

    #[test]
    fn what_the_court_would_refuse_is_refused_before() {
        let most = "999999999999999999.999999999999";
        let cases = [
            (format!(r#"{{ "{ALICE}": "0" }}"#), "begins with 0 tokens"),
            (format!(r#"{{ "{ALICE}": "1", "{ALICE}": "2" }}"#), "twice"),
            (
                format!(r#"{{ "{ALICE}": "{most}", "{BOB}": "0.000000000001" }}"#),
                "more than the court counts",
            ),
            (format!(r#"{{ "{ALICE}": "-1" }}"#), "no amount"),
            (format!(r#"{{ "{ALICE}": 1 }}"#), "no JSON object"),
            (r#"{ "alice": "1" }"#.to_owned(), "'alice' is no address"),
            ("{}".to_owned(), "lists nobody"),
            (format!(r#"["{ALICE}"]"#), "no JSON object"),
        ];
        for (text, said) in cases {
            let refused = parse(&text).unwrap_err().to_string();
            assert!(refused.contains(said), "{text}: {refused}");
        }
        assert!(parse(&format!(r#"{{ "{ALICE}": "{most}" }}"#)).is_ok());
    }
}
