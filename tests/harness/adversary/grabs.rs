//! *Grab someone's process; register someone's key; forge From-Process; sign for others.* A `Host` counts for who has the key that the
//! spawn names (5.1); a key comes in by its own item (4.3); the caller is who signed, whatever a tag says (2.9).

use super::stage::{Outcome, Stage, TOKEN, attacker, host, id, letter, user};
use crate::origin::draw::cast;

/// Plays all of it.
///
/// # Panics
/// Where one of it works.
#[must_use]
pub fn play() -> Outcome {
    let mut stage = Stage::open();
    let grabbed = stage.say(host(1, &id("somebody-s"), &cast::hot(0, 0)));
    assert_eq!(grabbed.as_deref(), Some("5.1 scheduler"));
    let sum = (1_000 * TOKEN).to_string();
    let (own, other) = (attacker(), id("another-operator"));
    let items = [&cast::hot(0, 0), &other].map(|by| cast::origin_key(by, &cast::owner(0), &other));
    let list = [
        ("Action", "Bond"),
        ("Quantity", sum.as_str()),
        ("Url", "http://a.example"),
    ];
    let registered = stage.say(letter(&own, &list, items.to_vec()));
    assert_eq!(registered.as_deref(), Some("4.3 items"));
    let user = user();
    let list = [
        ("Action", "Transfer"),
        ("From-Process", user.as_str()),
        ("Recipient", &own),
        ("Quantity", &sum),
    ];
    let before = stage
        .game
        .model
        .court()
        .map(|court| court.ledger().free(&user));
    stage.must(letter(&own, &list, Vec::new()));
    let after = stage
        .game
        .model
        .court()
        .map(|court| court.ledger().free(&user));
    assert_eq!(before, after);
    stage.costs(
        "grab a process, a key, a name",
        "5.1, 4.3, 2.9",
        "three inbox fees",
    )
}
