//! What travels between two guard files of one key: a JSON text in which other clients can take part. Pure.
//!
//! ```json
//! {"format": "aosec-guard-interchange", "version": 1, "scheduler": "<address>", "genesis": "<id of the network's first block>",
//!  "processes": [{"process": "<id>", "epoch": 0, "slot": 41, "log_chain": "<id>", "record": "<hash or null>"}]}
//! ```
//!
//! 1. Taking one in is a maximum and never a minus, so order and repetition do not matter.
//! 2. It is taken whole or not at all: another key, another network, another version, a field that does not read, or two
//!    contents for one slot refuse all of it.
//! 3. `record` is the hash of the last batch as this house records it, for equal bytes at a retry; others leave it null.

use aosec_wire::{Address, Id};
use serde::{Deserialize, Serialize};

use super::{
    note::{Network, Note},
    rule::{Book, Contradiction, Head},
};

/// What `format` says.
pub const FORMAT: &str = "aosec-guard-interchange";
/// The version that is written, and the only one that is read.
pub const VERSION: u64 = 1;
/// Bytes of a text: 250 a process, for some 250,000 of them.
pub const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The whole text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interchange {
    format: String,
    version: u64,
    /// Whose slots these are.
    pub scheduler: Address,
    /// On which network.
    pub genesis: String,
    /// How far each log was signed.
    pub processes: Vec<Place>,
}

/// How far one epoch of a log was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The process.
    pub process: Id,
    /// The epoch.
    pub epoch: u64,
    /// The last slot.
    pub slot: u64,
    /// The log chain there.
    pub log_chain: Id,
    /// The hash of the last batch, where it is known.
    #[serde(default)]
    pub record: Option<Id>,
}

/// Why a text is not taken in, or none can be written.
#[derive(Debug, thiserror::Error)]
pub enum InterchangeError {
    /// It does not read.
    #[error("it is no guard interchange: {0}")]
    Malformed(String),
    /// It says that it is something else.
    #[error("its format is '{0}', not '{FORMAT}'")]
    Format(String),
    /// Another version.
    #[error(
        "it has version {0}, this node reads version {VERSION}: use the version of aosec that wrote it"
    )]
    Version(u64),
    /// Another key.
    #[error("it speaks of the key {found}, this guard is of {own}: take the file of this key")]
    OtherKey {
        /// The key of the text.
        found: Address,
        /// The key of the guard.
        own: Address,
    },
    /// Another network.
    #[error(
        "it speaks of the network {found}, this guard signs for {own}: take the file of this network"
    )]
    OtherNetwork {
        /// The network of the text.
        found: String,
        /// The network of the guard.
        own: String,
    },
    /// Nothing to be written about.
    #[error(
        "this guard has never seen its network, so it has signed nothing: there is nothing to export"
    )]
    NoNetwork,
    /// Two contents for one slot.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
}

impl InterchangeError {
    /// One word for scripts and vectors.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Format(_) => "format",
            Self::Version(_) => "version",
            Self::OtherKey { .. } => "wrong-key",
            Self::OtherNetwork { .. } => "wrong-network",
            Self::NoNetwork => "no-network",
            Self::Contradiction(_) => "contradiction",
        }
    }
}

/// What a guard knows, to be carried to another file.
///
/// # Errors
/// [`InterchangeError::NoNetwork`] where it has never seen its network.
pub fn export(book: &Book, scheduler: &Address) -> Result<Interchange, InterchangeError> {
    let network = book.network().ok_or(InterchangeError::NoNetwork)?;
    let place = |((process, epoch), head): (&(Id, u64), &Head)| Place {
        process: *process,
        epoch: *epoch,
        slot: head.slot,
        log_chain: head.log_chain,
        record: head.record,
    };
    Ok(Interchange {
        format: FORMAT.to_owned(),
        version: VERSION,
        scheduler: scheduler.clone(),
        genesis: network.to_string(),
        processes: book.heads().iter().map(place).collect(),
    })
}

impl Interchange {
    /// Reads a text.
    ///
    /// # Errors
    /// What of it does not read, with line and column.
    pub fn parse(text: &[u8]) -> Result<Self, InterchangeError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(InterchangeError::Malformed(format!(
                "it is longer than {TEXT_BYTES_MAX} bytes"
            )));
        }
        let read: Self = serde_json::from_slice(text)
            .map_err(|error| InterchangeError::Malformed(error.to_string()))?;
        match (read.format == FORMAT, read.version) {
            (false, _) => Err(InterchangeError::Format(read.format)),
            (true, VERSION) => Ok(read),
            (true, other) => Err(InterchangeError::Version(other)),
        }
    }

    /// Whether it speaks of the key `scheduler`.
    ///
    /// # Errors
    /// [`InterchangeError::OtherKey`] where it does not.
    pub fn verify_key(&self, scheduler: &Address) -> Result<(), InterchangeError> {
        if self.scheduler == *scheduler {
            return Ok(());
        }
        Err(InterchangeError::OtherKey {
            found: self.scheduler.clone(),
            own: scheduler.clone(),
        })
    }

    /// Takes it into `book`, the guard of `scheduler`, whole or not at all. Gives how many logs were not known so far.
    ///
    /// # Errors
    /// Why nothing was taken.
    pub fn merge(&self, book: &mut Book, scheduler: &Address) -> Result<usize, InterchangeError> {
        self.verify_key(scheduler)?;
        let mut next = book.clone();
        self.network(&mut next)?;
        let mut learned = 0;
        for place in &self.processes {
            learned += usize::from(next.learn((place.process, place.epoch), place.head())?);
        }
        *book = next;
        Ok(learned)
    }

    fn network(&self, book: &mut Book) -> Result<(), InterchangeError> {
        let network: Network = self
            .genesis
            .parse()
            .map_err(|error| InterchangeError::Malformed(format!("genesis: {error}")))?;
        match book.network() {
            None => Ok(book.note(Note::Network(network))?),
            Some(own) if *own == network => Ok(()),
            Some(own) => Err(InterchangeError::OtherNetwork {
                found: network.to_string(),
                own: own.to_string(),
            }),
        }
    }
}

impl Place {
    fn head(&self) -> Head {
        Head {
            slot: self.slot,
            log_chain: self.log_chain,
            record: self.record,
        }
    }
}
