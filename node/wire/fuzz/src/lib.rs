//! What must hold for any bytes whatsoever. The fuzz targets and a test on the stable compiler run the same functions.
//!
//! None of them may panic; what they accept must mean one thing and be written back as it was.

use aosec_wire::error::TagsError;
use aosec_wire::item::verify_bytes;
use aosec_wire::{
    Assignment, Id, Outcome, Scheduled, Strictness, Tags, UnverifiedItem, VerifiedItem, bundle,
};
use bytes::Bytes;

/// Bytes as an item.
pub fn item(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let outline = UnverifiedItem::parse(bytes.clone(), Strictness::Settled);
    let entrance = verify_bytes(bytes.clone(), Strictness::Entrance);
    let settled = verify_bytes(bytes.clone(), Strictness::Settled);
    assert!(
        settled.is_err() || outline.is_ok(),
        "verified without an outline"
    );
    if let Ok(strict) = &entrance {
        assert_eq!(
            settled.as_ref().ok(),
            Some(strict),
            "strict, yet not settled"
        );
        assert_eq!(strict.tags().encode(), strict.raw_tags(), "not canonical");
    }
    if let Ok(item) = settled {
        assert_eq!(item.bytes(), &bytes);
        accepted(item);
    }
}

/// Bytes as a bundle.
pub fn bundle(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let Ok(parts) = bundle::parse(bytes.clone()) else {
        return;
    };
    let header = 32 + 64 * parts.len();
    let content: usize = parts.iter().map(|(_, item)| item.len()).sum();
    assert_eq!(header + content, bytes.len(), "bytes are left over");
    let items = bundle::unbundle(bytes.clone(), Strictness::Settled).expect("it has been parsed");
    assert_eq!(items.len(), parts.len());
    if let Ok(items) = items.into_iter().collect::<Result<Vec<_>, _>>() {
        assert_eq!(bundle::build(&items), bytes);
    }
}

/// Bytes as the Avro text of tags; the first is the count that an item would declare.
pub fn tags(bytes: &[u8]) {
    let Some((&count, raw)) = bytes.split_first() else {
        return;
    };
    let entrance = Tags::decode(raw, count.into(), Strictness::Entrance);
    let settled = Tags::decode(raw, count.into(), Strictness::Settled);
    if let Ok(tags) = &entrance {
        assert_eq!(tags.encode(), raw, "not canonical");
        assert_eq!(settled.as_ref(), Ok(tags), "strict, yet not settled");
        assert_eq!(tags.check(Strictness::Entrance), Ok(()));
    }
    if let Ok(tags) = &settled {
        assert_eq!(tags.len(), usize::from(count));
        let again = Tags::decode(&tags.encode(), tags.len(), Strictness::Settled);
        assert_eq!(
            again.as_ref(),
            Ok(tags),
            "the canonical form means something else"
        );
    }
    if let Err(TagsError::Count { found, .. }) = settled {
        assert!(Tags::decode(raw, found, Strictness::Settled).is_ok());
    }
}

/// Bytes as an evaluation result.
pub fn outcome(bytes: &[u8]) {
    if let Ok(outcome) = Outcome::parse(bytes.to_vec()) {
        assert_eq!(outcome.raw().as_ref(), bytes);
    }
}

fn accepted(item: VerifiedItem) {
    assert_eq!(item.id(), Id::sha256(item.signature()));
    assert_eq!(item.tags().check(Strictness::Settled), Ok(()));
    if item.tags().encode() == item.raw_tags() {
        assert_eq!(again(&item), item);
    }
    if let Ok(assignment) = Assignment::from_item(item.clone()) {
        assert_eq!(assignment.item(), &item);
    }
    if let Ok(scheduled) = Scheduled::classify(item.clone()) {
        assert_eq!(scheduled.item(), &item);
    }
}

fn again(item: &VerifiedItem) -> VerifiedItem {
    let anchor = item
        .anchor()
        .map(|anchor| anchor.try_into().expect("an anchor has 32 bytes"));
    let (owner, signature) = (item.owner(), item.signature());
    let (target, tags) = (item.target(), item.tags());
    VerifiedItem::from_parts(
        item.kind(),
        owner,
        signature,
        target,
        anchor,
        tags,
        &item.data(),
    )
    .expect("a canonical item is made again from its parts")
}
