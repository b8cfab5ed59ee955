//! Enclosures (2.5).

use aosec_wire::{SigningKey, VerifiedItem, bundle};
use serde_json::{Value, json};

use super::shape::{Vector, case, item, tick};
use crate::forge::{START, bundle_of, enclosing, letter_of, mail, signed, user};

const NEXT: u64 = START + 1;
const BAD: &str = "2.5 child";

pub(super) fn cases() -> Vec<Vector> {
    let two = [child(1), child(2)];
    let foreign = signed(&SigningKey::solana([8; 32]), None, &[], b"");
    let half = [("Bundle-Format", "binary")];
    let data = bundle::build(&two);
    let twice = [("Bundle-Version", "2.0.0")];
    vec![
        reaches(
            "children reach the contract in their order",
            enclosing(&two, &[]),
            ids(&two),
        ),
        reaches("none is a list of none", enclosing(&[], &[]), json!([])),
        reaches("128 children count", many(128).0, many(128).1),
        reaches("129 do not", many(129).0, json!(BAD)),
        reaches(
            "one child of kind 4 spoils all",
            enclosing(&[child(1), foreign], &[]),
            json!(BAD),
        ),
        reaches("one bad signature spoils all", spoiled(), json!(BAD)),
        reaches(
            "data that is no bundle is a bad child",
            bundle_of(b"x", &[]),
            json!(BAD),
        ),
        reaches("no data is a bad child", bundle_of(b"", &[]), json!(BAD)),
        reaches(
            "a child may be there twice",
            enclosing(&[child(1), child(1)], &[]),
            ids(&[child(1), child(1)]),
        ),
        reaches(
            "children of children are not opened",
            nested(),
            ids(&[nested_child()]),
        ),
        no_bundle(
            "without a version it is no bundle",
            letter_of(&user(1), &half, &data),
        ),
        no_bundle("with a tag twice it is no bundle", enclosing(&two, &twice)),
    ]
}

/// A child has a target and tags of its own, or none.
fn child(number: u8) -> VerifiedItem {
    signed(
        &user(number),
        None,
        &[("Number", "1"), ("From", "me")],
        &[number],
    )
}

fn ids(items: &[VerifiedItem]) -> Value {
    items.iter().map(|item| json!(item.id())).collect()
}

fn many(count: usize) -> (VerifiedItem, Value) {
    let children: Vec<_> = (0..count)
        .map(|number| signed(&user(1), None, &[("n", &number.to_string())], b""))
        .collect();
    (enclosing(&children, &[]), ids(&children))
}

fn spoiled() -> VerifiedItem {
    let mut data = bundle::build(&[child(1), child(2)]).to_vec();
    *data.last_mut().unwrap() ^= 1;
    bundle_of(&data, &[])
}

fn nested_child() -> VerifiedItem {
    enclosing(&[child(1)], &[("deep", "1")])
}

fn nested() -> VerifiedItem {
    enclosing(&[nested_child()], &[])
}

fn reaches(name: &str, one: VerifiedItem, items: Value) -> Vector {
    let heard = item(&one, 3, NEXT, NEXT).behind(1);
    case("2.5", name)
        .block(&mail(NEXT, &[one]))
        .hears(tick(2, NEXT))
        .hears(heard.with_items(items))
}

fn no_bundle(name: &str, one: VerifiedItem) -> Vector {
    let heard = item(&one, 3, NEXT, NEXT).behind(1);
    case("2.5", name)
        .block(&mail(NEXT, &[one]))
        .hears(tick(2, NEXT))
        .hears(heard)
}
