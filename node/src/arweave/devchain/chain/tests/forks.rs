//! Forks: what was mined is undone, and everything finds its place again.

use super::*;

/// Everything that a block can change, as far as it is mined.
#[derive(Debug, PartialEq)]
struct Mined {
    blocks: Vec<Block>,
    weave: BTreeMap<u64, Id>,
    places: Vec<(Id, Position, Option<Id>)>,
    money: Vec<u128>,
    last: Vec<Option<Id>>,
}

fn mined(chain: &Chain, height: u64, wallets: &[Address]) -> Mined {
    let order = chain.ledger.order().range(..Position::waiting(0, 0));
    let place =
        |(position, id): (&Position, &Id)| (*id, *position, chain.ledger.get(*id).unwrap().parent);
    let of = |read: &dyn Fn(&Address) -> u128| wallets.iter().map(read).collect();
    Mined {
        blocks: chain.blocks[..=usize::try_from(height).unwrap()].to_vec(),
        weave: chain.weave.clone(),
        places: order.map(place).collect(),
        money: of(&|wallet| chain.balance_winston(wallet)),
        last: wallets
            .iter()
            .map(|wallet| chain.last_transaction(wallet))
            .collect(),
    }
}

/// Five blocks: money that is sent on, bundles that repeat items, a held item, data that comes later.
struct Past {
    story: Story,
    /// The chain at each height.
    at: Vec<Chain>,
    wallets: Vec<Address>,
}

fn past() -> Past {
    let mut story = Story::begin();
    let friend = SigningKey::rsa_generate().unwrap();
    let target: Id = friend.address().as_str().parse().unwrap();
    let mut at = vec![story.chain.clone()];
    let gift = TransactionDraft {
        target: Some(target),
        quantity_winston: FUNDS / 2,
        ..story.draft(Format::Two, "gift".into())
    };
    let second = story.bundle(&[item(1), item(2)]);
    let third = story.bundle(&[item(2), item(3)]);
    story.chain.step(Event::Hold(item(3))).unwrap();
    for sent in [story.sign(gift), second, third] {
        story.submit(&sent).unwrap();
        story.mine();
        at.push(story.chain.clone());
    }
    let back = TransactionDraft {
        target: Some(story.wallet.address().as_str().parse().unwrap()),
        quantity_winston: FUNDS / 3,
        ..story.draft(Format::One, "back".into())
    };
    story.submit(&back.sign(&friend).unwrap()).unwrap();
    story.mine();
    at.push(story.chain.clone());
    let headless = story.sign(story.draft(Format::Two, vec![5; 70_000].into()));
    story.submit(&headless.without_data()).unwrap();
    story.mine();
    at.push(story.chain.clone());
    let wallets = vec![story.wallet.address().clone(), friend.address().clone()];
    Past { story, at, wallets }
}

fn fork(story: &mut Story, depth: u64, orphans: Orphans) -> Vec<Effect> {
    story.now_s += 1;
    let time_s = story.now_s;
    let effects = story.chain.step(Event::Fork {
        depth,
        orphans,
        time_s,
    });
    assert!(story.chain.wallets.adds_up());
    effects.unwrap()
}

#[test]
fn every_depth_leads_back_to_the_chain_that_was() {
    let past = past();
    let top = past.at.len() as u64 - 1;
    for depth in 1..=top {
        for orphans in [Orphans::Wait, Orphans::Drop] {
            let mut story = past.story.clone();
            fork(&mut story, depth, orphans);
            let left = top - depth;
            let was = &past.at[usize::try_from(left).unwrap()];
            assert_eq!(
                mined(&story.chain, left, &past.wallets),
                mined(was, left, &past.wallets)
            );
            assert_eq!(story.chain.tip().unwrap().height, top + 1);
            for block in &past.story.chain.blocks()[usize::try_from(left).unwrap() + 1..] {
                assert_eq!(story.chain.block_with_id(&block.id), None);
                assert_ne!(story.chain.block(block.height).unwrap().id, block.id);
            }
        }
    }
}

