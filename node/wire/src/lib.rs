//! The nouns of the house: ids, tags, keys, ANS-104 data items and bundles, ao messages, assignments and their chains.
//!
//! Everything here is a pure function over bytes: no socket, no disk, no clock, no runtime (A1). Bytes from outside enter as
//! [`item::UnverifiedItem`] and are of use to nobody until [`item::UnverifiedItem::verify`] has made them a
//! [`item::VerifiedItem`] (A9).
//!
//! Read in this order: [`limits`], [`id`], [`tags`], [`deep_hash`], [`keys`], [`item`], [`bundle`], [`message`], [`assignment`],
//! [`record`].

pub mod assignment;
pub mod bundle;
pub mod deep_hash;
pub mod error;
pub mod id;
pub mod item;
pub mod keys;
pub mod limits;
pub mod message;
pub mod outcome;
pub mod record;
pub mod tags;

pub use assignment::{Assignment, AssignmentPlan, Chain};
pub use error::{
    AssignmentError, BundleError, IdError, ItemError, KeyError, MessageError, OutcomeError,
    RecordError, SignatureError, TagsError,
};
pub use id::Id;
pub use item::{Draft, Strictness, UnverifiedItem, VerifiedItem};
pub use keys::{Address, SignatureKind, SigningKey};
pub use message::{Message, Process, Scheduled};
pub use outcome::Outcome;
pub use record::{Head, HeadSignature, LogEntry, LogRecord};
pub use tags::Tags;
