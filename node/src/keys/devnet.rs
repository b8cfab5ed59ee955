//! The devnet's keys: fixed, published, throw-away. Whoever funds one of them gives the money away.
//!
//! RSA wallets stand in `devnet/wallets.json`; the others are hashes of their names, so that any script can make them again.

use std::sync::LazyLock;

use aosec_wire::{Id, KeyError, SigningKey};
use serde::Deserialize;

use super::NodeKeys;

/// Nodes of one devnet: as many as there are committed wallets beside the accounts'.
pub const NODES_MAX: usize = 8;

/// Wallets of accounts; those of nodes follow in the file.
const ACCOUNT_WALLETS: usize = 2;

static WALLETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct File<'a> {
        #[serde(borrow)]
        wallets: Vec<&'a serde_json::value::RawValue>,
    }
    let file: File<'_> = serde_json::from_str(include_str!("../../devnet/wallets.json"))
        .expect("the committed file is JSON");
    file.wallets
        .into_iter()
        .map(|wallet| wallet.get().to_owned())
        .collect()
});

/// An account of the devnet with its name.
#[derive(Debug)]
pub struct Account {
    /// What the banner calls it.
    pub name: &'static str,
    /// Its key.
    pub key: SigningKey,
}

/// Two accounts of each kind of wallet.
///
/// # Errors
/// Where a committed key is not usable, which a test rules out.
pub fn accounts() -> Result<Vec<Account>, KeyError> {
    Ok(vec![
        Account {
            name: "alice",
            key: wallet(0)?,
        },
        Account {
            name: "bob",
            key: SigningKey::ed25519(secret("account/bob")),
        },
        Account {
            name: "carol",
            key: SigningKey::ethereum(secret("account/carol"))?,
        },
        Account {
            name: "dave",
            key: wallet(1)?,
        },
        Account {
            name: "erin",
            key: SigningKey::ed25519(secret("account/erin")),
        },
        Account {
            name: "frank",
            key: SigningKey::ethereum(secret("account/frank"))?,
        },
    ])
}

/// The keys of node `index` (from 0, below [`NODES_MAX`]).
///
/// # Errors
/// Where there is no such wallet.
pub fn node(index: usize) -> Result<NodeKeys, KeyError> {
    let key = |name: &str| SigningKey::ed25519(secret(&format!("node/{index}/{name}")));
    Ok(NodeKeys {
        owner: key("owner"),
        operator: key("operator"),
        scheduler: key("scheduler"),
        authority: key("authority"),
        wallet: wallet(ACCOUNT_WALLETS + index)?,
    })
}

/// The key that signs a devnet's court: its spawn and genesis. It has no power afterwards.
#[must_use]
pub fn founder() -> SigningKey {
    SigningKey::ed25519(secret("founder"))
}

fn wallet(index: usize) -> Result<SigningKey, KeyError> {
    SigningKey::rsa_from_jwk(WALLETS.get(index).map_or("", String::as_str))
}

/// The secret of a devnet key: SHA-256 of its name under this file's prefix.
fn secret(name: &str) -> [u8; 32] {
    *Id::sha256(format!("aosec devnet key, never fund it: {name}").as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_devnet_key_is_usable_and_no_two_are_equal() {
        let mut addresses: Vec<String> = accounts()
            .expect("usable")
            .iter()
            .map(|account| account.key.address().to_string())
            .collect();
        for index in 0..NODES_MAX {
            let keys = node(index).expect("usable");
            for key in [
                &keys.owner,
                &keys.operator,
                &keys.scheduler,
                &keys.authority,
                &keys.wallet,
            ] {
                addresses.push(key.address().to_string());
            }
        }
        assert_eq!(
            addresses.iter().collect::<BTreeSet<_>>().len(),
            addresses.len()
        );
        assert!(node(NODES_MAX).is_err());
    }
}
