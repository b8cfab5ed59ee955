//! The clock under liars, and words that do not agree.

use super::*;
use crate::arweave::block::BlockId;
use crate::arweave::gateway::TransactionStatus;

const BLOCK_MS: u64 = 120_000;

fn tip(height: u64) -> Tip {
    fork(height, 0)
}

fn fork(height: u64, branch: u8) -> Tip {
    Tip {
        height,
        block_id: BlockId::new([branch; 48]),
        time_s: height,
    }
}

/// A clock that was asked so far.
struct Clock {
    memory: TipMemory,
    configured: usize,
    now_ms: u64,
}

impl Clock {
    fn of(configured: usize) -> Self {
        Self {
            memory: TipMemory::default(),
            configured,
            now_ms: 0,
        }
    }

    /// A clock on which everybody agreed on `height`.
    fn at(configured: usize, height: u64) -> Self {
        let mut clock = Self::of(configured);
        assert_eq!(clock.hears(&vec![height; configured]), Some(height));
        clock
    }

    fn after(mut self, blocks: u64) -> Self {
        self.now_ms += blocks * BLOCK_MS;
        self
    }

    fn hears(&mut self, heights: &[u64]) -> Option<u64> {
        let answers: Vec<Tip> = heights.iter().copied().map(tip).collect();
        self.hears_tips(&answers).map(|tip| tip.height)
    }

    fn hears_tips(&mut self, answers: &[Tip]) -> Option<Tip> {
        let (memory, tip) = self.memory.decide(TipQuestion {
            answers,
            configured: self.configured,
            now_ms: self.now_ms,
            block_time_ms: BLOCK_MS,
        });
        self.memory = memory;
        tip
    }
}

#[test]
fn the_only_gateway_is_believed() {
    let mut clock = Clock::of(1);
    for height in [5, 1_000_000, 3] {
        assert_eq!(clock.hears(&[height]), Some(height));
    }
    assert_eq!(clock.hears(&[]), None);
}

#[test]
fn a_minority_moves_nothing() {
    let far = 1_000_000;
    for (heights, expected) in [
        (vec![101, far], 101),
        (vec![101, 5], 101),
        (vec![101, 0], 101),
        (vec![101, 101, far], 101),
        (vec![101, 100, 5], 100),
        (vec![far, 101, 101, 5, 102], 101),
        (vec![far, far, 101, 101, 101], 101),
        (vec![5, 5, 101, 101, 101], 101),
    ] {
        let mut clock = Clock::at(heights.len(), 100).after(1);
        assert_eq!(clock.hears(&heights), Some(expected), "{heights:?}");
    }
}

#[test]
fn one_that_swings_does_not_swing_the_clock() {
    let mut clock = Clock::at(2, 100);
    for step in 1..50 {
        clock = clock.after(1);
        let liar = if step % 2 == 0 { u64::MAX } else { 1 };
        assert_eq!(clock.hears(&[100 + step, liar]), Some(100 + step));
    }
}

#[test]
fn a_liar_whose_neighbour_is_down_keeps_pace() {
    let mut clock = Clock::at(2, 100).after(5);
    assert_eq!(clock.hears(&[1_000_000]), None);
    assert_eq!(clock.hears(&[1]), None);
    assert_eq!(clock.hears(&[105 + SLACK_BLOCKS + 1]), None);
    assert_eq!(clock.hears(&[105 + SLACK_BLOCKS]), Some(105 + SLACK_BLOCKS));
    // A lone word is not the ground for the next.
    assert_eq!(clock.hears(&[106 + SLACK_BLOCKS]), None);
    // The neighbour comes back.
    assert_eq!(clock.hears(&[1_000_000, 105]), Some(105));
}

#[test]
fn one_that_stands_still_stalls_the_clock_for_a_bounded_time() {
    let mut clock = Clock::at(2, 100);
    for block in 1..SLACK_BLOCKS {
        clock = clock.after(1);
        assert_eq!(clock.hears(&[100, 100 + block]), Some(100));
    }
    for block in SLACK_BLOCKS..100 {
        clock = clock.after(1);
        assert_eq!(clock.hears(&[100, 100 + block]), Some(100 + block));
    }
}

#[test]
fn without_any_agreement_a_lone_answer_waits_for_a_second() {
    let mut clock = Clock::of(2);
    assert_eq!(clock.hears(&[100]), None);
    clock.now_ms += PATIENCE_MS - 1;
    assert_eq!(clock.hears(&[100]), None);
    clock.now_ms += 1;
    assert_eq!(clock.hears(&[100]), Some(100));
    assert_eq!(clock.hears(&[100, 90]), Some(90));
    // Two of four are no quorum; the lower is the safer.
    let mut clock = Clock::of(4);
    assert_eq!(clock.hears(&[7, 8]), None);
    clock.now_ms += PATIENCE_MS;
    assert_eq!(clock.hears(&[8, 7]), Some(7));
}

