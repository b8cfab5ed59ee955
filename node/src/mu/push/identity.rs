//! Push identity (D9): the anchor that makes a second push of the same result the same item.

use aosec_wire::Id;

use super::Kind;

/// Who, when, as what, as which one. In hashed text a string has its length before it, and numbers have 8 bytes.
pub(super) fn identity(sender: Id, slot: u64, kind: Kind, index: u32) -> [u8; 32] {
    let word = word_of(kind);
    let length = (word.len() as u64).to_be_bytes();
    let parts: [&[u8]; 5] = [
        sender.as_bytes(),
        &slot.to_be_bytes(),
        &length,
        word,
        &u64::from(index).to_be_bytes(),
    ];
    *Id::sha256(&parts.concat()).as_bytes()
}

/// The word that is hashed. It never changes.
fn word_of(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Message => b"message",
        Kind::Spawn => b"spawn",
        Kind::Assignment => b"assignment",
        Kind::Spawned => b"spawned",
    }
}
