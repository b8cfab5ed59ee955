//! What makes a court (PROTOCOL 2.10, 8; D16): its spawn and its genesis message. Pure.
//!
//! Both go into one inbox transaction, in this order, and whatever shall run at once behind them; the id of the spawn is Origin.

use std::collections::BTreeMap;

use aosec_wasm::origin_contract;
use aosec_wire::{Address, Draft, Id, ItemError, SigningKey, Tags, VerifiedItem};
use serde_json::{Value, json};

use super::messages::message;

/// Decimals of the token (3.1).
pub const DENOMINATION: usize = 12;

/// Units in one token.
pub const TOKEN: u128 = 1_000_000_000_000;

/// The parameters of section 8 for Arweave and for the devnet, in the names of the message table.
const PARAMETERS: [(&str, u64, u64); 26] = [
    ("settlement_depth", 20, 1),
    ("activation", 720, 2),
    ("unbonding", 21_600, 240),
    ("evidence_max_age", 14_400, 40),
    ("slash_delay", 220, 8),
    ("period_default", 360, 6),
    ("period_min", 60, 3),
    ("period_max", 5_040, 100),
    ("window_floor", 35, 3),
    ("late_after", 15, 2),
    ("publish_within", 60, 6),
    ("public_before", 5, 1),
    ("cut", 15, 2),
    ("commit", 15, 3),
    ("reveal", 10, 2),
    ("beacon_blocks", 16, 2),
    ("handover", 60, 6),
    ("notice", 720, 6),
    ("jail_min", 360, 4),
    ("jail_max", 5_040, 32),
    ("memory", 21_600, 120),
    ("mass_window", 30, 6),
    ("bounty_window", 5, 1),
    ("arrears", 720, 6),
    ("fee_rise", 60, 3),
    ("reopening_factor", 720, 20),
];

/// The network that a court is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Network {
    /// Blocks of two minutes.
    Arweave,
    /// Blocks of a second.
    Devnet,
}

/// The parameters as the genesis message carries them.
#[must_use]
pub fn parameters(network: Network) -> Value {
    let mut all = json!({});
    for (name, arweave, devnet) in PARAMETERS {
        all[name] = json!(match network {
            Network::Arweave => arweave,
            Network::Devnet => devnet,
        });
    }
    let (min_bond, inbox_fee) = match network {
        Network::Arweave => (1_000 * TOKEN, TOKEN / 100),
        Network::Devnet => (100 * TOKEN, 0),
    };
    all["min_bond"] = json!(min_bond.to_string());
    all["inbox_fee"] = json!(inbox_fee.to_string());
    all["answer_fee_floor"] = json!((TOKEN / 10).to_string());
    all
}

/// The spawn: the contract's text on the process module, with enclosures. The same key and module give the same id.
///
/// # Errors
/// Where the contract is over an item's limits.
pub fn spawn(founder: &SigningKey, module: Id) -> Result<VerifiedItem, ItemError> {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Process")
        .with("Name", "AO-Sec Origin")
        .with("Module", module.to_string())
        .with("On-Boot", "Data")
        .with("Enclosures", "1");
    let draft = Draft {
        tags,
        data: origin_contract::source().into_bytes().into(),
        ..Draft::default()
    };
    draft.sign_deterministic(founder)
}

/// The genesis message, by the key of the spawn.
///
/// # Errors
/// Where the balances are over an item's limits.
pub fn genesis(
    founder: &SigningKey,
    origin: Id,
    network: Network,
    balances: &BTreeMap<Address, u128>,
) -> Result<VerifiedItem, ItemError> {
    let amounts = balances.iter();
    let amounts: serde_json::Map<String, Value> = amounts
        .map(|(address, amount)| (address.to_string(), json!(amount.to_string())))
        .collect();
    let data = json!({
        "name": "AO-Sec", "ticker": "SEC", "logo": "",
        "parameters": parameters(network), "balances": amounts,
    });
    let draft = Draft {
        data: data.to_string().into_bytes().into(),
        ..message(origin, "Genesis")
    };
    draft.sign_deterministic(founder)
}

/// An amount of units as whole tokens and a fraction, without needless zeros.
#[must_use]
pub fn tokens(units: &str) -> String {
    let padded = format!("{units:0>width$}", width = DENOMINATION + 1);
    let (whole, fraction) = padded.split_at(padded.len() - DENOMINATION);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_tokens() {
        let shown = [
            "0",
            "1",
            "1000000000000",
            "1500000000000",
            "123456789012345",
        ]
        .map(tokens);
        assert_eq!(
            shown,
            ["0", "0.000000000001", "1", "1.5", "123.456789012345"]
        );
    }

    #[test]
    fn one_key_and_one_module_make_one_court() {
        let (key, module) = (SigningKey::ed25519([1; 32]), Id::new([2; 32]));
        let (one, again) = (spawn(&key, module).unwrap(), spawn(&key, module).unwrap());
        assert_eq!(one.id(), again.id());
        let other = spawn(&key, Id::new([3; 32])).unwrap();
        assert_ne!(one.id(), other.id());
    }
}