#[test]
fn a_quorum_may_leap_and_may_go_back() {
    let mut clock = Clock::at(2, 100);
    assert_eq!(clock.hears(&[1_100, 1_101]), Some(1_100));
    assert_eq!(clock.hears(&[1_095, 1_096]), Some(1_095));
    assert_eq!(clock.hears(&[50, 51]), Some(50));
    let mut clock = Clock::at(3, 100);
    assert_eq!(clock.hears(&[50, 100, 51]), Some(51));
}

#[test]
fn at_a_fork_the_clock_stays_on_its_branch_until_most_leave_it() {
    let mut clock = Clock::of(3);
    let votes = |branches: [u8; 3]| branches.map(|branch| fork(100, branch));
    assert_eq!(clock.hears_tips(&votes([2, 1, 1])), Some(fork(100, 1)));
    assert_eq!(clock.hears_tips(&votes([2, 2, 1])), Some(fork(100, 1)));
    assert_eq!(clock.hears_tips(&votes([2, 2, 3])), Some(fork(100, 2)));
    // Equal votes: the first of the configuration.
    let mut clock = Clock::of(2);
    let tips = [fork(9, 7), fork(9, 4)];
    assert_eq!(clock.hears_tips(&tips), Some(fork(9, 7)));
}

#[test]
fn random_liars_in_a_minority_never_leave_the_pace() {
    let seed = std::env::var("AOSEC_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or(0x5eed_0c10);
    println!("seed {seed} (AOSEC_SEED)");
    let mut state = seed;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _run in 0..300 {
        let configured = usize::try_from(3 + draw(4)).unwrap();
        let liars = (configured - 1) / 2;
        let mut clock = Clock::at(configured, 1_000);
        let mut truth = 1_000;
        for _poll in 0..60 {
            clock.now_ms += BLOCK_MS / 2;
            truth += draw(2);
            let lie = |number: u64| {
                [0, u64::MAX, number, truth.saturating_sub(number)]
                    [usize::try_from(number % 4).unwrap()]
            };
            let mut answers: Vec<u64> = (liars..configured).map(|_| truth - draw(2)).collect();
            answers.extend((0..liars).map(|_| lie(draw(5_000))));
            let told = clock.hears(&answers).unwrap();
            assert!((truth - 1..=truth).contains(&told), "{told} of {answers:?}");
        }
    }
}

fn mined(height: u64, confirmations: u64) -> Option<TransactionStatus> {
    Some(TransactionStatus::Mined {
        height,
        confirmations,
    })
}

#[test]
fn a_transaction_stands_where_gateways_agree_that_it_does() {
    let pending = Some(TransactionStatus::Pending);
    let word = |status, height| Word { status, height };
    let knows = |status| word(status, u64::MAX);
    for (words, configured, expected) in [
        (vec![], 1, None),
        (vec![knows(mined(5, 9))], 1, Some(mined(5, 9))),
        (vec![knows(None)], 1, Some(None)),
        // A lone liar: the other would know.
        (vec![knows(mined(5, 9)), knows(None)], 2, Some(pending)),
        (vec![knows(mined(5, 9)), knows(pending)], 2, Some(pending)),
        (
            vec![knows(mined(5, 9)), knows(mined(6, 8))],
            2,
            Some(pending),
        ),
        // Two agree; the fewer confirmations count.
        (
            vec![knows(mined(5, 9)), knows(mined(5, 4)), knows(None)],
            3,
            Some(mined(5, 4)),
        ),
        // One that is behind cannot know better.
        (
            vec![knows(mined(5, 9)), word(None, 4)],
            2,
            Some(mined(5, 9)),
        ),
        (vec![knows(mined(5, 9)), word(None, 5)], 2, Some(pending)),
        // The other is down.
        (vec![knows(mined(5, 9))], 2, Some(mined(5, 9))),
        // Absence takes a quorum.
        (vec![knows(None)], 2, None),
        (vec![knows(None), knows(None)], 3, Some(None)),
        (vec![knows(None), knows(pending)], 2, Some(pending)),
    ] {
        assert_eq!(status(&words, configured), expected, "{words:?}");
    }
}

#[test]
fn the_price_is_what_most_take() {
    assert_eq!(price(vec![]), None);
    assert_eq!(price(vec![7]), Some(7));
    assert_eq!(price(vec![9, 7]), Some(9));
    assert_eq!(price(vec![0, 9, 7]), Some(7));
    assert_eq!(price(vec![u128::MAX, 8, 7]), Some(8));
}

#[test]
fn a_reading_counts_by_a_quorum_or_without_contradiction() {
    let cases: [(&[usize], usize, Option<usize>); 7] = [
        (&[], 2, None),
        (&[1], 3, Some(0)),
        (&[1, 1], 2, None),
        (&[1, 1], 3, None),
        (&[1, 2], 3, Some(1)),
        (&[2, 1], 3, Some(0)),
        (&[2, 2], 5, None),
    ];
    for (voices, configured, expected) in cases {
        let found = reading(voices, configured);
        assert_eq!(found, expected, "{voices:?} of {configured}");
    }
}
