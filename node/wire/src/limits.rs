//! Every limit of the ground floor, each with its reason.
//!
//! A limit is a rule about bytes from outside; none of them may be reached by trusting a number that those bytes declare.

/// Most tags in one item: the ANS-104 limit.
pub const TAGS_MAX: usize = 128;

/// Longest tag name in bytes: the ANS-104 limit.
pub const TAG_NAME_BYTES_MAX: usize = 1_024;

/// Longest tag value in bytes: the ANS-104 limit. Settled items may go up to [`TAGS_BYTES_MAX`].
pub const TAG_VALUE_BYTES_MAX: usize = 3_072;

/// Longest Avro text of all tags of an item: what every deployed ANS-104 library enforces.
pub const TAGS_BYTES_MAX: usize = 4_096;

/// Longest item at our own entrance: the body limit of the ao network's scheduler units.
pub const ITEM_BYTES_MAX: usize = 10 * 1_024 * 1_024;

/// Longest Avro varint: ten groups of seven bits hold 64 bits.
pub const VARINT_BYTES_MAX: usize = 10;

/// Most messages, spawns or assignments that one evaluation may send out: a thousand is ten times what known processes
/// do, and bounds what one message can make the messenger sign.
pub const OUTBOX_MAX: usize = 1_000;

/// Most processes one outgoing assignment may name, for the same reason as [`OUTBOX_MAX`].
pub const ASSIGNED_PROCESSES_MAX: usize = 1_000;

/// Longest evaluation result: the output cap of the Wasm door.
pub const OUTCOME_BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// Longest private key file in the JWK form: a 4096-bit key takes about 3.2 KiB, the rest is room for comments.
pub const JWK_BYTES_MAX: usize = 16 * 1_024;

/// Highest block height an assignment can carry: its tag has twelve digits.
pub const HEIGHT_MAX: u64 = 999_999_999_999;

/// Most `Exclude` tags of one assignment: an item has fewer fields than that.
pub const EXCLUDES_MAX: usize = 16;

/// Most tags read of one outgoing message: far above [`TAGS_MAX`], so that a message with too many tags fails alone when
/// it is made and does not spoil the whole result.
pub const TAGS_LISTED_MAX: usize = 10_000;

/// Most slots of one log record: the law's bound (PROTOCOL 5.5).
pub const RECORD_ENTRIES_MAX: usize = 2_000;

/// Largest number in hashed text: every language that reads the law has signed 64-bit integers.
pub const NUMBER_MAX: u64 = i64::MAX as u64;
