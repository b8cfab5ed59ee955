//! Items: waiting, carried, given back, and where they stand for good.

use super::*;

#[test]
fn items_are_found_before_and_after_their_block() {
    let mut story = Story::begin();
    story.chain.step(Event::Hold(item(1))).unwrap();
    assert_eq!(story.height_of(item(1).id()), Some(None));
    assert_eq!(story.chain.uncarried(), [item(1)]);
    let carrier = story.bundle(&[item(2), item(1)]);
    story.submit(&carrier).unwrap();
    assert_eq!(story.chain.uncarried(), []);
    assert_eq!(story.height_of(item(2).id()), Some(None));
    story.mine();
    for held in [item(1), item(2)] {
        let entry = story.chain.ledger().get(held.id()).unwrap();
        assert_eq!(
            (entry.position.height(), entry.parent),
            (Some(1), Some(carrier.id()))
        );
    }
    assert_eq!(story.chain.step(Event::Hold(item(1))), Ok(vec![]));
}

#[test]
fn a_dropped_transaction_gives_back_what_was_held() {
    let mut story = Story::begin();
    story.chain.step(Event::Hold(item(1))).unwrap();
    let other = story.sign(TransactionDraft {
        anchor: Anchor::First,
        ..story.draft(Format::Two, "a".into())
    });
    let carrier = TransactionDraft {
        anchor: Anchor::First,
        ..story.draft(Format::One, bundle::build(&[item(1), item(2)]))
    };
    let carrier = story.sign(
        carrier
            .with_tag("Bundle-Format", "binary")
            .with_tag("Bundle-Version", "2.0.0"),
    );
    story.submit(&other).unwrap();
    story.submit(&carrier).unwrap();
    assert_eq!(story.chain.uncarried(), []);
    story.mine();
    assert_eq!(story.chain.uncarried(), [item(1)]);
    assert_eq!(story.height_of(item(2).id()), None);
}

#[test]
fn an_item_keeps_its_first_mined_place() {
    let mut story = Story::begin();
    let (first, second) = (story.bundle(&[item(1)]), story.bundle(&[item(1), item(2)]));
    story.submit(&first).unwrap();
    story.mine();
    story.submit(&second).unwrap();
    story.mine();
    assert_eq!(
        story.chain.ledger().get(item(1).id()).unwrap().parent,
        Some(first.id())
    );
    assert_eq!(
        story.chain.ledger().get(item(2).id()).unwrap().parent,
        Some(second.id())
    );
}
