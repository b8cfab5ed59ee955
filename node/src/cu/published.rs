//! A checkpoint as a data item: the state of a process behind one slot, for others to start from. Pure.
//!
//! - K1 tags, each exactly once: `Data-Protocol: ao`, `Type: Checkpoint`, `Process`, `Module`, `Nonce` (the slot), `Timestamp`,
//!   `Block-Height`, `Assignment`, `Hash-Chain`, `Log-Chain`, `State-Root`, `Engine`.
//! - K2 data: the mark `aosec-checkpoint-1`, the length of the snapshot (4 bytes, big-endian) and the snapshot (base image by its
//!   hashes, changed pages), the number of pushed contents (4 bytes) and each of them (32 bytes, ascending). Nothing may follow.
//! - K3 an item proves who wrote it and nothing else. Whoever starts from it compares its position with the log, and computes the
//!   root from its pages; that the pages follow from the log is known only to who has computed the log.

use aosec_wire::{Draft, Id, Tags, VerifiedItem};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use crate::store::checkpoint::Position;

/// Its `Type` tag.
pub const TYPE: &str = "Checkpoint";
/// What its data begins with.
const MARK: &[u8; 18] = b"aosec-checkpoint-1";
/// Pushed contents that one may carry: 2 MiB of them. A process with more has to be computed.
pub const PUSHES_MAX: u32 = 65_536;
/// Bytes of its data: an item of the network takes 10 MiB with its tags.
pub const DATA_BYTES_MAX: usize = 10 * 1024 * 1024 - 8 * 1024;
/// Letters of an engine's name.
const ENGINE_LETTERS_MAX: usize = 128;
/// Digits of a height.
const HEIGHT_DIGITS: usize = 12;

/// The state of a process behind a slot, as somebody says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The process.
    pub process: Id,
    /// Id of its module item.
    pub module: Id,
    /// The slot, and what the next one must link to.
    pub position: Position,
    /// The state root there.
    pub root: Id,
    /// The engine that computed it.
    pub engine: String,
    /// The snapshot, as the engine writes it.
    pub snapshot: Bytes,
    /// Contents of pushed messages up to the slot, ascending.
    pub pushes: Vec<Id>,
}

