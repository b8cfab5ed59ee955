//! Which processes a message names (PROTOCOL 2.8).

use aosec_wire::Id;

use super::caps::NAMES_MAX;
use super::mail::Letter;

const PROCESS: &str = "Process";

/// The process of the message's first `Process` tag, then those of its children that have one such tag, each once. A message that
/// names too many is refused by the contract and sees no head.
pub(super) fn of(letter: &Letter) -> Vec<Id> {
    let own = letter.item.tags().get(PROCESS);
    let children = letter.enclosed.items().iter().filter_map(|child| {
        let mut values = child.tags().all(PROCESS);
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    });
    let mut names: Vec<&str> = Vec::new();
    for name in own.into_iter().chain(children) {
        if is_name(name) && !names.contains(&name) {
            names.push(name);
        }
    }
    match names.len() > NAMES_MAX {
        true => Vec::new(),
        // A second text of an id names nothing that is known.
        false => names.iter().filter_map(|name| name.parse().ok()).collect(),
    }
}

/// What counts as a name: 43 characters of base64url.
fn is_name(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == Id::CHARS && text.bytes().all(base64url)
}
