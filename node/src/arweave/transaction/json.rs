//! The JSON shape in which gateways take and give transactions: bytes as base64url, amounts as decimal text.

use aosec_wire::Id;
use aosec_wire::id::{from_base64url, to_base64url};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    Anchor, DATA_BYTES_MAX, Fields, Format, RawTag, TAGS_BYTES_MAX, TAGS_MAX, Transaction,
    TransactionError, UnverifiedTransaction,
};

/// A transaction as text. Fields that gateways add are passed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Shape {
    #[serde(default = "format_one")]
    format: u64,
    id: String,
    #[serde(default)]
    last_tx: String,
    owner: String,
    #[serde(default)]
    tags: Vec<ShapeTag>,
    #[serde(default)]
    target: String,
    quantity: String,
    #[serde(default)]
    data: String,
    #[serde(default)]
    data_size: String,
    #[serde(default)]
    data_root: String,
    reward: String,
    signature: String,
}

/// The oldest transactions of the base layer name no format.
const fn format_one() -> u64 {
    1
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ShapeTag {
    name: String,
    value: String,
}

impl UnverifiedTransaction {
    /// Reads the JSON of a gateway.
    ///
    /// # Errors
    /// What does not read, or is over a limit.
    pub fn from_json(json: &[u8]) -> Result<Self, TransactionError> {
        Self::from_shape(serde_json::from_slice(json)?)
    }

    fn from_shape(shape: Shape) -> Result<Self, TransactionError> {
        let format = match shape.format {
            1 => Format::One,
            2 => Format::Two,
            other => return Err(TransactionError::Format(other)),
        };
        let data = read_data(&shape.data)?;
        let declared = read_size(&shape.data_size)?;
        let fields = Fields {
            format,
            anchor: Anchor::from_bytes(&bytes("last_tx", &shape.last_tx)?)
                .ok_or(TransactionError::Field("last_tx"))?,
            owner: bytes("owner", &shape.owner)?,
            tags: read_tags(&shape.tags)?,
            target: optional("target", &shape.target)?.map(Id::new),
            quantity_winston: amount("quantity", &shape.quantity)?,
            reward_winston: amount("reward", &shape.reward)?,
            data_size: if format == Format::One {
                data.len() as u64
            } else {
                declared
            },
            data_root: if format == Format::One {
                None
            } else {
                optional("data_root", &shape.data_root)?
            },
        };
        let lacks_data = data.is_empty() && declared > 0;
        Ok(Self {
            fields,
            id: shape
                .id
                .parse()
                .map_err(|_bad| TransactionError::Field("id"))?,
            signature: bytes("signature", &shape.signature)?,
            data: (!lacks_data).then_some(data),
        })
    }
}

impl Transaction {
    /// The JSON of a gateway, with the data if it is here.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.shaped(self.data.as_deref().unwrap_or_default())
    }

    /// The JSON of a gateway without data: what stands beside the data in a file, and what a gateway answers for large ones.
    #[must_use]
    pub fn to_json_without_data(&self) -> serde_json::Value {
        self.shaped(&[])
    }

    fn shaped(&self, data: &[u8]) -> serde_json::Value {
        let tags: Vec<_> = self.tags().iter().map(shape_tag).collect();
        serde_json::json!({
            "format": self.format().number(),
            "id": self.id,
            "last_tx": to_base64url(self.anchor().as_bytes()),
            "owner": to_base64url(self.owner()),
            "tags": tags,
            "target": self.target().map(|target| target.to_string()).unwrap_or_default(),
            "quantity": self.quantity_winston().to_string(),
            "data": to_base64url(data),
            "data_size": self.data_size().to_string(),
            "data_root": self.data_root_text(),
            "data_tree": [],
            "reward": self.reward_winston().to_string(),
            "signature": to_base64url(self.signature()),
        })
    }
}

fn shape_tag((name, value): &RawTag) -> ShapeTag {
    ShapeTag {
        name: to_base64url(name),
        value: to_base64url(value),
    }
}

fn read_data(text: &str) -> Result<Bytes, TransactionError> {
    if text.len() > DATA_BYTES_MAX.div_ceil(3) * 4 {
        return Err(TransactionError::DataTooLong {
            bytes: text.len() / 4 * 3,
        });
    }
    bytes("data", text)
}

fn read_tags(tags: &[ShapeTag]) -> Result<Vec<RawTag>, TransactionError> {
    if tags.len() > TAGS_MAX {
        return Err(TransactionError::Tags { bytes: tags.len() });
    }
    let read = |tag: &ShapeTag| Ok((bytes("tags", &tag.name)?, bytes("tags", &tag.value)?));
    let tags: Vec<RawTag> = tags
        .iter()
        .map(read)
        .collect::<Result<_, TransactionError>>()?;
    let bytes = tags
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if bytes > TAGS_BYTES_MAX {
        return Err(TransactionError::Tags { bytes });
    }
    Ok(tags)
}

/// The declared size; absent means none.
fn read_size(text: &str) -> Result<u64, TransactionError> {
    if text.is_empty() {
        return Ok(0);
    }
    amount("data_size", text)?
        .try_into()
        .map_err(|_over| TransactionError::Field("data_size"))
}

fn bytes(field: &'static str, text: &str) -> Result<Bytes, TransactionError> {
    from_base64url(text)
        .map(Bytes::from)
        .map_err(|_bad| TransactionError::Field(field))
}

/// 32 bytes, or none.
fn optional(field: &'static str, text: &str) -> Result<Option<[u8; 32]>, TransactionError> {
    let bytes = bytes(field, text)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    bytes
        .as_ref()
        .try_into()
        .map(Some)
        .map_err(|_length| TransactionError::Field(field))
}

/// Decimal text in its only form: the text itself is signed, so `007` and `+7` are not 7.
fn amount(field: &'static str, text: &str) -> Result<u128, TransactionError> {
    let amount: u128 = text
        .parse()
        .map_err(|_bad| TransactionError::Field(field))?;
    (amount.to_string() == text)
        .then_some(amount)
        .ok_or(TransactionError::Field(field))
}
