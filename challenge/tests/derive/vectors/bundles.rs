//! 2.1: which transactions are law, and which items in them are skipped.

use aosec_challenge::derive::{LAW_BYTES_MAX, Transaction};
use aosec_wire::{Draft, SigningKey, VerifiedItem, bundle};
use bytes::Bytes;

use super::case::case;
use super::shape::Vector;
use crate::forge::{self, LOG_TAGS, Written, block, log_of, tagged, transaction};

pub(super) fn cases() -> Vec<Vector> {
    let mut all = transactions();
    all.extend(sizes());
    all.extend(items());
    all.extend(broken_bundles());
    all
}

fn log() -> Written {
    Written::honest(4, 10)
}

fn good(name: &str, transaction: Transaction) -> Vector {
    case(name, "2.1")
        .block(&block(11, vec![transaction]))
        .gives(&log(), &[(1, 2, 11, 0)])
}

fn bad(name: &str, transaction: Transaction, code: &str) -> Vector {
    case(name, "2.1")
        .block(&block(11, vec![transaction]))
        .ignores(11, 0, 0, code)
        .gives(&log(), &[])
}

fn record() -> Bytes {
    bundle::build(&[log().item(1, 2)])
}

fn with_tag(at: usize, tag: (&str, &str)) -> Transaction {
    let mut tags: Vec<_> = LOG_TAGS.to_vec();
    match at < tags.len() {
        true => tags[at] = tag,
        false => tags.push(tag),
    }
    transaction(&tags, record())
}

fn transactions() -> Vec<Vector> {
    let mut second = log_of(&[log().item(1, 2)]);
    second.format = 2;
    let unnamed = case("a Data transaction is no Log, whatever it holds", "2.1")
        .block(&block(11, vec![with_tag(3, ("Type", "Data"))]))
        .gives(&log(), &[]);
    vec![
        bad("format 2 is no law", second, "2.1 format"),
        bad(
            "two Type tags",
            with_tag(4, ("Type", "Data")),
            "2.1 transaction-tag",
        ),
        bad(
            "the same Type tag twice",
            with_tag(4, ("Type", "Log")),
            "2.1 transaction-tag",
        ),
        bad(
            "another protocol",
            with_tag(0, ("Data-Protocol", "AO")),
            "2.1 transaction-tag",
        ),
        bad(
            "another name for the protocol",
            with_tag(0, ("data-protocol", "ao")),
            "2.1 transaction-tag",
        ),
        bad(
            "another bundle format",
            with_tag(1, ("Bundle-Format", "json")),
            "2.1 transaction-tag",
        ),
        bad(
            "another bundle version",
            with_tag(2, ("Bundle-Version", "2.0")),
            "2.1 transaction-tag",
        ),
        good(
            "other tags are allowed, even the tag that names an inbox, twice",
            {
                let mut tags = LOG_TAGS.to_vec();
                tags.extend([("Process", "x"), ("Process", "y"), ("type", "Data")]);
                transaction(&tags, record())
            },
        ),
        unnamed,
        good(
            "a place without law before it changes nothing",
            log_of(&[log().item(1, 2)]),
        ),
    ]
}

/// A bundle of this length whose second item is all zeros.
fn of_length(length: usize) -> Transaction {
    let record = log().item(1, 2);
    let filler = length - 32 - 2 * 64 - record.bytes().len();
    let mut data = Vec::with_capacity(length);
    let number = |number: usize| [&(number as u64).to_le_bytes()[..], &[0; 24]].concat();
    data.extend(number(2));
    data.extend(number(record.bytes().len()));
    data.extend(record.id().as_bytes());
    data.extend(number(filler));
    data.extend([0; 32]);
    data.extend(record.bytes());
    data.resize(length, 0);
    transaction(&LOG_TAGS, data.into())
}

fn sizes() -> Vec<Vector> {
    vec![
        good("4 MiB of data are law", of_length(LAW_BYTES_MAX)).ignores(11, 0, 1, "2.1 item"),
        bad(
            "one byte more is none",
            of_length(LAW_BYTES_MAX + 1),
            "2.1 too-long",
        ),
    ]
}

fn items() -> Vec<Vector> {
    let log = log();
    let data = log.record(3, 4).encode();
    let between = |name: &str, item: VerifiedItem, code| {
        let items = [log.item(1, 2), item, log.item(3, 3)];
        case(name, "2.1")
            .block(&block(11, vec![log_of(&items)]))
            .ignores(11, 0, 1, code)
            .gives(&log, &[(1, 3, 11, 0)])
    };
    let ao = ("Data-Protocol", "ao");
    let kind = ("Type", "Log-Record");
    let draft = Draft {
        tags: [ao, kind].into_iter().collect(),
        data: data.clone(),
        ..Draft::default()
    };
    let solana = draft.sign(&SigningKey::solana([4; 32])).unwrap();
    let ethereum = draft.sign(&SigningKey::ethereum([4; 32]).unwrap()).unwrap();
    vec![
        between(
            "an item that is no record is skipped alone",
            tagged(&[ao, ("Type", "Message")], data.clone()),
            "5.5 item-tag",
        ),
        between(
            "an item with two Type tags is skipped alone",
            tagged(&[ao, kind, ("Type", "Message")], data.clone()),
            "5.5 item-tag",
        ),
        between(
            "an item with the same Type tag twice is skipped alone",
            tagged(&[ao, kind, kind], data.clone()),
            "5.5 item-tag",
        ),
        between(
            "an item without protocol is skipped alone",
            tagged(&[kind], data),
            "5.5 item-tag",
        ),
        between(
            "an item signed by a kind that the law does not take is skipped alone",
            solana,
            "2.1 item-kind",
        ),
        case("no rule looks at who signed the item", "5.5")
            .block(&block(11, vec![log_of(&[log.item(1, 2), ethereum])]))
            .gives(&log, &[(1, 4, 11, 0)]),
    ]
}

fn broken_bundles() -> Vec<Vector> {
    let log = log();
    let items = [log.item(1, 1), log.item(2, 2), log.item(3, 3)];
    let whole = bundle::build(&items);
    let changed = |at: usize| {
        let mut data = whole.to_vec();
        data[at] ^= 1;
        transaction(&LOG_TAGS, data.into())
    };
    let second = 32 + 3 * 64 + items[0].bytes().len();
    let in_second = |name: &str, transaction| {
        case(name, "2.1")
            .block(&block(11, vec![transaction, log_of(&[log.item(2, 2)])]))
            .ignores(11, 0, 1, "2.1 item")
            .ignores(11, 0, 2, "5.6 gap")
            .gives(&log, &[(1, 2, 11, 0)])
    };
    let longer = [&whole[..], &[0]].concat();
    vec![
        in_second(
            "an item whose signature does not hold is skipped alone",
            changed(second + 2),
        ),
        in_second(
            "an item under another id is skipped alone",
            changed(32 + 64 + 32),
        ),
        in_second(
            "garbage between good items is skipped alone",
            changed(second),
        ),
        bad("sizes that do not add up", changed(32), "2.1 bundle"),
        bad("a count that does not fit", changed(0), "2.1 bundle"),
        bad(
            "bytes after the last item",
            transaction(&LOG_TAGS, longer.into()),
            "2.1 bundle",
        ),
        bad(
            "data that ends in the header",
            transaction(&LOG_TAGS, whole.slice(..60)),
            "2.1 bundle",
        ),
        case("an empty bundle is law without effect", "2.1")
            .block(&block(11, vec![log_of(&[])]))
            .gives(&forge::Written::honest(0, 10), &[]),
    ]
}
