//! What the vectors cannot tell: caps, jams, whole messages, and what goes wrong.

use aosec_challenge::derive::StepError;
use aosec_challenge::inbox::{BLOCK_BYTES_MAX, BLOCK_ITEMS_MAX, CourtError, ITEM_BYTES_MAX, Mail};
use aosec_wire::VerifiedItem;
use serde_json::{Value, json};

use crate::clerk::Clerk;
use crate::forge::{
    self, DEPTH, START, genesis_with, inbox, letter, letter_of, mail, origin, over, spawn, start,
    user,
};
use crate::hosts;

const NEXT: u64 = START + 1;

fn heard(clerk: &Clerk) -> Vec<Value> {
    let heard = clerk.heard.iter();
    heard
        .map(|json| serde_json::from_slice(json).unwrap())
        .collect()
}

/// The ids of the items that a block ran, in order.
fn ran(clerk: &Clerk, height: u64) -> Vec<String> {
    let at = |value: &Value| value["Block-Height"] == height && value.get("Mined").is_some();
    let items = heard(clerk).into_iter().filter(at);
    items
        .map(|value| value["Id"].as_str().unwrap().to_owned())
        .collect()
}

fn ids(items: &[VerifiedItem]) -> Vec<String> {
    items.iter().map(|item| item.id().to_string()).collect()
}

fn ticks(clerk: &Clerk) -> Vec<Value> {
    let ticks = heard(clerk)
        .into_iter()
        .filter(|value| value.get("Tick").is_some());
    ticks.map(|value| value["Tick"]["queued"].clone()).collect()
}

#[test]
fn a_block_runs_so_many_items_and_the_rest_waits_in_order() {
    let extra = 3;
    let items: Vec<_> = (0..BLOCK_ITEMS_MAX as u64 + extra)
        .map(|number| letter(number, &[]))
        .collect();
    let transactions: Vec<_> = items.chunks(8_000).map(inbox).collect();
    let late = letter(99_999, &[]);
    let blocks = [
        start(&[]),
        hosts::block(NEXT, transactions),
        mail(NEXT + 1, std::slice::from_ref(&late)),
        mail(NEXT + 2, &[]),
    ];
    let track = over(&blocks);
    let clerk = track.soft().1;
    assert!(ran(clerk, NEXT) == ids(&items[..BLOCK_ITEMS_MAX]));
    let mut rest = ids(&items[BLOCK_ITEMS_MAX..]);
    rest.push(late.id().to_string());
    assert_eq!(ran(clerk, NEXT + 1), rest);
    assert_eq!(ticks(clerk), [json!(null), json!(NEXT), json!(null)]);
    let mined: Vec<_> = heard(clerk)
        .iter()
        .rev()
        .skip(1)
        .take(4)
        .map(|value| value["Mined"].clone())
        .collect();
    assert_eq!(
        mined,
        [json!(NEXT + 1), json!(NEXT), json!(NEXT), json!(NEXT)]
    );
}

/// An item of so many bytes.
fn sized(number: u8, bytes: usize) -> VerifiedItem {
    let tags = [("Size", "1")];
    let around = letter_of(&user(number), &tags, b"").bytes().len();
    letter_of(&user(number), &tags, &vec![0; bytes - around])
}

#[test]
fn a_block_runs_so_many_bytes_and_nothing_overtakes() {
    let mut items: Vec<_> = (0..9).map(|number| sized(number, ITEM_BYTES_MAX)).collect();
    let left = BLOCK_BYTES_MAX - 9 * ITEM_BYTES_MAX;
    items.push(sized(20, left - 600));
    let too_long = sized(21, 601);
    let small = letter(1, &[]);
    items.extend([too_long, small]);
    let transactions: Vec<_> = items.chunks(3).map(inbox).collect();
    let track = over(&[
        start(&[]),
        hosts::block(NEXT, transactions),
        mail(NEXT + 1, &[]),
    ]);
    let clerk = track.soft().1;
    assert_eq!(ran(clerk, NEXT), ids(&items[..10]));
    assert_eq!(ran(clerk, NEXT + 1), ids(&items[10..]));
}

#[test]
fn what_fits_exactly_runs() {
    let items: Vec<_> = (0..10)
        .map(|number| sized(number, ITEM_BYTES_MAX))
        .collect();
    let transactions: Vec<_> = items.chunks(3).map(inbox).collect();
    let mut blocks = vec![start(&[]), hosts::block(NEXT, transactions)];
    assert_eq!(ran(over(&blocks).soft().1, NEXT), ids(&items));
    blocks[1]
        .transactions
        .push(aosec_challenge::derive::Transaction {
            place: 4,
            ..inbox(&[letter(1, &[])])
        });
    assert_eq!(
        ran(over(&blocks).soft().1, NEXT),
        ids(&items),
        "one item too many"
    );
}

