//! Which items run (2.2, 2.3, 2.4).

use aosec_wire::{Id, SigningKey, VerifiedItem, bundle};

use super::shape::{Vector, case, item, tick};
use crate::forge::{self, START, inbox, letter, letter_of, mail, origin, signed, user};
use crate::hosts;

const NEXT: u64 = START + 1;
const MIB: usize = 1_024 * 1_024;

pub(super) fn cases() -> Vec<Vector> {
    let (mine, key) = (Some(origin()), user(2));
    let (protocol, message) = (("Data-Protocol", "ao"), ("Type", "Message"));
    vec![
        passed(
            "another target",
            "2.2 target",
            signed(&key, Some(Id::new([1; 32])), &[protocol, message], b""),
        ),
        passed(
            "no target",
            "2.2 target",
            signed(&key, None, &[protocol, message], b""),
        ),
        passed(
            "another type",
            "2.2 tag",
            signed(&key, mine, &[protocol, ("Type", "Assignment")], b""),
        ),
        passed("no type", "2.2 tag", signed(&key, mine, &[protocol], b"")),
        passed(
            "another protocol",
            "2.2 tag",
            signed(&key, mine, &[("Data-Protocol", "x"), message], b""),
        ),
        passed(
            "the first type counts",
            "2.2 tag",
            signed(&key, mine, &[protocol, ("Type", "x"), message], b""),
        ),
        passed(
            "a key of kind 4",
            "2.2 item-kind",
            letter_of(&SigningKey::solana([8; 32]), &[], b""),
        ),
        passed("a byte more than 1 MiB", "2.2 too-long", sized(MIB + 1)),
        runs("exactly 1 MiB", sized(MIB)),
        runs(
            "a second type has no effect",
            signed(&key, mine, &[protocol, message, ("Type", "x")], b""),
        ),
        runs(
            "an Ethereum key",
            letter_of(&SigningKey::ethereum([8; 32]).unwrap(), &[], b""),
        ),
        bad_signature(),
        twice_in_a_bundle(),
        twice_in_blocks(),
        same_content(),
        unfunded(),
        failed(),
        refused(),
    ]
}

/// An item of so many bytes.
fn sized(bytes: usize) -> VerifiedItem {
    let around = letter_of(&user(2), &[], b"").bytes().len();
    let item = letter_of(&user(2), &[], &vec![0; bytes - around]);
    assert_eq!(item.bytes().len(), bytes);
    item
}

/// One item is passed by with a code, the ones around it run.
fn passed(name: &str, code: &str, odd: VerifiedItem) -> Vector {
    case("2.2", name)
        .block(&mail(NEXT, &[letter(1, &[]), odd, letter(2, &[])]))
        .discards(NEXT, 0, 1, code)
        .hears(tick(2, NEXT))
        .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
        .hears(item(&letter(2, &[]), 4, NEXT, NEXT).behind(2))
}

fn runs(name: &str, one: VerifiedItem) -> Vector {
    case("2.2", name)
        .block(&mail(NEXT, std::slice::from_ref(&one)))
        .hears(tick(2, NEXT))
        .hears(item(&one, 3, NEXT, NEXT).behind(1))
}

fn bad_signature() -> Vector {
    let items = [letter(1, &[]), letter_of(&user(2), &[], b"data")];
    let mut data = bundle::build(&items).to_vec();
    *data.last_mut().unwrap() ^= 1;
    let mut transaction = inbox(&[]);
    transaction.data = data.into();
    case("2.2", "a signature that does not hold")
        .block(&hosts::block(NEXT, vec![transaction]))
        .discards(NEXT, 0, 1, "2.2 item")
        .hears(tick(2, NEXT))
        .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
}

fn twice_in_a_bundle() -> Vector {
    case("2.2", "an id runs once in a bundle")
        .block(&mail(NEXT, &[letter(1, &[]), letter(1, &[])]))
        .hears(tick(2, NEXT))
        .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
}

fn twice_in_blocks() -> Vector {
    case("2.2", "an id runs once for ever")
        .block(&mail(NEXT, &[letter(1, &[])]))
        .block(&mail(NEXT + 1, &[letter(1, &[])]))
        .hears(tick(2, NEXT))
        .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
        .hears(tick(4, NEXT + 1))
}

/// Two items of one content that differ in their ids: the law goes by ids.
fn same_content() -> Vector {
    let (one, other) = (
        letter_of(&user(2), &[("a", "1")], b""),
        letter_of(&user(3), &[("a", "1")], b""),
    );
    case("2.2", "equal content under two ids runs twice")
        .block(&mail(NEXT, &[one.clone(), other.clone()]))
        .hears(tick(2, NEXT))
        .hears(item(&one, 3, NEXT, NEXT).behind(1))
        .hears(item(&other, 4, NEXT, NEXT).behind(2))
}

fn unfunded() -> Vector {
    let poor = letter(
        9,
        &[(
            "Say",
            r#"{"ok":false,"code":"2.4 unfunded","Unfunded":true}"#,
        )],
    );
    case(
        "2.4",
        "what nobody pays for takes no slot and leaves the id unused",
    )
    .block(&mail(NEXT, &[poor.clone(), letter(1, &[])]))
    .block(&mail(NEXT + 1, &[poor]))
    .hears(tick(2, NEXT))
    .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
    .hears(tick(4, NEXT + 1))
}

fn failed() -> Vector {
    let poison = letter(9, &[("Say", "fail")]);
    case(
        "3.4",
        "a run that ends in an error uses its slot, and its id",
    )
    .block(&mail(NEXT, &[poison.clone(), letter(1, &[])]))
    .block(&mail(NEXT + 1, std::slice::from_ref(&poison)))
    .hears(tick(2, NEXT))
    .hears(item(&poison, 3, NEXT, NEXT).behind(1))
    .hears(item(&letter(1, &[]), 4, NEXT, NEXT).behind(2))
    .hears(tick(5, NEXT + 1))
}

fn refused() -> Vector {
    let refused = letter(9, &[("Say", r#"{"ok":false,"code":"3.1 amount"}"#)]);
    case("3.4", "a refused message uses its slot")
        .block(&mail(NEXT, &[refused.clone(), forge::letter(1, &[])]))
        .hears(tick(2, NEXT))
        .hears(item(&refused, 3, NEXT, NEXT).behind(1))
        .hears(item(&letter(1, &[]), 4, NEXT, NEXT).behind(2))
}
