//! Stories of the chain, told in events.

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem, bundle};
use bytes::Bytes;

use super::*;
use crate::arweave::devchain::carrier_key;
use crate::arweave::merkle::{self, Cut};
use crate::arweave::transaction::{Anchor, Format, TransactionDraft};
use aosec_wire::id::to_base64url;

const FUNDS: u128 = 1_000_000_000_000_000;

/// A chain with one rich wallet.
struct Story {
    chain: Chain,
    wallet: SigningKey,
    now_s: u64,
}

impl Story {
    fn begin() -> Self {
        let wallet = carrier_key();
        let mut chain = Chain::default();
        let funds = vec![(wallet.address().clone(), FUNDS)];
        chain
            .step(Event::Genesis {
                time_s: 1_000,
                funds,
            })
            .unwrap();
        Self {
            chain,
            wallet,
            now_s: 1_000,
        }
    }

    fn anchor(&self) -> Anchor {
        Anchor::Block(*self.chain.tip().unwrap().id.as_bytes())
    }

    fn draft(&self, format: Format, data: Bytes) -> TransactionDraft {
        TransactionDraft::of_data(
            format,
            self.anchor(),
            price_winston(data.len() as u64),
            data,
        )
    }

    fn bundle(&self, items: &[VerifiedItem]) -> Transaction {
        let draft = self.draft(Format::One, bundle::build(items));
        self.sign(
            draft
                .with_tag("Bundle-Format", "binary")
                .with_tag("Bundle-Version", "2.0.0"),
        )
    }

    fn sign(&self, draft: TransactionDraft) -> Transaction {
        draft.sign(&self.wallet).unwrap()
    }

    fn submit(&mut self, transaction: &Transaction) -> Result<Vec<Effect>, Refusal> {
        self.chain
            .step(Event::Submit(Box::new(Offer::new(transaction.clone()))))
    }

    fn mine(&mut self) -> Vec<Effect> {
        self.now_s += 1;
        let effects = self.chain.step(Event::Mine { time_s: self.now_s }).unwrap();
        assert!(self.chain.wallets.adds_up());
        effects
    }

    fn height_of(&self, id: Id) -> Option<Option<u64>> {
        self.chain
            .ledger()
            .get(id)
            .map(|entry| entry.position.height())
    }
}

fn item(number: u8) -> VerifiedItem {
    let tags = Tags::new().with("Number", number.to_string());
    let draft = Draft {
        target: Some(Id::new([number; 32])),
        anchor: None,
        tags,
        data: vec![number; 3].into(),
    };
    draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
}

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

fn pieces(transaction: &Transaction, data: &Bytes) -> Vec<Piece> {
    let shape = |proof: merkle::Proof| ChunkShape {
        data_root: transaction.data_root_text(),
        data_size: data.len().to_string(),
        data_path: to_base64url(&proof.path),
        offset: (proof.range.end - 1).to_string(),
        chunk: to_base64url(&data[proof.range]),
    };
    merkle::proofs(data, Cut::Balanced)
        .into_iter()
        .map(|proof| Piece::verify(&shape(proof)).unwrap())
        .collect()
}

#[test]
fn data_may_come_in_chunks_before_or_after_the_block() {
    for late in [false, true] {
        let mut story = Story::begin();
        let items: Vec<_> = (0..4).map(|n| big_item(n)).collect();
        let draft = story.draft(Format::Two, bundle::build(&items));
        let whole = story.sign(
            draft
                .with_tag("Bundle-Format", "binary")
                .with_tag("Bundle-Version", "2.0.0"),
        );
        let data = whole.data().unwrap().clone();
        story.submit(&whole.clone().without_data()).unwrap();
        if late {
            story.mine();
        }
        for piece in pieces(&whole, &data) {
            assert!(
                story
                    .chain
                    .ledger()
                    .get(whole.id())
                    .unwrap()
                    .content
                    .data()
                    .is_none()
            );
            assert!(!story.chain.step(Event::Piece(piece)).unwrap().is_empty());
        }
        assert_eq!(
            story.chain.ledger().get(whole.id()).unwrap().content.data(),
            Some(data.clone())
        );
        story.mine();
        assert_eq!(story.height_of(items[3].id()), Some(Some(1)));
        let again = pieces(&whole, &data).remove(0);
        assert_eq!(
            story.chain.step(Event::Piece(again)),
            Err(Refusal::UnknownRoot)
        );
    }
}

