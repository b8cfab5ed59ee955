//! Every vector reaches its verdict; every accepted one is read in full and made again.

use aosec_wire::error::{ItemError, SignatureError, TagsError};
use aosec_wire::id::to_base64url;
use aosec_wire::item::verify_bytes;
use aosec_wire::{Draft, Id, SignatureKind, Strictness, VerifiedItem, bundle};
use bytes::Bytes;

use crate::corpus::{self, Vector};

const ITEMS: usize = 100;
const BUNDLES: usize = 12;

#[test]
fn all_vectors_reach_their_verdict() {
    let items = corpus::items().iter().map(check_item).count();
    let bundles = corpus::bundles().iter().map(check_bundle).count();
    assert_eq!((items, bundles), (ITEMS, BUNDLES));
}

#[test]
fn accepted_items_are_read_as_the_judges_read_them() {
    let read: Vec<_> = corpus::valid_items()
        .into_iter()
        .filter(|vector| vector.expect() == "accept")
        .map(|vector| check_content(&vector, &settled(&vector)))
        .collect();
    assert_eq!(read.len(), 30);
}

#[test]
fn accepted_items_are_made_again_from_their_parts() {
    for vector in corpus::valid_items() {
        let item = settled(&vector);
        match vector.name() {
            // The canonical form of these is another text than the one that was signed.
            "avro/negative-block" | "avro/two-blocks" => assert!(again(&item).is_err()),
            name => assert_eq!(again(&item).unwrap().bytes(), item.bytes(), "{name}"),
        }
    }
}

#[test]
fn the_test_keys_sign_accepted_items_again() {
    let keys = corpus::keys();
    let mut signed = 0;
    for vector in corpus::valid_items()
        .into_iter()
        .filter(|vector| vector.expect() == "accept")
    {
        let item = settled(&vector);
        if item.kind() == SignatureKind::MultiAptos {
            continue; // No one key signs these.
        }
        let owner = |key: &&aosec_wire::SigningKey| {
            key.owner() == item.owner() && key.kind() == item.kind()
        };
        let key = keys
            .iter()
            .find(owner)
            .expect("the vectors are signed with the test keys");
        let again = draft(&item).sign_deterministic(key).unwrap();
        assert_eq!(again.deep_hash(), item.deep_hash(), "{}", vector.name());
        let unsalted = vector.name() == "arweave/pss-salt-0";
        if item.kind() != SignatureKind::Arweave || unsalted {
            assert_eq!(again.bytes(), item.bytes(), "{}", vector.name());
        }
        verify_bytes(again.bytes().clone(), Strictness::Entrance).unwrap();
        signed += 1;
    }
    assert_eq!(signed, 28);
}

#[test]
fn one_signed_content_has_one_signature() {
    let refused = |name: &str| {
        let vector = corpus::items()
            .into_iter()
            .find(|vector| vector.name() == name)
            .unwrap();
        verify_bytes(vector.bytes(), Strictness::Settled).unwrap_err()
    };
    let malleable = ItemError::Signature(SignatureError::Malleable);
    let mismatch = ItemError::Signature(SignatureError::Mismatch);
    let threshold = |found| SignatureError::Threshold {
        threshold: 2,
        found,
    };
    let cases = [
        ("malleable/eth-v-0", malleable.clone()),
        ("malleable/eth-v-1", malleable.clone()),
        ("malleable/eth-v-26", malleable.clone()),
        ("malleable/eth-v-28", mismatch.clone()),
        ("malleable/eth-v-255", malleable.clone()),
        ("malleable/eth-high-s", malleable.clone()),
        ("malleable/typed-v-minus-27", malleable.clone()),
        ("malleable/typed-high-s", malleable),
        ("malleable/ed25519-s-plus-L", mismatch.clone()),
        ("bad/aptos-flipped-data", mismatch.clone()),
        ("bad/multi_aptos-flipped-data", mismatch),
        (
            "malleable/multi-aptos-junk-in-unused-slot",
            SignatureError::Malleable.into(),
        ),
        ("forgery/multi-aptos-empty-bitmap", threshold(0).into()),
        ("forgery/multi-aptos-below-threshold", threshold(1).into()),
        (
            "forgery/ed25519-small-order-key",
            SignatureError::WeakKey.into(),
        ),
        ("bad/rsa-owner-zero", SignatureError::NoKey.into()),
        (
            "strict/tag-count-zeroed",
            TagsError::Count {
                declared: 0,
                found: 4,
            }
            .into(),
        ),
        (
            "strict/target-presence-2",
            ItemError::Presence {
                field: "target",
                byte: 2,
            },
        ),
        ("bad/tag-count-2^63", ItemError::TooManyTags(1 << 63)),
    ];
    for (name, why) in cases {
        assert_eq!(refused(name), why, "{name}");
    }
}

