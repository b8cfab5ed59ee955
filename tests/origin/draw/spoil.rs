//! Makes a good item bad in one place: a tag lost, twice, or of another kind; somebody else's hand; children too few or too many.

use super::super::moves::{Enclosed, Letter};
use super::cast;
use crate::harness::seed::Seed;

/// Values that are almost right somewhere.
const VALUES: [&str; 19] = [
    "",
    "0",
    "00",
    "1",
    "01",
    "-1",
    "+1",
    "1.5",
    "1e3",
    " 1",
    "1 ",
    "0x10",
    "999999999999999",
    "1000000000000000",
    "999999999999999999999999999999",
    "1000000000000000000000000000000",
    "340282366920938463463374607431768211456",
    "http://",
    "ftp://a",
];

pub(crate) fn letter(seed: &mut Seed, letter: &mut Letter) {
    match seed.below(10) {
        0..=3 => tags(seed, &mut letter.tags),
        4 => letter.from = anybody(seed),
        5 => letter.bad = true,
        6 => letter.ago = 1 + seed.below(20),
        _ => match &mut letter.items {
            Some(items) => children(seed, items),
            None => tags(seed, &mut letter.tags),
        },
    }
}

fn children(seed: &mut Seed, items: &mut Vec<Enclosed>) {
    if items.is_empty() {
        return;
    }
    let at = index(seed, items.len());
    match seed.below(8) {
        0 => {
            items.remove(at);
        }
        1 => items.push(items[at].clone()),
        2 => items[at].from = anybody(seed),
        3 => items.rotate_left(1),
        4 => items.clear(),
        _ => tags(seed, &mut items[at].tags),
    }
}

fn tags(seed: &mut Seed, tags: &mut Vec<(String, String)>) {
    if tags.is_empty() {
        return;
    }
    let at = index(seed, tags.len());
    match seed.below(7) {
        0 => {
            tags.remove(at);
        }
        1 => {
            let again = (tags[at].0.clone(), value(seed));
            tags.insert(index(seed, tags.len() + 1), again);
        }
        2 => tags.push(tags[at].clone()),
        3 => tags[at].0 = tags[at].0.to_lowercase(),
        4 => tags[at].1 = anybody(seed),
        _ => tags[at].1 = value(seed),
    }
}

fn value(seed: &mut Seed) -> String {
    VALUES[index(seed, VALUES.len())].to_owned()
}

/// Somebody of the cast, or a name that is no address.
pub(crate) fn anybody(seed: &mut Seed) -> String {
    let operator = seed.below(cast::OPERATORS);
    match seed.below(8) {
        0 | 1 => cast::owner(operator),
        2 | 3 => cast::operator(operator),
        4 => cast::hot(operator, seed.below(cast::KEYS)),
        5 => cast::user(seed.below(cast::USERS)),
        6 => cast::process(seed.below(cast::PROCESSES)),
        _ => format!("{}=", &cast::owner(operator)[..42]),
    }
}

pub(crate) fn index(seed: &mut Seed, length: usize) -> usize {
    let bound = u64::try_from(length.max(1)).unwrap_or(1);
    usize::try_from(seed.below(bound)).unwrap_or(0)
}