/// Why an item is no checkpoint, or none can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishedError {
    /// A tag.
    #[error("its tag {0} is missing, stands twice or does not read")]
    Tag(&'static str),
    /// The data.
    #[error("its data is damaged: {0}")]
    Data(&'static str),
    /// More than an item takes.
    #[error("it takes {bytes} bytes, and an item {DATA_BYTES_MAX}: the process has to be computed")]
    TooLarge {
        /// What it takes.
        bytes: usize,
    },
    /// The log carries no `Log-Chain` there.
    #[error("the log has no Log-Chain at slot {0}, so nobody could check the position")]
    NoChain(u64),
}

impl Published {
    /// The item's content.
    ///
    /// # Errors
    /// [`PublishedError::TooLarge`], [`PublishedError::NoChain`].
    pub fn draft(&self) -> Result<Draft, PublishedError> {
        let at = &self.position;
        let chain = at.log_chain.ok_or(PublishedError::NoChain(at.slot))?;
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", TYPE)
            .with("Process", self.process.to_string())
            .with("Module", self.module.to_string())
            .with("Nonce", at.slot.to_string())
            .with("Timestamp", at.timestamp_ms.to_string())
            .with("Block-Height", format!("{:012}", at.height))
            .with("Assignment", at.assignment.to_string())
            .with("Hash-Chain", at.hash_chain.to_string())
            .with("Log-Chain", chain.to_string())
            .with("State-Root", self.root.to_string())
            .with("Engine", self.engine.as_str());
        Ok(Draft {
            tags,
            data: self.data()?,
            ..Draft::default()
        })
    }

    fn data(&self) -> Result<Bytes, PublishedError> {
        let lengths = 2 * size_of::<u32>();
        let bytes = MARK.len() + lengths + self.snapshot.len() + self.pushes.len() * Id::BYTES;
        let too_large = PublishedError::TooLarge { bytes };
        if bytes > DATA_BYTES_MAX {
            return Err(too_large);
        }
        let length = |count: usize| u32::try_from(count).map_err(|_large| too_large.clone());
        let mut data = BytesMut::with_capacity(bytes);
        data.put_slice(MARK);
        data.put_u32(length(self.snapshot.len())?);
        data.put_slice(&self.snapshot);
        data.put_u32(length(self.pushes.len())?);
        for push in &self.pushes {
            data.put_slice(push.as_bytes());
        }
        Ok(data.freeze())
    }

    /// Reads an item, strictly.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(item: &VerifiedItem) -> Result<Self, PublishedError> {
        let tags = item.tags();
        expect(tags, "Data-Protocol", "ao")?;
        expect(tags, "Type", TYPE)?;
        let engine = once(tags, "Engine")?;
        if engine.is_empty() || engine.len() > ENGINE_LETTERS_MAX {
            return Err(PublishedError::Tag("Engine"));
        }
        let (snapshot, pushes) = contents(item.data())?;
        Ok(Self {
            process: id(tags, "Process")?,
            module: id(tags, "Module")?,
            position: Position {
                slot: number(tags, "Nonce")?,
                assignment: id(tags, "Assignment")?,
                hash_chain: id(tags, "Hash-Chain")?,
                log_chain: Some(id(tags, "Log-Chain")?),
                height: height(tags)?,
                timestamp_ms: number(tags, "Timestamp")?,
            },
            root: id(tags, "State-Root")?,
            engine: engine.to_owned(),
            snapshot,
            pushes,
        })
    }
}

fn contents(mut data: Bytes) -> Result<(Bytes, Vec<Id>), PublishedError> {
    if data.len() > DATA_BYTES_MAX {
        return Err(PublishedError::TooLarge { bytes: data.len() });
    }
    let short = |_end| PublishedError::Data("it ends too early");
    let mut mark = [0; MARK.len()];
    data.try_copy_to_slice(&mut mark).map_err(short)?;
    if mark != *MARK {
        return Err(PublishedError::Data("it does not begin like a checkpoint"));
    }
    let length = data.try_get_u32().map_err(short)? as usize;
    if length > data.len() {
        return Err(PublishedError::Data("it ends too early"));
    }
    let snapshot = data.split_to(length);
    let count = data.try_get_u32().map_err(short)?;
    if count > PUSHES_MAX || data.len() != count as usize * Id::BYTES {
        return Err(PublishedError::Data(
            "the pushed contents have another length",
        ));
    }
    let pushes: Vec<Id> = data
        .as_chunks::<{ Id::BYTES }>()
        .0
        .iter()
        .map(|id| Id::new(*id))
        .collect();
    match pushes.is_sorted_by(|one, next| one < next) {
        true => Ok((snapshot, pushes)),
        false => Err(PublishedError::Data("the pushed contents do not ascend")),
    }
}

fn once<'t>(tags: &'t Tags, name: &'static str) -> Result<&'t str, PublishedError> {
    let mut values = tags.all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(PublishedError::Tag(name)),
    }
}

fn expect(tags: &Tags, name: &'static str, wanted: &str) -> Result<(), PublishedError> {
    match once(tags, name)? == wanted {
        true => Ok(()),
        false => Err(PublishedError::Tag(name)),
    }
}

fn id(tags: &Tags, name: &'static str) -> Result<Id, PublishedError> {
    let text = once(tags, name)?;
    text.parse().map_err(|_bad| PublishedError::Tag(name))
}

