//! Ids: 32 bytes, written as 43 characters of base64url without padding.
//!
//! Rule: one id has one text. A text whose last character carries bits that no byte uses is refused, so that two
//! different texts can never name the same thing.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::error::IdError;

/// The id of an item, a transaction, a process: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; Id::BYTES]);

impl Id {
    /// Length of an id in bytes.
    pub const BYTES: usize = 32;

    /// Length of an id in characters.
    pub const CHARS: usize = 43;

    /// The id with these bytes.
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The id with these bytes, which must be 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdError> {
        let exact = bytes
            .try_into()
            .map_err(|_| IdError::Length { bytes: bytes.len() })?;
        Ok(Self(exact))
    }

    /// The bytes of the id.
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// SHA-256 of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 of the parts, one after the other.
    pub fn sha256_of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != Self::CHARS {
            return Err(IdError::Characters {
                characters: text.len(),
            });
        }
        Self::from_bytes(&from_base64url(text)?)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Base64url without padding.
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a canonical base64url text without padding.
pub fn from_base64url(text: &str) -> Result<Vec<u8>, IdError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| IdError::NotBase64url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text() {
        let id = Id::sha256(b"hello");
        let text = id.to_string();
        assert_eq!(text, "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ");
        assert_eq!(text.parse::<Id>().unwrap(), id);
        assert_eq!(format!("{id:?}"), text);
    }

    #[test]
    fn one_id_has_one_text() {
        let good = Id::new([0; 32]).to_string();
        assert!(good.parse::<Id>().is_ok());
        let spare_bits = format!("{}B", &good[..42]);
        for bad in [
            spare_bits.as_str(),
            "",
            &good[..42],
            &format!("{good}A"),
            &format!("{good}="),
            &"+".repeat(43),
        ] {
            assert!(bad.parse::<Id>().is_err(), "{bad}");
        }
        assert_eq!(
            "AA".parse::<Id>(),
            Err(IdError::Characters { characters: 2 })
        );
    }

    #[test]
    fn parts_hash_as_their_concatenation() {
        assert_eq!(Id::sha256_of(&[b"he", b"", b"llo"]), Id::sha256(b"hello"));
    }
}
