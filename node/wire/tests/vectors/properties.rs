//! What holds for every item, bundle and assignment that can be made.

use aosec_wire::item::verify_bytes;
use aosec_wire::{AssignmentPlan, Chain, Draft, Id, SigningKey, Strictness, Tags, bundle};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::corpus;
use crate::{checks, seed};

fn ids() -> impl Strategy<Value = Id> {
    any::<[u8; 32]>().prop_map(Id::new)
}

fn tag_lists() -> impl Strategy<Value = Tags> {
    vec(("\\PC{1,20}", "\\PC{1,60}"), 0..8).prop_map(Tags::from_iter)
}

fn drafts() -> impl Strategy<Value = Draft> {
    let data = vec(any::<u8>(), 0..2_000).prop_map(Bytes::from);
    let parts = (
        option::of(ids()),
        option::of(any::<[u8; 32]>()),
        tag_lists(),
        data,
    );
    parts.prop_map(|(target, anchor, tags, data)| Draft {
        target,
        anchor,
        tags,
        data,
    })
}

fn keys() -> impl Strategy<Value = SigningKey> {
    proptest::sample::select(corpus::keys())
}

fn plans() -> impl Strategy<Value = AssignmentPlan> {
    let numbers = (
        any::<u64>(),
        any::<u64>(),
        0_u64..1_000_000_000_000,
        any::<u64>(),
    );
    let fields = vec("[A-Za-z-]{1,16}", 0..4);
    let parts = (numbers, ids(), ids(), ids(), ids(), fields);
    parts.prop_map(
        |((epoch, nonce, height, timestamp), process, message, hash, log, exclude)| {
            let (message, chain) = (Some(message), Chain { hash, log });
            AssignmentPlan {
                process,
                epoch,
                nonce,
                message,
                height,
                timestamp,
                chain,
                exclude,
                base_layer: false,
            }
        },
    )
}

/// Runs a property under a seed that is printed.
fn hold<S: Strategy>(cases: u32, strategy: S, property: impl Fn(S::Value)) {
    let mut runner = proptest::test_runner::TestRunner::new(seed::config(cases));
    let told = runner.run(&strategy, |value| {
        property(value);
        Ok(())
    });
    told.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn every_draft_is_read_as_it_was_written() {
    hold(300, (drafts(), keys()), |(draft, key)| {
        let made = draft.sign(&key).unwrap();
        let read = verify_bytes(made.bytes().clone(), Strictness::Entrance).unwrap();
        assert_eq!(read.target(), draft.target);
        assert_eq!(
            read.anchor(),
            draft.anchor.as_ref().map(<[u8; 32]>::as_slice)
        );
        assert_eq!((read.tags(), read.data()), (&draft.tags, draft.data));
        assert_eq!(
            (read.owner(), read.owner_address()),
            (key.owner(), key.address())
        );
        checks::item(made.bytes());
    });
}

#[test]
fn deterministic_signatures_give_equal_items() {
    hold(100, (drafts(), keys()), |(draft, key)| {
        let twice = [(); 2].map(|()| draft.sign_deterministic(&key).unwrap());
        assert_eq!(twice[0], twice[1]);
        assert_eq!(
            twice[0].content_id(),
            draft.sign(&key).unwrap().content_id()
        );
    });
}

#[test]
fn bundles_of_bundles_come_apart_as_they_were_put_together() {
    let key = SigningKey::ed25519([7; 32]);
    hold(60, vec(drafts(), 0..5), |drafts| {
        let items: Vec<_> = drafts
            .iter()
            .map(|draft| draft.sign(&key).unwrap())
            .collect();
        let inner = bundle::build(&items);
        let tags = Tags::new()
            .with("Bundle-Format", "binary")
            .with("Bundle-Version", "2.0.0");
        let nested = Draft {
            tags,
            data: inner,
            ..Draft::default()
        }
        .sign(&key)
        .unwrap();
        let outer = bundle::build(&[nested]);
        checks::bundle(&outer);
        let nested = bundle::unbundle(outer, Strictness::Entrance)
            .unwrap()
            .remove(0)
            .unwrap();
        let found = bundle::unbundle(nested.data(), Strictness::Entrance).unwrap();
        assert_eq!(
            found.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
            items
        );
    });
}

#[test]
fn assignments_say_what_was_planned() {
    hold(200, (plans(), keys()), |(plan, key)| {
        let made = plan.sign(&key).unwrap();
        assert_eq!(
            made,
            plan.sign(&key).unwrap(),
            "signing again gives the same bytes"
        );
        assert_eq!(
            (made.process(), made.message()),
            (plan.process, plan.message)
        );
        assert_eq!((made.epoch(), made.nonce()), (plan.epoch, plan.nonce));
        assert_eq!(
            (made.height(), made.timestamp()),
            (plan.height, plan.timestamp)
        );
        assert_eq!(made.chain(), Some(plan.chain));
        assert_eq!(made.exclude(), plan.exclude);
    });
}

#[test]
fn any_bytes_are_judged_calmly() {
    hold(2_000, vec(any::<u8>(), 0..400), |bytes| {
        checks::item(&bytes);
        checks::bundle(&bytes);
        checks::tags(&bytes);
        checks::outcome(&bytes);
    });
}

#[test]
fn a_text_that_is_an_id_is_its_only_text() {
    hold(2_000, "[A-Za-z0-9_-]{43}", |text| {
        if let Ok(id) = text.parse::<Id>() {
            assert_eq!(id.to_string(), text);
        }
    });
    hold(500, ids(), |id| assert_eq!(id.to_string().parse(), Ok(id)));
}
