//! Reading an item as an assignment. What is written twice, or in a second form, is no assignment.

use super::Assignment;
use crate::error::AssignmentError;
use crate::id::Id;
use crate::item::VerifiedItem;
use crate::limits::EXCLUDES_MAX;
use crate::message::DATA_PROTOCOL;
use crate::tags::Tags;

const ID_FORM: &str = "a 43-character id";
const NUMBER_FORM: &str = "a decimal number without leading zero";
const HEIGHT_FORM: &str = "twelve digits";
const HEIGHT_DIGITS: usize = 12;

impl Assignment {
    /// The assignment that an item is.
    pub fn from_item(item: VerifiedItem) -> Result<Self, AssignmentError> {
        let tags = item.tags();
        verify_text(tags, "Data-Protocol", DATA_PROTOCOL)?;
        verify_text(tags, "Type", "Assignment")?;
        if !item.data().is_empty() {
            return Err(AssignmentError::Data);
        }
        let nonce = number(tags, "Nonce")?;
        Ok(Self {
            process: required(optional_id(tags, "Process")?, "Process")?,
            epoch: number(tags, "Epoch")?,
            nonce,
            message: message(tags, nonce)?,
            height: height(tags)?,
            timestamp: number(tags, "Timestamp")?,
            hash_chain: required(optional_id(tags, "Hash-Chain")?, "Hash-Chain")?,
            log_chain: optional_id(tags, "Log-Chain")?,
            exclude: exclude(tags)?,
            item,
        })
    }
}

fn verify_text(
    tags: &Tags,
    tag: &'static str,
    expected: &'static str,
) -> Result<(), AssignmentError> {
    match once(tags, tag)? {
        Some(value) if value == expected => Ok(()),
        Some(_) => Err(AssignmentError::Value { tag, expected }),
        None => Err(AssignmentError::Missing(tag)),
    }
}

fn message(tags: &Tags, nonce: u64) -> Result<Option<Id>, AssignmentError> {
    match optional_id(tags, "Message")? {
        None if nonce > 0 => Err(AssignmentError::NoMessage(nonce)),
        message => Ok(message),
    }
}

fn height(tags: &Tags) -> Result<u64, AssignmentError> {
    let wrong = AssignmentError::Value {
        tag: "Block-Height",
        expected: HEIGHT_FORM,
    };
    let text = required(once(tags, "Block-Height")?, "Block-Height")?;
    let digits = text.len() == HEIGHT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let height = text.parse().ok().filter(|_| digits);
    height.ok_or(wrong)
}

fn exclude(tags: &Tags) -> Result<Vec<String>, AssignmentError> {
    let fields: Vec<_> = tags.all("Exclude").map(str::to_owned).collect();
    match fields.len() > EXCLUDES_MAX {
        true => Err(AssignmentError::Repeated("Exclude")),
        false => Ok(fields),
    }
}

fn number(tags: &Tags, tag: &'static str) -> Result<u64, AssignmentError> {
    let text = required(once(tags, tag)?, tag)?;
    let number = text
        .parse::<u64>()
        .ok()
        .filter(|number| number.to_string() == text);
    number.ok_or(AssignmentError::Value {
        tag,
        expected: NUMBER_FORM,
    })
}

fn optional_id(tags: &Tags, tag: &'static str) -> Result<Option<Id>, AssignmentError> {
    let text = once(tags, tag)?;
    text.map(str::parse)
        .transpose()
        .map_err(|_| AssignmentError::Value {
            tag,
            expected: ID_FORM,
        })
}

fn once<'a>(tags: &'a Tags, tag: &'static str) -> Result<Option<&'a str>, AssignmentError> {
    let mut values = tags.all(tag);
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(AssignmentError::Repeated(tag)),
    }
}

fn required<T>(value: Option<T>, tag: &'static str) -> Result<T, AssignmentError> {
    value.ok_or(AssignmentError::Missing(tag))
}
