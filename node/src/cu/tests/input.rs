//! Every byte of an input is consensus: the order of its fields, what is left out, what stands in for what is missing.

use aosec_wire::{Draft, Id, SigningKey, Tags};
use bytes::Bytes;

use super::book::{Book, SPAWNED_HEIGHT, SPAWNED_MS};
use crate::cu::dry;
use crate::cu::input::{self, Moment, Party, Stamps};
use crate::cu::subject::Subject;

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap()
}

#[test]
fn a_message_is_written_in_one_order() {
    let mut book = Book::new();
    book.send("hello \"you\"");
    let entry = &book.entries[1];
    let item = entry.message.clone().unwrap();
    let json = text(input::message(
        book.process(),
        &item.clone().into(),
        Stamps::of(&entry.assignment),
    ));
    let (id, process, owner) = (item.id(), book.process(), item.owner_address());
    let signature = aosec_wire::id::to_base64url(item.signature());
    let (time, chain) = (SPAWNED_MS + 7, entry.assignment.hash_chain());
    assert_eq!(
        json,
        format!(
            r#"{{"Id":"{id}","Signature":"{signature}","Data":"hello \"you\"","Owner":"{owner}","Target":"{process}","Anchor":"","From":"{owner}","Tags":[{{"name":"Data-Protocol","value":"ao"}},{{"name":"Type","value":"Message"}},{{"name":"Action","value":"Eval"}},{{"name":"Count","value":"1"}}],"Epoch":0,"Nonce":1,"Timestamp":{time},"Block-Height":{SPAWNED_HEIGHT},"Hash-Chain":"{chain}","Cron":false}}"#
        )
    );
}

#[test]
fn a_forwarded_message_names_both_and_cannot_shadow_either() {
    let mut book = Book::new();
    let tags = Tags::new()
        .with("From-Process", "other-process")
        .with("From", "me")
        .with("Owner", "me too")
        .with("from", "kept")
        .with("A", "1")
        .with("A", "2");
    book.enter(super::book::sign(
        &book.user,
        Some(book.process()),
        tags,
        "",
    ));
    let entry = &book.entries[1];
    let subject = Subject::from(entry.message.clone().unwrap());
    let json = input::message(book.process(), &subject, Stamps::of(&entry.assignment));
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["From"], "other-process");
    assert_eq!(json["Forwarded-By"], book.user.address().as_str());
    let names: Vec<_> = json["Tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    assert_eq!(names, ["From-Process", "from", "A", "A"]);
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_excluded_fields_are_absent() {
    let mut book = Book::new();
    let draft = Draft {
        target: None,
        anchor: Some([0xff; 32]),
        tags: Tags::new().with("T", "v"),
        data: Bytes::from_static(b"a\xffb\xf0\x9f\x92"),
    };
    let item = draft.sign(&book.user).unwrap();
    let mut plan = book.plan(Some(item.id()));
    book.write(&plan, Some(item.clone()));
    plan.exclude = ["Data", "Anchor", "Tags", "Signature"]
        .map(str::to_owned)
        .to_vec();
    book.write(&plan, Some(item.clone()));
    let read = |slot: usize| {
        let assignment = &book.entries[slot].assignment;
        let json = input::message(book.process(), &item.clone().into(), Stamps::of(assignment));
        serde_json::from_slice::<serde_json::Value>(&json).unwrap()
    };
    let (whole, cut) = (read(1), read(2));
    assert_eq!(whole["Data"], "a\u{fffd}b\u{fffd}");
    assert_eq!(whole["Anchor"], "\u{fffd}".repeat(32));
    assert_eq!(whole["Target"], "");
    assert!(
        ["Data", "Anchor", "Signature"]
            .iter()
            .all(|name| cut.get(name).is_none())
    );
    assert_eq!(cut["Tags"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_environment_keeps_every_tag() {
    let party = |id, name| Party {
        id: Id::new([id; 32]),
        owner: "o".to_owned(),
        tags: Tags::new().with(name, "1").with("Owner", "2"),
    };
    let json = text(input::environment(&party(0, "P"), &party(1, "M")));
    let (process, module) = (Id::new([0; 32]), Id::new([1; 32]));
    assert_eq!(
        json,
        format!(
            r#"{{"Process":{{"Id":"{process}","Owner":"o","Tags":[{{"name":"P","value":"1"}},{{"name":"Owner","value":"2"}}]}},"Module":{{"Id":"{module}","Owner":"o","Tags":[{{"name":"M","value":"1"}},{{"name":"Owner","value":"2"}}]}}}}"#
        )
    );
}

#[test]
fn a_dry_run_plays_in_the_newest_moment_and_says_what_it_is() {
    let now = Moment {
        timestamp_ms: 5,
        height: 6,
    };
    let process = Id::new([1; 32]);
    let json = text(input::dry_message(process, &dry::read(b"{}").unwrap(), now));
    assert_eq!(
        json,
        format!(
            r#"{{"Id":"1234","Data":"1234","Owner":"1234","Target":"{process}","Anchor":"1234","From":"1234","Tags":[],"Timestamp":5,"Block-Height":6,"Cron":false,"Read-Only":true}}"#
        )
    );
}

#[test]
fn an_ethereum_owner_is_its_checksummed_address() {
    let key = SigningKey::ethereum([5; 32]).unwrap();
    let mut book = Book::new();
    book.enter(super::book::sign(
        &key,
        Some(book.process()),
        Tags::new(),
        "",
    ));
    let entry = &book.entries[1];
    let subject = Subject::from(entry.message.clone().unwrap());
    let json = input::message(book.process(), &subject, Stamps::of(&entry.assignment));
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["Owner"], key.address().as_str());
    assert!(json["Owner"].as_str().unwrap().starts_with("0x"));
}