fn big_item(number: u8) -> VerifiedItem {
    let data = Bytes::from(vec![number; 200_000]);
    Draft {
        data,
        ..Draft::default()
    }
    .sign(&SigningKey::ed25519([1; 32]))
    .unwrap()
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

fn select(story: &Story, filter: Filter, order: Order) -> Vec<Id> {
    let mut page = Page {
        after: None,
        first: 2,
        order,
    };
    let mut found = Vec::new();
    loop {
        let selection = story.chain.ledger().select(&filter, page).unwrap();
        assert!(selection.found.len() <= 2);
        found.extend(selection.found.iter().map(|(_, id)| *id));
        if !selection.more {
            return found;
        }
        page.after = selection.found.last().map(|(at, _)| *at);
    }
}

#[test]
fn pages_hold_everything_once_in_both_orders() {
    let mut story = Story::begin();
    let a = story.bundle(&[item(1), item(2)]);
    story.submit(&a).unwrap();
    story.mine();
    let b = story.bundle(&[item(3)]);
    story.submit(&b).unwrap();
    story.mine();
    story.chain.step(Event::Hold(item(4))).unwrap();
    let all = [
        a.id(),
        item(1).id(),
        item(2).id(),
        b.id(),
        item(3).id(),
        item(4).id(),
    ];
    let signer = item(1).owner_address().to_string();
    let tag = |values: &[&str], negated| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        TagFilter {
            name: "Number".into(),
            values,
            negated,
        }
    };
    let cases: Vec<(Filter, Vec<usize>)> = vec![
        (Filter::default(), vec![0, 1, 2, 3, 4, 5]),
        (
            Filter {
                owners: Some(vec![signer.clone(), String::new()]),
                ..Filter::default()
            },
            vec![1, 2, 4, 5],
        ),
        (
            Filter {
                owners: Some(vec![]),
                ..Filter::default()
            },
            vec![],
        ),
        (
            Filter {
                ids: Some(vec![all[4], all[0], all[4], Id::new([0; 32])]),
                ..Filter::default()
            },
            vec![0, 4],
        ),
        (
            Filter {
                parents: Some(vec![a.id()]),
                ..Filter::default()
            },
            vec![1, 2],
        ),
        (
            Filter {
                recipients: Some(vec![Id::new([2; 32]), Id::new([4; 32])]),
                ..Filter::default()
            },
            vec![2, 5],
        ),
        (
            Filter {
                tags: vec![tag(&["1", "3", "4"], false)],
                ..Filter::default()
            },
            vec![1, 4, 5],
        ),
        (
            Filter {
                tags: vec![tag(&["1", "3"], false), tag(&["3"], false)],
                ..Filter::default()
            },
            vec![4],
        ),
        (
            Filter {
                owners: Some(vec![signer]),
                tags: vec![tag(&["1", "3"], true)],
                ..Filter::default()
            },
            vec![2, 5],
        ),
        (
            Filter {
                height_min: Some(1),
                height_max: Some(1),
                ..Filter::default()
            },
            vec![0, 1, 2],
        ),
        (
            Filter {
                height_min: Some(2),
                ..Filter::default()
            },
            vec![3, 4],
        ),
        (
            Filter {
                height_max: Some(9),
                ..Filter::default()
            },
            vec![0, 1, 2, 3, 4],
        ),
    ];
    for (filter, expected) in cases {
        let expected: Vec<Id> = expected.into_iter().map(|at| all[at]).collect();
        assert_eq!(
            select(&story, filter.clone(), Order::Ascending),
            expected,
            "{filter:?}"
        );
        let backward: Vec<Id> = expected.into_iter().rev().collect();
        assert_eq!(select(&story, filter, Order::Descending), backward);
    }
}

#[test]
fn chunks_that_do_not_belong_are_refused() {
    let story = Story::begin();
    let whole = story.sign(story.draft(Format::Two, vec![1; 300_000].into()));
    let good = pieces(&whole, whole.data().unwrap())[0].to_shape();
    let verify = |change: &dyn Fn(&mut ChunkShape)| {
        let mut shape = good.clone();
        change(&mut shape);
        Piece::verify(&shape)
    };
    assert!(verify(&|_| ()).is_ok());
    assert_eq!(
        verify(&|shape| shape.offset = "299999".into()),
        Err(PieceError::InvalidProof)
    );
    assert_eq!(
        verify(&|shape| shape.chunk = "AAAA".into()),
        Err(PieceError::InvalidProof)
    );
    assert_eq!(
        verify(&|shape| shape.data_root = to_base64url(&[0; 32])),
        Err(PieceError::InvalidProof)
    );
    assert_eq!(
        verify(&|shape| shape.data_root.clear()),
        Err(PieceError::Unreadable)
    );
    assert_eq!(
        verify(&|shape| shape.data_size = "-1".into()),
        Err(PieceError::Unreadable)
    );
    assert_eq!(
        verify(&|shape| shape.chunk = "A".repeat(400_000)),
        Err(PieceError::ChunkTooBig)
    );
    assert_eq!(
        verify(&|shape| shape.data_path = "A".repeat(10_000)),
        Err(PieceError::PathTooBig)
    );
}
