//! Addresses: how a signer is named in tags, tables and answers.
//!
//! One signer has one text: 43 characters for SHA-256 of the owner field, or the checksummed 0x form (EIP-55) for Ethereum
//! signers, so that a personal-message key and a typed-data key of one wallet share their address. A Kyve signer has the
//! plain form, although it has an Ethereum key: its wallets name it by no 0x address, and a kind that is taken from settled
//! items alone shall not speak for an Ethereum wallet.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{SignatureKind, ethereum};
use crate::error::KeyError;
use crate::id::Id;

/// The address of a signer, in its one canonical text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(String);

impl Address {
    /// The address of the signer with this owner field.
    ///
    /// An owner field that is no key of its kind has the plain form; no signature can verify for it.
    pub fn of(kind: SignatureKind, owner: &[u8]) -> Self {
        let wallet = match kind {
            SignatureKind::Ethereum => ethereum::address_of_key(owner),
            SignatureKind::TypedEthereum => ethereum::address_of_text(owner),
            SignatureKind::Arweave
            | SignatureKind::Ed25519
            | SignatureKind::Solana
            | SignatureKind::Aptos
            | SignatureKind::MultiAptos
            | SignatureKind::Kyve => None,
        };
        match wallet {
            Some(address) => Self(address.to_checksum(None)),
            None => Self(Id::sha256(owner).to_string()),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Address {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.parse::<Id>().is_ok() {
            return Ok(Self(text.to_owned()));
        }
        let wallet = ethereum::address_of_text(text.as_bytes()).ok_or(KeyError::Address)?;
        let canonical = Self(wallet.to_checksum(None));
        match canonical.as_str() == text {
            true => Ok(canonical),
            false => Err(KeyError::NotChecksummed { canonical }),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_text() {
        let checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(
            checksummed.parse::<Address>().unwrap().as_str(),
            checksummed
        );
        let hint = checksummed
            .to_lowercase()
            .parse::<Address>()
            .unwrap_err()
            .to_string();
        assert!(hint.contains(checksummed), "{hint}");
        for bad in [
            "",
            "0x",
            "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            &checksummed[2..],
            "é",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    #[test]
    fn both_ethereum_kinds_of_a_wallet_share_their_address() {
        let secret = [7; 32];
        let personal = super::super::SigningKey::ethereum(secret).unwrap();
        let typed = super::super::SigningKey::typed_ethereum(secret).unwrap();
        assert_eq!(personal.address(), typed.address());
        assert_ne!(personal.owner(), typed.owner());
        let kyve = Address::of(SignatureKind::Kyve, personal.owner());
        assert_eq!(kyve.as_str(), Id::sha256(personal.owner()).to_string());
    }
}
