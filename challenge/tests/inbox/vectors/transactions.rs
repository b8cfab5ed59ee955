//! Which transactions are an inbox of the court (2.1).

use aosec_challenge::derive::Transaction;
use bytes::Bytes;

use super::shape::{Vector, case, item, tick};
use crate::forge::{self, START, inbox, inbox_of, letter, origin};
use crate::hosts;

const NEXT: u64 = START + 1;

pub(super) fn cases() -> Vec<Vector> {
    let mut cases = vec![
        ignored("format 2 is no law", "2.1 format", |transaction| {
            transaction.format = 2
        }),
        ignored(
            "more than 4 MiB are no law",
            "2.1 too-long",
            |transaction| {
                transaction.data = vec![0; 4 * 1_024 * 1_024 + 1].into();
            },
        ),
        ignored(
            "sizes that do not add up are no law",
            "2.1 bundle",
            |transaction| {
                let data = [transaction.data.as_ref(), b"x"].concat();
                transaction.data = data.into();
            },
        ),
        ignored(
            "a second Type is no law",
            "2.1 transaction-tag",
            |transaction| {
                transaction.tags.push(pair("Type", "Log"));
            },
        ),
        ignored(
            "a second Process is no law",
            "2.1 transaction-tag",
            |transaction| {
                transaction.tags.push(pair("Process", "another"));
            },
        ),
        ignored(
            "the same Process twice is no law",
            "2.1 transaction-tag",
            |transaction| {
                let name = origin().to_string();
                transaction.tags.push(pair("Process", &name));
            },
        ),
        unseen(
            "an inbox of another process is none of ours",
            "Process",
            "another",
        ),
        unseen("another type is no inbox", "Type", "Data"),
        unseen("a type is compared by its bytes", "Type", "inbox"),
        other_tags(),
        order(),
        empty_bundle(),
        three_processes(),
    ];
    for (name, value) in [
        ("Data-Protocol", "AO"),
        ("Bundle-Format", "json"),
        ("Bundle-Version", "2.0"),
    ] {
        let title = format!("{name} must be exact");
        cases.push(ignored(&title, "2.1 transaction-tag", |transaction| {
            let tag = transaction
                .tags
                .iter_mut()
                .find(|(found, _)| found == name.as_bytes());
            tag.unwrap().1 = Bytes::copy_from_slice(value.as_bytes());
        }));
    }
    cases
}

fn pair(name: &str, value: &str) -> (Bytes, Bytes) {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    (bytes(name), bytes(value))
}

/// One changed transaction is ignored with a code, the one behind it runs.
fn ignored(name: &str, code: &str, change: impl Fn(&mut Transaction)) -> Vector {
    let mut bad = inbox(&[letter(1, &[])]);
    change(&mut bad);
    let block = hosts::block(NEXT, vec![bad, inbox(&[letter(2, &[])])]);
    case("2.1", name)
        .block(&block)
        .discards(NEXT, 0, 0, code)
        .hears(tick(2, NEXT))
        .hears(item(&letter(2, &[]), 3, NEXT, NEXT).behind(1))
}

/// One changed tag makes the transaction none of the court's.
fn unseen(name: &str, tag: &str, value: &str) -> Vector {
    let mut other = inbox(&[letter(1, &[])]);
    let found = other
        .tags
        .iter_mut()
        .find(|(found, _)| found == tag.as_bytes());
    found.unwrap().1 = Bytes::copy_from_slice(value.as_bytes());
    case("2.1", name)
        .block(&hosts::block(NEXT, vec![other]))
        .hears(tick(2, NEXT))
}

fn other_tags() -> Vector {
    let mut transaction = inbox(&[letter(1, &[])]);
    transaction.tags.insert(0, pair("App", "x"));
    transaction.tags.push(pair("Target", "y"));
    case("2.1", "other tags are allowed")
        .block(&hosts::block(NEXT, vec![transaction]))
        .hears(tick(2, NEXT))
        .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
}

fn order() -> Vector {
    let block = hosts::block(
        NEXT,
        vec![
            inbox(&[letter(3, &[]), letter(1, &[])]),
            inbox(&[letter(2, &[])]),
        ],
    );
    case("2.3", "items run in the order of transaction and number")
        .block(&block)
        .hears(tick(2, NEXT))
        .hears(item(&letter(3, &[]), 3, NEXT, NEXT).behind(1))
        .hears(item(&letter(1, &[]), 4, NEXT, NEXT).behind(2))
        .hears(item(&letter(2, &[]), 5, NEXT, NEXT).behind(3))
}

fn empty_bundle() -> Vector {
    case("2.1", "a bundle of nothing is law and does nothing")
        .block(&forge::mail(NEXT, &[]))
        .hears(tick(2, NEXT))
}

fn three_processes() -> Vector {
    let mine = origin().to_string();
    let others = [
        inbox_of("x", &[letter(1, &[])]),
        inbox_of(&mine, &[letter(2, &[])]),
        inbox_of("", &[]),
    ];
    case("2.1", "inboxes of several processes stand side by side")
        .block(&hosts::block(NEXT, others.to_vec()))
        .hears(tick(2, NEXT))
        .hears(item(&letter(2, &[]), 3, NEXT, NEXT).behind(1))
}
