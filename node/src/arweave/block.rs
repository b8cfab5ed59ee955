//! What the base layer says of a block: its id, and the tip as a clock.
//!
//! Block height is the only clock of the law; wall time never decides.

use std::fmt;
use std::str::FromStr;

use aosec_wire::Id;
use aosec_wire::IdError;
use aosec_wire::id::{from_base64url, to_base64url};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The id of a block (`indep_hash`): 48 bytes, written as 64 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId([u8; Self::BYTES]);

impl BlockId {
    /// Length in bytes.
    pub const BYTES: usize = 48;

    /// The id with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BlockId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = from_base64url(text)?;
        let exact = bytes
            .as_slice()
            .try_into()
            .map_err(|_length| IdError::Length { bytes: bytes.len() })?;
        Ok(Self(exact))
    }
}

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The newest block, as far as gateways tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub block_id: BlockId,
    /// Its timestamp in seconds.
    pub time_s: u64,
}

/// The head of a block as gateways serve it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BlockHead {
    /// Its id.
    #[serde(rename = "indep_hash")]
    pub id: BlockId,
    /// Its height.
    pub height: u64,
    /// Its timestamp in seconds.
    #[serde(rename = "timestamp")]
    pub time_s: u64,
    /// The block before; absent in the first one, where some gateways write an empty text.
    #[serde(rename = "previous_block", default, deserialize_with = "empty_is_none")]
    pub previous: Option<BlockId>,
    /// Its transactions in order.
    #[serde(default)]
    pub txs: Vec<Id>,
}

impl BlockHead {
    /// The block as a clock.
    #[must_use]
    pub const fn tip(&self) -> Tip {
        Tip {
            height: self.height,
            block_id: self.id,
            time_s: self.time_s,
        }
    }
}

fn empty_is_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<BlockId>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(None),
        Some(text) if text.is_empty() => Ok(None),
        Some(text) => text.parse().map(Some).map_err(de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_id_survives_its_text() {
        let id = BlockId::new([9; 48]);
        assert_eq!(id.to_string().parse::<BlockId>(), Ok(id));
        assert_eq!(id.to_string().len(), 64);
        assert!("AAAA".parse::<BlockId>().is_err());
    }

    #[test]
    fn heads_read_with_and_without_a_predecessor() {
        let id = BlockId::new([1; 48]);
        let first = format!(
            r#"{{"indep_hash":"{id}","height":0,"timestamp":5,"previous_block":"","extra":1}}"#
        );
        let head: BlockHead = serde_json::from_str(&first).unwrap();
        assert_eq!((head.previous, head.tip().time_s), (None, 5));
        let next = first.replace(
            r#""previous_block":"""#,
            &format!(r#""previous_block":"{id}""#),
        );
        assert_eq!(
            serde_json::from_str::<BlockHead>(&next).unwrap().previous,
            Some(id)
        );
    }
}