/// 2.3: neither what nobody pays for nor what has run counts, but the caps come first.
#[test]
fn only_what_ran_fills_a_block() {
    let poor = r#"{"ok":false,"code":"2.4 unfunded","Unfunded":true}"#;
    let first = letter(0, &[]);
    let mut items = vec![first.clone(), first.clone(), letter(1, &[("Say", poor)])];
    items.extend((2..=BLOCK_ITEMS_MAX as u64).map(|number| letter(number, &[])));
    items.extend([first, letter(77_777, &[])]);
    let transactions: Vec<_> = items.chunks(8_000).map(inbox).collect();
    let mut track = over(&[start(&[])]);
    let stepped = track.step(hosts::block(NEXT, transactions)).unwrap();
    let counts = stepped.counts;
    assert_eq!(
        (counts.ran, counts.repeated, counts.unfunded),
        (BLOCK_ITEMS_MAX, 1, 1)
    );
    assert_eq!(
        counts.waiting, 2,
        "the repeated item waits too: the caps come first"
    );
    let stepped = track.step(mail(NEXT + 1, &[])).unwrap();
    assert_eq!((stepped.counts.ran, stepped.counts.repeated), (1, 1));
}

#[test]
fn messages_are_these_bytes() {
    let items = [forge::enclosing(
        &[spawn()],
        &[("From", "x"), ("From-Process", "y"), ("Process", "z")],
    )];
    let blocks = [start(&[]), mail(NEXT, &items)];
    let track = over(&blocks);
    let found: Vec<_> = track
        .soft()
        .1
        .heard
        .iter()
        .map(|json| String::from_utf8(json.clone()).unwrap())
        .collect();
    let [first, genesis, tick, item] = found.try_into().unwrap();
    assert_eq!(first, spawn_json());
    assert!(genesis.contains(r#""Data":"{\"parameters\""#) && genesis.contains(r#""Nonce":1,"#));
    assert_eq!(tick, tick_json());
    assert_eq!(item, item_json(&items[0]));
}

fn signature(item: &VerifiedItem) -> String {
    aosec_wire::id::to_base64url(item.signature())
}

fn spawn_json() -> String {
    let (id, owner, signature) = (origin(), forge::founder(), signature(&spawn()));
    let (hash, time) = (
        aosec_wire::Id::sha256(id.as_bytes()),
        hosts::time_s(START) * 1_000,
    );
    format!(
        r#"{{"Id":"{id}","Signature":"{signature}","Data":"the contract","Owner":"{0}","Target":"{id}","Anchor":"","From":"{0}","Tags":[{{"name":"Data-Protocol","value":"ao"}},{{"name":"Type","value":"Process"}},{{"name":"Name","value":"court"}}],"Epoch":0,"Nonce":0,"Timestamp":{time},"Block-Height":{START},"Hash-Chain":"{hash}","Cron":false}}"#,
        owner.address()
    )
}

fn tick_json() -> String {
    let (id, block, tick) = (origin(), hosts::block_id(NEXT, 0), tick_id());
    let time = hosts::time_s(NEXT);
    let block = aosec_wire::id::to_base64url(&block);
    let hash = hash_chain(1);
    format!(
        r#"{{"Id":"{tick}","Signature":"","Data":"","Owner":"{id}","Target":"{id}","Anchor":"","From":"{id}","Tags":[],"Epoch":0,"Nonce":2,"Timestamp":{time}000,"Block-Height":{NEXT},"Hash-Chain":"{hash}","Cron":false,"Log":{{}},"Tick":{{"height":{NEXT},"time":{time},"block":"{block}"}}}}"#
    )
}

fn item_json(item: &VerifiedItem) -> String {
    let (origin, owner, child) = (origin(), user(1), spawn());
    let (id, signature, time) = (item.id(), signature(item), hosts::time_s(NEXT) * 1_000 + 1);
    let founder = forge::founder();
    let hash = hash_chain(2);
    format!(
        r#"{{"Id":"{id}","Signature":"{signature}","Data":"","Owner":"{0}","Target":"{origin}","Anchor":"","From":"{0}","Tags":[{{"name":"Data-Protocol","value":"ao"}},{{"name":"Type","value":"Message"}},{{"name":"Bundle-Format","value":"binary"}},{{"name":"Bundle-Version","value":"2.0.0"}},{{"name":"From-Process","value":"y"}},{{"name":"Process","value":"z"}}],"Epoch":0,"Nonce":3,"Timestamp":{time},"Block-Height":{NEXT},"Hash-Chain":"{hash}","Cron":false,"Mined":{NEXT},"Log":{{}},"Items":[{{"Id":"{1}","Owner":"{2}","Target":"","Tags":[{{"name":"Data-Protocol","value":"ao"}},{{"name":"Type","value":"Process"}},{{"name":"Name","value":"court"}}],"Data":"the contract","Size":{3}}}]}}"#,
        owner.address(),
        child.id(),
        founder.address(),
        child.bytes().len()
    )
}

/// The legacy chain of the slot behind `slot`: H(V ‖ C) of that slot, by the text of the law (5.4, 5.8).
fn hash_chain(slot: u64) -> aosec_wire::Id {
    let process = origin();
    let slots = [
        (process, START, hosts::time_s(START) * 1_000),
        (
            forge::genesis().id(),
            START,
            hosts::time_s(START) * 1_000 + 1,
        ),
        (tick_id(), NEXT, hosts::time_s(NEXT) * 1_000),
    ];
    let mut chain = aosec_wire::Id::sha256(process.as_bytes());
    let mut virtual_id = chain;
    for (number, (message, height, timestamp)) in (0..=slot).zip(slots) {
        let (height, timestamp) = (height.to_be_bytes(), timestamp.to_be_bytes());
        if number > 0 {
            let text = [
                chain.as_bytes(),
                &message.as_bytes()[..],
                &height,
                &timestamp,
            ];
            chain = aosec_wire::Id::sha256(&text.concat());
        }
        let text = [
            &13_u64.to_be_bytes()[..],
            b"aosec-virtual",
            process.as_bytes(),
            &[0; 8],
            &number.to_be_bytes(),
            message.as_bytes(),
            &height,
            &timestamp,
        ];
        virtual_id = aosec_wire::Id::sha256(&text.concat());
    }
    aosec_wire::Id::sha256(&[virtual_id.as_bytes(), &chain.as_bytes()[..]].concat())
}

fn tick_id() -> aosec_wire::Id {
    let (name, block) = (origin(), hosts::block_id(NEXT, 0));
    let text = [
        &10_u64.to_be_bytes()[..],
        b"aosec-tick",
        name.as_bytes(),
        &block,
    ];
    aosec_wire::Id::sha256(&text.concat())
}

#[test]
fn blocks_come_one_after_the_other() {
    let (mut court, mut clerk) = (forge::court(), Clerk::default());
    let mut step = |block| {
        let mail = Mail::of(&block, origin());
        court.step(&block, &mail, &mut clerk).map(|_| ())
    };
    let early = step(mail(NEXT, &[])).unwrap_err();
    assert!(matches!(
        early,
        CourtError::Block(StepError::NotNext {
            expected: START,
            found: NEXT
        })
    ));
    step(start(&[])).unwrap();
    let other = step(hosts::branched(NEXT, 0, 1, vec![])).unwrap_err();
    assert!(matches!(
        other,
        CourtError::Block(StepError::OtherParent { height: NEXT })
    ));
    step(mail(NEXT, &[])).unwrap();
    assert_eq!(
        (court.tip().height, court.last_slot().unwrap().0),
        (NEXT, 2)
    );
    assert_eq!(clerk.blocks, [START, NEXT]);
}

/// A genesis that the derivation cannot go by stops it; the court has to be made anew then.
#[test]
fn a_genesis_of_another_depth_stops_the_derivation() {
    let unreadable = letter_of(&forge::founder(), &[], b"{}");
    let cases = [
        (genesis_with(DEPTH + 1, &[]), "settlement depth is 4"),
        (unreadable, "settlement_depth cannot be read"),
    ];
    for (genesis, expected) in cases {
        let block = hosts::block(START, vec![inbox(&[spawn(), genesis])]);
        let (mut court, mut clerk) = (forge::court(), Clerk::default());
        let mail = Mail::of(&block, origin());
        let error = court.step(&block, &mail, &mut clerk).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let again = court.step(&block, &mail, &mut clerk).unwrap_err();
        assert!(matches!(again, CourtError::Spent));
    }
}

#[test]
fn the_contract_must_not_say_what_cannot_be() {
    for (says, expected) in [
        (
            r#"{"ok":true,"Hosting":[{"Process":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","State":"Hosted","Epoch":0,"First":1,"From":3}]}"#,
            "operator",
        ),
        (
            r#"{"ok":true,"Hosting":[{"Process":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","State":"Hosted","Epoch":0,"First":0,"Legacy":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","Operator":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","From":3}]}"#,
            "slot 0",
        ),
    ] {
        let mut track = over(&[start(&[])]);
        let error = track
            .step(mail(NEXT, &[letter(1, &[("Say", says)])]))
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