#[test]
fn what_returns_is_mined_again_with_the_same_ends() {
    let past = past();
    let top = past.at.len() as u64 - 1;
    let ends = |chain: &Chain| {
        let of = |wallet: &Address| {
            (
                chain.balance_winston(wallet),
                chain.last_transaction(wallet),
            )
        };
        past.wallets.iter().map(of).collect::<Vec<_>>()
    };
    let txs = |chain: &Chain| -> Vec<Id> {
        chain
            .blocks()
            .iter()
            .flat_map(|block| block.txs.clone())
            .collect()
    };
    for orphans in [Orphans::Wait, Orphans::Mine] {
        let mut story = past.story.clone();
        // Deep anchors are on blocks that stay; `back` and the rest name blocks over the cut and must be dropped.
        fork(&mut story, top - 1, orphans);
        story.mine();
        let kept: Vec<Id> = txs(&past.story.chain)
            .into_iter()
            .filter(|id| story.chain.ledger().get(*id).is_some())
            .collect();
        assert_eq!(txs(&story.chain), kept, "{orphans:?}");
        assert_eq!(story.chain.waiting(), 0);
        assert_eq!(kept.len(), 3, "gift, second and third stand on block 0");
    }
    let mut story = past.story.clone();
    fork(&mut story, 1, Orphans::Wait);
    story.mine();
    assert_eq!(ends(&story.chain), ends(&past.story.chain));
}

#[test]
fn the_held_item_waits_again_when_its_carrier_is_dropped() {
    let past = past();
    let mut story = past.story.clone();
    assert_eq!(story.height_of(item(3).id()), Some(Some(3)));
    let effects = fork(&mut story, 3, Orphans::Drop);
    let dropped = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Dropped(_)));
    assert_eq!(dropped.count(), 3);
    assert_eq!(story.chain.uncarried(), [item(3)]);
    // Item 2 stands in block 2, which stays; a deeper fork forgets it with its carriers.
    assert_eq!(story.height_of(item(2).id()), Some(Some(2)));
    let mut story = past.story.clone();
    fork(&mut story, 4, Orphans::Drop);
    assert_eq!(story.height_of(item(2).id()), None);
}

#[test]
fn what_waited_before_waits_behind_what_returns() {
    let mut story = Story::begin();
    let (a, b) = (story.bundle(&[item(1)]), story.bundle(&[item(1), item(2)]));
    story.submit(&a).unwrap();
    story.mine();
    story.submit(&b).unwrap();
    fork(&mut story, 1, Orphans::Wait);
    assert_eq!(story.chain.waiting(), 2);
    assert_eq!(story.height_of(item(1).id()), Some(None));
    story.mine();
    assert_eq!(story.chain.tip().unwrap().txs, [a.id(), b.id()]);
    assert_eq!(
        story.chain.ledger().get(item(1).id()).unwrap().parent,
        Some(a.id())
    );
    assert_eq!(
        story.chain.ledger().get(item(2).id()).unwrap().parent,
        Some(b.id())
    );
}

#[test]
fn money_that_a_fork_takes_away_cannot_be_spent() {
    let mut story = Story::begin();
    let friend = SigningKey::rsa_generate().unwrap();
    let gift = TransactionDraft {
        target: Some(friend.address().as_str().parse().unwrap()),
        quantity_winston: FUNDS / 2,
        ..story.draft(Format::Two, "gift".into())
    };
    let spend = story
        .draft(Format::Two, "spend".into())
        .sign(&friend)
        .unwrap();
    story.submit(&story.sign(gift)).unwrap();
    story.mine();
    story.submit(&spend).unwrap();
    fork(&mut story, 1, Orphans::Drop);
    assert_eq!(story.chain.balance_winston(friend.address()), 0);
    assert!(story.mine().contains(&Effect::Dropped(spend.id())));
}

#[test]
fn the_first_block_stays() {
    let mut story = Story::begin();
    story.mine();
    for depth in [0, 2, u64::MAX] {
        let refused = story.chain.step(Event::Fork {
            depth,
            orphans: Orphans::Wait,
            time_s: 1,
        });
        assert_eq!(refused, Err(Refusal::ForkDepth { depth, deepest: 1 }));
    }
    fork(&mut story, 1, Orphans::Wait);
    fork(&mut story, 2, Orphans::Wait);
    assert_eq!(story.chain.tip().unwrap().height, 3);
}
