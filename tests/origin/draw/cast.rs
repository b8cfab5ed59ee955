//! Who plays in a game: some operators with their keys, users, processes; all by small numbers, so that they meet.

use super::super::contract::ORIGIN;
use super::super::moves::Enclosed;

/// Operators in a game; the last one is his own owner.
pub(crate) const OPERATORS: u64 = 8;
/// Processes in a game.
pub(crate) const PROCESSES: u64 = 30;
/// Users without a record.
pub(crate) const USERS: u64 = 8;
/// Hot keys that an operator may come to use.
pub(crate) const KEYS: u64 = 5;

fn address(name: &str) -> String {
    format!("{name:_<43}")
}

pub(crate) fn owner(number: u64) -> String {
    address(&format!("owner-{number}"))
}

pub(crate) fn operator(number: u64) -> String {
    match number + 1 == OPERATORS {
        true => owner(number),
        false => address(&format!("operator-{number}")),
    }
}

pub(crate) fn hot(number: u64, key: u64) -> String {
    match (number, key) {
        // One operator signs with Ethereum keys.
        (1, _) => format!("0x{:040X}", 0xA0 + key),
        _ => address(&format!("hot-{number}-{key}")),
    }
}

/// The first user has an Ethereum address, the last one no money.
pub(crate) fn user(number: u64) -> String {
    match number {
        0 => format!("0x{}", "aB3".repeat(14))[..42].to_owned(),
        _ => address(&format!("user-{number}")),
    }
}

/// Everybody who has something at the genesis: more than may join one case.
pub(crate) fn crowd() -> Vec<String> {
    let owners = (0..OPERATORS).map(owner);
    let operators = (0..OPERATORS - 1).map(operator);
    let users = (0..USERS - 1).map(user);
    owners.chain(operators).chain(users).collect()
}

/// The user who can pay for anything.
pub(crate) const RICH: u64 = 1;

/// Who pays for what the honest host of a siege sends; nobody else has this key.
pub(crate) fn purse() -> String {
    address("purse")
}

pub(crate) fn process(number: u64) -> String {
    address(&format!("process-{number}"))
}

/// Who owns the spawns.
pub(crate) fn spawner() -> String {
    address("spawner")
}

/// Tags, written short.
pub(crate) fn tags(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let list = list.iter();
    list.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Keys that may sign pushes: so many that some are always new, so few that some are somebody's already.
pub(crate) fn authority(number: u64) -> String {
    address(&format!("authority-{number}"))
}

pub(crate) fn origin_authority(by: &str, owner: &str, operator: &str) -> Enclosed {
    let mut item = origin_key(by, owner, operator);
    item.tags[0].1 = "Origin-Authority".to_owned();
    item
}

pub(crate) fn origin_key(by: &str, owner: &str, operator: &str) -> Enclosed {
    Enclosed {
        id: address("key-item"),
        from: by.to_owned(),
        tags: tags(&[
            ("Action", "Origin-Key"),
            ("Origin", ORIGIN),
            ("Owner", owner),
            ("Operator", operator),
        ]),
        ..Enclosed::default()
    }
}
