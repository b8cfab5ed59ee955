//! Push identity (D9): the anchor that makes a second push of the same result the same item.

use aosec_wire::Id;

use super::{Kind, Turn};

/// Who, when, as what, as which one. In hashed text a string has its length before it, and numbers have 8 bytes.
pub(super) fn identity(sender: Id, turn: Turn, kind: Kind, index: u32) -> [u8; 32] {
    let number = |number: u64| number.to_be_bytes().to_vec();
    let text = |text: &[u8]| [number(text.len() as u64), text.to_vec()].concat();
    let turn = match turn {
        Turn::Slot(slot) => number(slot),
        Turn::Tick { rule, stamp } => {
            [text(b"cron"), number(u64::from(rule)), number(stamp)].concat()
        }
    };
    let rest = [text(word_of(kind)), number(u64::from(index))].concat();
    *Id::sha256_of(&[sender.as_bytes(), &turn, &rest]).as_bytes()
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
