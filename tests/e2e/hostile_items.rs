//! Items and bundles that must not enter: every one of the ANS-104 vectors' reject set, and well-formed items that ao forbids.

use std::time::{Duration, Instant};

use aosec_tests::harness::{World, draft, http};
use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem, id};
use bytes::Bytes;
use serde_json::Value;

use crate::wellbeing::assert_well;

/// A refusal needs no waiting for anybody: the item alone tells.
const REFUSAL: Duration = Duration::from_secs(5);

#[tokio::test]
async fn malformed_items_and_bundles_are_refused_by_su_and_mu() {
    let world = World::shared();
    for (name, bytes) in rejects() {
        for unit in [world.node(0).su, world.node(0).mu] {
            assert_refused(&unit, &name, bytes.clone()).await;
        }
    }
    assert_well(world, 0).await;
}

#[tokio::test]
async fn every_cut_and_every_flipped_bit_of_an_item_is_refused() {
    let world = World::shared();
    let key = SigningKey::ed25519([7; 32]);
    let whole = draft::process(&key, world.devnet(), &world.node(0))
        .bytes()
        .to_vec();
    let step = whole.len() / 60;
    for at in (0..whole.len()).step_by(step.max(1)) {
        assert_refused(
            &world.node(0).su,
            &format!("cut at {at}"),
            whole[..at].to_vec().into(),
        )
        .await;
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_refused(
            &world.node(0).su,
            &format!("flipped at {at}"),
            flipped.into(),
        )
        .await;
    }
    assert_well(world, 0).await;
}

#[tokio::test]
async fn signed_items_that_ao_forbids_are_refused() {
    let world = World::shared();
    for (name, item) in forbidden(world) {
        assert_refused(&world.node(0).su, name, item.bytes().clone()).await;
        assert_refused(&world.node(0).mu, name, item.bytes().clone()).await;
    }
    assert_well(world, 0).await;
}

/// A client error, in time, with a reason.
async fn assert_refused(url: &str, name: &str, bytes: Bytes) {
    let begun = Instant::now();
    let answer = http::post_item(url, bytes)
        .await
        .unwrap_or_else(|error| panic!("{name} at {url}: {error}"));
    assert!(
        (400..500).contains(&answer.status),
        "{name} at {url}: {answer:?}"
    );
    assert!(
        answer.error().is_some_and(|error| error.len() > 3),
        "{name} at {url} gives no reason: {answer:?}"
    );
    assert!(
        begun.elapsed() < REFUSAL,
        "{name} at {url} took {:?}",
        begun.elapsed()
    );
}

fn rejects() -> Vec<(String, Bytes)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/ans104/vectors.json");
    let vectors: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the vectors")).expect("JSON");
    let mut found = Vec::new();
    for (list, field) in [("items", "item_b64"), ("bundles", "bundle_b64")] {
        for vector in vectors[list].as_array().expect("a list") {
            if vector["expect"] == "reject" || list == "bundles" {
                let text = vector[field]
                    .as_str()
                    .unwrap_or_else(|| panic!("{field} of {}", vector["name"]));
                found.push((
                    vector["name"].to_string(),
                    id::from_base64url(text).expect("base64url").into(),
                ));
            }
        }
    }
    assert!(
        found.len() > 60,
        "the reject set has {} entries",
        found.len()
    );
    found
}

/// Items whose signature holds, and which no scheduler may order.
fn forbidden(world: &World) -> Vec<(&'static str, VerifiedItem)> {
    let host = world.node(0);
    let ao = || {
        Tags::new()
            .with("Data-Protocol", "ao")
            .with("Variant", "ao.TN.1")
    };
    let process = |tags: Tags| tags.with("Type", "Process");
    let module = world.devnet().module.as_str();
    let nowhere = Some(Id::new([3; 32]));
    let cases = [
        ("no tags at all", nowhere, Tags::new()),
        (
            "no Data-Protocol",
            nowhere,
            Tags::new().with("Type", "Message"),
        ),
        ("no Type", nowhere, ao()),
        ("another Type", nowhere, ao().with("Type", "Parcel")),
        (
            "two Types",
            nowhere,
            ao().with("Type", "Message").with("Type", "Process"),
        ),
        (
            "a message without target",
            None,
            ao().with("Type", "Message"),
        ),
        (
            "a message to no process",
            nowhere,
            ao().with("Type", "Message"),
        ),
        (
            "a process without module",
            None,
            process(ao()).with("Scheduler", host.scheduler.as_str()),
        ),
        (
            "a process without scheduler",
            None,
            process(ao()).with("Module", module),
        ),
        (
            "a process whose module is no id",
            None,
            process(ao())
                .with("Module", "m")
                .with("Scheduler", host.scheduler.as_str()),
        ),
        (
            "a tag name that links",
            nowhere,
            ao().with("Type", "Message").with("Body+link", "x"),
        ),
        (
            "On-Boot that is no id",
            None,
            process(ao())
                .with("Module", module)
                .with("Scheduler", host.scheduler.as_str())
                .with("On-Boot", "now"),
        ),
    ];
    cases
        .map(|(name, target, tags)| (name, sign(target, tags)))
        .into()
}

fn sign(target: Option<Id>, tags: Tags) -> VerifiedItem {
    let draft = Draft {
        target,
        tags,
        data: Bytes::from_static(b"x"),
        ..Draft::default()
    };
    draft
        .sign(&SigningKey::ed25519([8; 32]))
        .expect("within the limits")
}
