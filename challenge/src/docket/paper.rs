//! What reaches the docket: items, what they enclose and what the deriver says of logs (2.5, 2.8), as far as cases read it.

use std::collections::BTreeMap;

/// An item that accuses, answers or asks, after its fee and the looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paper {
    /// The caller.
    pub owner: String,
    /// The height of the block in which it runs.
    pub run: u64,
    /// The height of the block that contains it.
    pub mined: u64,
    /// Its tags; the first of a name counts.
    pub tags: Vec<(String, String)>,
    /// Its children.
    pub enclosed: Vec<Enclosed>,
    /// What it sees of the logs that it names.
    pub logs: Logs,
}

/// A child of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosed {
    /// Its id.
    pub id: String,
    /// Its target, empty where there is none.
    pub target: String,
    /// Its bytes.
    pub size: u64,
    /// Its tags as signed.
    pub tags: Vec<(String, String)>,
    /// What it signs, where it is a receipt or a log record.
    pub signed: Option<Signed>,
}

/// What a receipt or a log record signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// The process.
    pub process: String,
    /// Its epoch.
    pub epoch: u64,
    /// The hot key's address.
    pub signer: String,
    /// The first slot; a receipt has no other.
    pub first: u64,
    /// Whether it is a record.
    pub is_record: bool,
    /// The entries that are shown, by slot.
    pub entries: BTreeMap<u64, Entry>,
    /// Whether the entry at `Slot` + 1 follows the other child's at `Slot`.
    pub follows: Option<bool>,
    /// Whether a receipt equals the canonical entry.
    pub is_canonical: bool,
}

/// An entry of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The message's id.
    pub message: String,
    /// The stamped height.
    pub height: u64,
    /// The stamped time.
    pub timestamp: u64,
    /// The chain after it.
    pub chain: String,
}

/// What is seen of logs, by process.
pub type Logs = BTreeMap<String, Log>;

/// What is seen of one log: what was not asked for is not there, and nothing is what the log does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// What stands in a slot.
    pub at: BTreeMap<u64, Option<Content>>,
    /// Where a message stands.
    pub of: BTreeMap<String, Option<Place>>,
}

/// What stands in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The message's id.
    pub message: String,
    /// Its epoch.
    pub epoch: u64,
    /// Whether no host signed it.
    pub is_virtual: bool,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The slot.
    pub slot: u64,
    /// The height at which it became canonical.
    pub mined: u64,
    /// Whether no host signed it.
    pub is_virtual: bool,
}

impl Paper {
    /// The first tag of a name.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        let mut named = self.tags.iter().filter(|(tag, _)| tag == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// The process that it names.
    pub(super) fn process(&self) -> Option<&str> {
        self.tag("Process").filter(|text| spelling::is_id(text))
    }

    /// An amount that must stand there.
    pub(super) fn amount(&self, name: &str) -> Option<u128> {
        self.tag(name).and_then(spelling::amount)
    }

    /// A count that must stand there.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.tag(name).and_then(spelling::count)
    }
}

impl Enclosed {
    /// Whether a tag stands there once with exactly this value (2.5).
    pub(super) fn says(&self, name: &str, value: &str) -> bool {
        let mut named = self.tags.iter().filter(|(tag, _)| tag == name);
        named.next().is_some_and(|(_, said)| said == value) && named.next().is_none()
    }

    /// The receipt that it is, if it is one.
    pub(super) fn receipt(&self) -> Option<Receipt<'_>> {
        let signed = self.signed.as_ref().filter(|signed| !signed.is_record)?;
        let entry = signed.entries.get(&signed.first)?;
        Some(Receipt {
            signed,
            slot: signed.first,
            entry,
        })
    }
}

/// A receipt: one slot, signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt<'a> {
    pub(super) signed: &'a Signed,
    pub(super) slot: u64,
    pub(super) entry: &'a Entry,
}

/// Where a message stands, if the log was seen and has it.
pub(super) fn place(logs: &Logs, process: &str, message: &str) -> Option<Place> {
    *logs.get(process)?.of.get(message)?
}

mod spelling {
    //! How ids, amounts and counts are spelled (Bytes and hashed texts).

    const ID_CHARS: usize = 43;
    const AMOUNT_DIGITS: usize = 30;
    const COUNT_DIGITS: usize = 15;

    pub(super) fn is_id(text: &str) -> bool {
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        text.len() == ID_CHARS && text.bytes().all(base64url)
    }

    pub(super) fn amount(text: &str) -> Option<u128> {
        digits(text, AMOUNT_DIGITS)?.parse().ok()
    }

    pub(super) fn count(text: &str) -> Option<u64> {
        digits(text, COUNT_DIGITS)?.parse().ok()
    }

    fn digits(text: &str, most: usize) -> Option<&str> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let shortest = text == "0" || !text.starts_with('0');
        (plain && shortest && text.len() <= most).then_some(text)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn numbers_are_plain_and_bounded() {
            for text in ["", "01", "00", "-1", "+1", "1.0", " 1", "1e3", "٣"] {
                assert_eq!((amount(text), count(text)), (None, None), "{text}");
            }
            assert_eq!(amount(&"9".repeat(30)), Some(10_u128.pow(30) - 1));
            assert_eq!(amount(&"1".repeat(31)), None);
            assert_eq!(count(&"9".repeat(15)), Some(10_u64.pow(15) - 1));
            assert_eq!(count(&"1".repeat(16)), None);
            assert!(is_id(&"a-_9".repeat(11)[..43]) && !is_id(&"a".repeat(42)));
        }
    }
}