fn check_item(vector: &Vector) {
    let judge = |strictness| verify_bytes(vector.bytes(), strictness);
    let (entrance, settled) = (judge(Strictness::Entrance), judge(Strictness::Settled));
    let name = vector.name();
    let accepted = (entrance.is_ok(), settled.is_ok());
    let expected = match vector.expect() {
        "accept" => (true, true),
        "policy" => (false, true),
        "reject" => (false, false),
        other => panic!("no verdict: {other}"),
    };
    assert_eq!(accepted, expected, "{name}: {entrance:?}");
}

fn check_bundle(vector: &Vector) {
    let name = vector.name();
    let items = bundle::unbundle(vector.bytes(), Strictness::Entrance);
    let items: Option<Vec<_>> = items
        .ok()
        .and_then(|items| items.into_iter().map(Result::ok).collect());
    assert_eq!(items.is_some(), vector.expect() == "accept", "{name}");
    let Some(items) = items else { return };
    let ids: Vec<_> = items.iter().map(|item| item.id().to_string()).collect();
    assert_eq!(ids, vector.ids(), "{name}");
    assert_eq!(bundle::build(&items), vector.bytes(), "{name}");
    if name == "bundle/nested" {
        let inner = bundle::unbundle(items[0].data(), Strictness::Entrance).unwrap();
        assert_eq!(inner.into_iter().filter(Result::is_ok).count(), 3);
    }
}

fn check_content(vector: &Vector, item: &VerifiedItem) {
    let name = vector.name();
    assert_eq!(item.id().to_string(), vector.text("id"), "{name}");
    assert_eq!(
        u64::from(item.kind().code()),
        vector.number("signature_type"),
        "{name}"
    );
    assert_eq!(to_base64url(item.owner()), vector.text("owner"), "{name}");
    assert_eq!(
        item.target().map_or_else(String::new, |id| id.to_string()),
        vector.text("target"),
        "{name}"
    );
    assert_eq!(
        to_base64url(item.anchor().unwrap_or_default()),
        vector.text("anchor"),
        "{name}"
    );
    assert_eq!(*item.tags(), vector.tags(), "{name}");
    assert_eq!(
        to_base64url(&item.deep_hash()),
        vector.text("deep_hash"),
        "{name}"
    );
    assert_eq!(
        item.data().len() as u64,
        vector.number("data_len"),
        "{name}"
    );
    let data = alloy_primitives::hex::encode(Id::sha256(&item.data()).as_bytes());
    assert_eq!(data, vector.text("data_sha256"), "{name}");
    let plain = !matches!(
        item.kind(),
        SignatureKind::Ethereum | SignatureKind::TypedEthereum
    );
    assert_eq!(
        item.owner_address().as_str() == vector.text("owner_address"),
        plain,
        "{name}"
    );
    assert!(
        item.bytes().as_ptr_range().contains(&item.owner().as_ptr()),
        "{name}: copied"
    );
}

fn settled(vector: &Vector) -> VerifiedItem {
    verify_bytes(vector.bytes(), Strictness::Settled).unwrap()
}

fn again(item: &VerifiedItem) -> Result<VerifiedItem, ItemError> {
    let draft = draft(item);
    let (owner, signature) = (item.owner(), item.signature());
    VerifiedItem::from_parts(
        item.kind(),
        owner,
        signature,
        draft.target,
        draft.anchor,
        &draft.tags,
        &draft.data,
    )
}

fn draft(item: &VerifiedItem) -> Draft {
    Draft {
        target: item.target(),
        anchor: item.anchor().map(|anchor| anchor.try_into().unwrap()),
        tags: item.tags().clone(),
        data: Bytes::copy_from_slice(&item.data()),
    }
}
