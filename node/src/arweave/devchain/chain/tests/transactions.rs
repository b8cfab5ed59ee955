//! Transactions: taken, refused, mined, dropped.

use super::*;

#[test]
fn a_transaction_waits_then_stands_in_a_block() {
    let mut story = Story::begin();
    let transaction = story.sign(story.draft(Format::Two, "hello".into()));
    assert_eq!(story.submit(&transaction), Ok(vec![Effect::Persist]));
    assert_eq!(story.submit(&transaction), Ok(vec![]));
    assert_eq!(story.height_of(transaction.id()), Some(None));
    assert_eq!(
        story.mine(),
        [
            Effect::Persist,
            Effect::Mined {
                height: 1,
                transactions: 1
            }
        ]
    );
    assert_eq!(story.height_of(transaction.id()), Some(Some(1)));
    assert_eq!(story.submit(&transaction), Ok(vec![]));
    assert_eq!(story.chain.tip().unwrap().txs, [transaction.id()]);
    let paid = FUNDS - transaction.reward_winston();
    assert_eq!(story.chain.balance_winston(story.wallet.address()), paid);
    assert_eq!(
        story.chain.last_transaction(story.wallet.address()),
        Some(transaction.id())
    );
    assert_eq!(story.chain.end_offset(transaction.id()), Some(5));
    assert_eq!(story.chain.transaction_at(3), Some((transaction.id(), 5)));
    assert_eq!(story.chain.transaction_at(6), None);
}

#[test]
fn nothing_happens_before_genesis_and_genesis_happens_once() {
    let mut chain = Chain::default();
    assert_eq!(
        chain.step(Event::Mine { time_s: 1 }),
        Err(Refusal::NoGenesis)
    );
    let mut story = Story::begin();
    let again = Event::Genesis {
        time_s: 1,
        funds: vec![],
    };
    assert_eq!(story.chain.step(again), Err(Refusal::HasGenesis));
}

#[test]
fn price_funds_and_anchor_are_checked() {
    let mut story = Story::begin();
    let good = story.draft(Format::Two, "x".into());
    let cheap = TransactionDraft {
        reward_winston: good.reward_winston - 1,
        ..good.clone()
    };
    assert!(matches!(
        story.submit(&story.sign(cheap)),
        Err(Refusal::Price { .. })
    ));
    let all = FUNDS - good.reward_winston;
    let target = Some(Id::new([9; 32]));
    let rich = TransactionDraft {
        quantity_winston: all + 1,
        target,
        ..good.clone()
    };
    assert!(matches!(
        story.submit(&story.sign(rich)),
        Err(Refusal::Funds { .. })
    ));
    let endless = TransactionDraft {
        quantity_winston: u128::MAX,
        target,
        ..good.clone()
    };
    assert!(matches!(
        story.submit(&story.sign(endless)),
        Err(Refusal::Funds { .. })
    ));
    let foreign = TransactionDraft {
        anchor: Anchor::Block([3; 48]),
        ..good.clone()
    };
    assert_eq!(story.submit(&story.sign(foreign)), Err(Refusal::Anchor));
    let wrong_last = TransactionDraft {
        anchor: Anchor::Last(Id::new([3; 32])),
        ..good.clone()
    };
    assert_eq!(story.submit(&story.sign(wrong_last)), Err(Refusal::Anchor));
    let exact = TransactionDraft {
        quantity_winston: all,
        target,
        ..good
    };
    story.submit(&story.sign(exact)).unwrap();
    // What waits is spent already.
    let more = story.sign(story.draft(Format::Two, "y".into()));
    assert!(matches!(
        story.submit(&more),
        Err(Refusal::Funds { available: 0, .. })
    ));
    story.mine();
    let wallet = Id::new([9; 32]).to_string().parse().unwrap();
    assert_eq!(story.chain.balance_winston(&wallet), all);
}

#[test]
fn anchors_age() {
    let mut story = Story::begin();
    story.mine();
    let old = story.sign(story.draft(Format::Two, "old".into()));
    for _ in 1..ANCHOR_DEPTH {
        story.mine();
    }
    let later = story.sign(story.draft(Format::Two, "later".into()));
    assert_eq!(story.submit(&old), Ok(vec![Effect::Persist]));
    story.mine();
    assert_eq!(story.height_of(old.id()), Some(Some(ANCHOR_DEPTH + 1)));
    for _ in 0..ANCHOR_DEPTH {
        story.mine();
    }
    assert_eq!(story.submit(&later), Err(Refusal::Anchor));
}

#[test]
fn one_of_two_with_the_same_last_transaction_is_dropped() {
    let mut story = Story::begin();
    let first = |data: &'static str| TransactionDraft {
        anchor: Anchor::First,
        ..story.draft(Format::Two, data.into())
    };
    let (a, b) = (story.sign(first("a")), story.sign(first("b")));
    story.submit(&a).unwrap();
    story.submit(&b).unwrap();
    assert!(story.mine().contains(&Effect::Dropped(b.id())));
    assert_eq!(
        (story.height_of(a.id()), story.height_of(b.id())),
        (Some(Some(1)), None)
    );
    let next = TransactionDraft {
        anchor: Anchor::Last(a.id()),
        ..story.draft(Format::Two, "c".into())
    };
    story.submit(&story.sign(next)).unwrap();
}

#[test]
fn the_same_events_give_the_same_chain() {
    let story = Story::begin();
    let transaction = story.bundle(&[item(1)]);
    let run = || {
        let mut chain = Story::begin().chain;
        for event in [
            Event::Submit(Box::new(Offer::new(transaction.clone()))),
            Event::Hold(item(2)),
            Event::Mint {
                wallet: story.wallet.address().clone(),
                winston: 5,
            },
            Event::Mine { time_s: 5 },
            Event::Mine { time_s: 5 },
        ] {
            chain.step(event).unwrap();
        }
        chain.blocks().to_vec()
    };
    assert_eq!(run(), run());
}