/// Decimal, without leading zeros, within SQLite's range.
fn number(tags: &Tags, name: &'static str) -> Result<u64, PublishedError> {
    let text = once(tags, name)?;
    let number: u64 = text.parse().map_err(|_bad| PublishedError::Tag(name))?;
    match number.to_string() == text && i64::try_from(number).is_ok() {
        true => Ok(number),
        false => Err(PublishedError::Tag(name)),
    }
}

fn height(tags: &Tags) -> Result<u64, PublishedError> {
    let text = once(tags, "Block-Height")?;
    let digits = text.len() == HEIGHT_DIGITS && text.bytes().all(|letter| letter.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or(PublishedError::Tag("Block-Height"))
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;

    use super::*;

    fn sample() -> Published {
        Published {
            process: Id::new([1; 32]),
            module: Id::new([2; 32]),
            position: Position {
                slot: 77,
                assignment: Id::new([3; 32]),
                hash_chain: Id::new([4; 32]),
                log_chain: Some(Id::new([5; 32])),
                height: 1_234,
                timestamp_ms: 99,
            },
            root: Id::new([6; 32]),
            engine: "engine 1".into(),
            snapshot: Bytes::from_static(b"pages"),
            pushes: vec![Id::new([1; 32]), Id::new([7; 32])],
        }
    }

    fn signed(draft: Draft) -> VerifiedItem {
        draft.sign(&SigningKey::ed25519([8; 32])).unwrap()
    }

    fn bent(bend: impl FnOnce(&mut Draft)) -> Result<Published, PublishedError> {
        let mut draft = sample().draft().unwrap();
        bend(&mut draft);
        Published::read(&signed(draft))
    }

    #[test]
    fn a_checkpoint_survives_its_item() {
        let item = signed(sample().draft().unwrap());
        assert_eq!(Published::read(&item), Ok(sample()));
    }

    #[test]
    fn every_cut_and_every_extra_byte_is_refused() {
        let whole = sample().draft().unwrap().data;
        for end in 0..whole.len() {
            let cut = bent(|draft| draft.data = whole.slice(..end));
            assert!(matches!(cut, Err(PublishedError::Data(_))), "{end} bytes");
        }
        let longer = [&whole[..], &[0]].concat();
        assert!(bent(|draft| draft.data = longer.into()).is_err());
    }

    #[test]
    fn tags_stand_once_and_read_in_one_way() {
        for (name, value) in [
            ("Nonce", "077"),
            ("Nonce", "-1"),
            ("Timestamp", "99999999999999999999"),
            ("Block-Height", "1234"),
            ("State-Root", "short"),
            ("Type", "Message"),
            ("Engine", &"e".repeat(ENGINE_LETTERS_MAX + 1)),
        ] {
            let replaced = |tags: &Tags| {
                let others = tags.iter().filter(|(found, _value)| *found != name);
                others.collect::<Tags>().with(name, value)
            };
            let refused = bent(|draft| draft.tags = replaced(&draft.tags));
            assert_eq!(refused, Err(PublishedError::Tag(name)), "{name}: {value}");
            let twice = bent(|draft| draft.tags.push(name, value));
            assert_eq!(twice, Err(PublishedError::Tag(name)), "{name} twice");
        }
    }

    #[test]
    fn pushed_contents_ascend_and_are_counted() {
        let unsorted = Published {
            pushes: vec![Id::new([7; 32]), Id::new([7; 32])],
            ..sample()
        };
        let item = signed(unsorted.draft().unwrap());
        assert!(matches!(
            Published::read(&item),
            Err(PublishedError::Data(_))
        ));
    }

    #[test]
    fn what_no_item_takes_is_refused_before_it_is_made() {
        let large = Published {
            snapshot: vec![0; DATA_BYTES_MAX].into(),
            ..sample()
        };
        assert!(matches!(
            large.draft(),
            Err(PublishedError::TooLarge { .. })
        ));
        let mut bare = sample();
        bare.position.log_chain = None;
        assert_eq!(bare.draft().unwrap_err(), PublishedError::NoChain(77));
    }
}
