//! What the law says of ranks (PROTOCOL 5.17), asked of rows that a court might tell, and of random ones beside the law read plainly.

use std::collections::BTreeSet;

use aosec_wire::Id;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn address(number: u16) -> Address {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Id::new(bytes).to_string().parse().unwrap()
}

/// Keys are numbers; those of an operator follow on a multiple of ten, which is its own.
fn operator_of(key: u16) -> Address {
    address(60_000 + key / 10)
}

fn outcome(height: u64, rows: &[Value]) -> CourtOutcome {
    let verdict = json!({ "ok": true, "Authorities": rows });
    CourtOutcome {
        message: Id::new([9; 32]),
        slot: 1,
        height,
        json: json!({ "Output": { "data": verdict.to_string() }, "Messages": [] }).to_string(),
    }
}

fn from(number: u16, height: u64) -> Value {
    json!({ "Operator": operator_of(number), "Key": address(number), "From": height })
}

fn until(number: u16, began: u64, end: u64) -> Value {
    json!({ "Operator": operator_of(number), "Key": address(number), "From": began, "To": end })
}

/// A court that has told these blocks.
fn told(blocks: &[(u64, Vec<Value>)]) -> Authorities {
    let mut told = Authorities::default();
    for (height, rows) in blocks {
        told.apply(&[outcome(*height, rows)]);
    }
    told
}

fn keys(numbers: impl IntoIterator<Item = u16>) -> Vec<Address> {
    let mut keys: Vec<_> = numbers.into_iter().map(address).collect();
    keys.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    keys
}

fn seen(told: &Authorities, height: u64) -> Vec<Address> {
    told.at(height).to_vec()
}

fn usual() -> Authorities {
    told(&[
        (5, vec![from(2, 5), from(1, 5)]),
        (8, vec![until(2, 5, 8), from(3, 8)]),
        (12, vec![from(2, 12)]),
    ])
}

#[test]
fn each_block_has_its_keys_for_ever_and_in_order() {
    let told = usual();
    for (height, numbers) in [
        (0, vec![]),
        (4, vec![]),
        (5, vec![1, 2]),
        (8, vec![1, 2, 3]),
        (9, vec![1, 3]),
        (11, vec![1, 3]),
        (12, vec![1, 2, 3]),
        (99, vec![1, 2, 3]),
    ] {
        assert_eq!(seen(&told, height), keys(numbers), "at {height}");
    }
}

#[test]
fn a_reorg_takes_back_beginnings_and_ends() {
    let mut told = usual();
    assert_eq!(seen(&told, 9), keys([1, 3]));
    told.rewind(7);
    assert_eq!(seen(&told, 9), keys([1, 2]), "revoked in no block now");
    told.apply(&[outcome(9, &[until(2, 5, 9)])]);
    assert_eq!(seen(&told, 9), keys([1, 2]));
    assert_eq!(seen(&told, 10), keys([1]));
    told.rewind(0);
    assert_eq!(seen(&told, 10), keys([]));
    assert_eq!(told.history, History::default());
}

/// As many operators as a process sees keys, with one each; the first ones have begun first.
fn crowd(height: u64, rounds: u16) -> Vec<Value> {
    let count = u16::try_from(KEYS_MAX).unwrap() / rounds;
    let operators = (0..count).flat_map(|operator| (0..rounds).map(move |key| 10 * operator + key));
    operators.map(|key| from(key, height)).collect()
}

#[test]
fn a_late_crowd_pushes_nobody_out() {
    let mut told = told(&[(3, crowd(3, 1)), (4, vec![from(9_000, 4), from(9_010, 4)])]);
    let first = (0..256).map(|operator| 10 * operator);
    assert_eq!(seen(&told, 4), keys(first.clone()));
    told.apply(&[outcome(5, &[until(0, 3, 5)])]);
    assert_eq!(seen(&told, 5), keys(first.clone()));
    let moved_up = first.skip(1).chain([9_000]);
    assert_eq!(
        seen(&told, 6),
        keys(moved_up),
        "the next one in the order of rows"
    );
}

#[test]
fn many_keys_of_few_operators_leave_room_for_everybodys_first() {
    let mut blocks = vec![(3, crowd(3, 4))];
    let late = (0..100).map(|operator| 8_000 + 10 * operator);
    blocks.push((9, late.clone().map(|key| from(key, 9)).collect()));
    let told = told(&blocks);
    assert_eq!(seen(&told, 8).len(), 256);
    let shown = seen(&told, 9);
    assert_eq!(shown.len(), 256);
    assert!(
        late.map(address).all(|key| shown.contains(&key)),
        "the 65th operator and all behind it"
    );
    // 64 first keys, 100 first keys of newcomers, 64 second ones, and the third ones of those who came first.
    let third = (0..64).map(|operator| address(10 * operator + 2));
    let third = third.filter(|key| shown.contains(key));
    assert_eq!(
        third.collect::<Vec<_>>(),
        (0..28)
            .map(|operator| address(10 * operator + 2))
            .collect::<Vec<_>>()
    );
}

#[test]
fn who_changes_its_key_keeps_its_place() {
    // The new key is there before the old one goes; goes as the old one goes; comes at the height behind.
    for (begins, ends) in [(20, 25), (20, 20), (21, 20)] {
        let mut blocks = vec![
            (3, vec![from(0, 3)]),
            (4, (1..300).map(|operator| from(10 * operator, 4)).collect()),
        ];
        let (authorize, revoke) = (
            (begins, vec![from(1, begins)]),
            (ends, vec![until(0, 3, ends)]),
        );
        blocks.extend(if begins < ends {
            [authorize, revoke]
        } else {
            [revoke, authorize]
        });
        let told = told(&blocks);
        let rest = (1..256).map(|operator| 10 * operator);
        assert_eq!(
            seen(&told, ends),
            keys(rest.clone().chain([0])),
            "{begins} and {ends}"
        );
        let changed = seen(&told, ends + 1);
        assert_eq!(changed, keys(rest.chain([1])), "{begins} and {ends}");
    }
}

#[test]
fn a_height_without_any_key_ends_the_span() {
    let told = told(&[
        (3, vec![from(0, 3)]),
        (4, (1..300).map(|operator| from(10 * operator, 4)).collect()),
        (20, vec![until(0, 3, 20)]),
        (22, vec![from(1, 22)]),
    ]);
    assert!(seen(&told, 20).contains(&address(0)));
    assert!(
        !seen(&told, 22).contains(&address(1)),
        "it begins behind everybody"
    );
    assert!(seen(&told, 22).contains(&address(2_560)));
}

/// The law as it stands, without anything remembered: from the intervals (key, from, to) in the order of their rows.
fn by_the_law(intervals: &[(u16, u64, Option<u64>)], height: u64, most: usize) -> Vec<Address> {
    let counts = |at: u64, (_, from, to): &(u16, u64, Option<u64>)| {
        *from <= at && to.is_none_or(|to| at <= to)
    };
    let mut ranked = Vec::new();
    let operators: BTreeSet<u16> = intervals.iter().map(|(key, ..)| key / 10).collect();
    for operator in operators {
        let own = |one: &&(u16, u64, Option<u64>)| one.0 / 10 == operator;
        let at = |at: u64| intervals.iter().filter(own).any(|one| counts(at, one));
        let mut begins = height;
        while at(height) && begins > 0 && at(begins - 1) {
            begins -= 1;
        }
        let first = intervals
            .iter()
            .position(|one| own(&one) && one.1 == begins);
        let counting = intervals
            .iter()
            .filter(own)
            .filter(|one| counts(height, one));
        ranked.extend(
            counting
                .enumerate()
                .map(|(round, one)| (round, first, one.0)),
        );
    }
    ranked.sort_unstable();
    keys(ranked.into_iter().take(most).map(|(.., key)| key))
}

/// Draws of one block: which of the forty keys of ten operators change their state, in this order.
fn blocks() -> impl Strategy<Value = Vec<Vec<u16>>> {
    proptest::collection::vec(proptest::collection::vec((0..10_u16, 0..4_u16), 0..5), 300).prop_map(
        |blocks| {
            blocks
                .into_iter()
                .map(|all| {
                    all.into_iter()
                        .map(|(operator, key)| 10 * operator + key)
                        .collect()
                })
                .collect()
        },
    )
}

/// Tells the blocks from `first` on, and what the law is asked from.
fn play(
    history: &mut History,
    intervals: &mut Vec<(u16, u64, Option<u64>)>,
    first: u64,
    blocks: &[Vec<u16>],
) {
    for (height, changes) in (first..).zip(blocks) {
        for key in changes {
            let open = intervals
                .iter()
                .rposition(|one| one.0 == *key && one.2.is_none());
            match open {
                Some(open) => {
                    intervals[open].2 = Some(height);
                    history.end(&address(*key), height);
                }
                None => {
                    intervals.push((*key, height, None));
                    history.begin(operator_of(*key), address(*key), height);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Also behind a reorg, and then the same as if there had been none.
    #[test]
    fn every_block_shows_what_the_law_says(drawn in blocks(), back in 0..300_u64) {
        let (mut history, mut intervals) = (History::default(), Vec::new());
        play(&mut history, &mut intervals, 1, &drawn);
        for height in (0..310).step_by(7) {
            for most in [1, 7, 100] {
                let shown = rank::seen(&history.counting(history.view(height)), most);
                prop_assert_eq!(shown.to_vec(), by_the_law(&intervals, height, most), "at {}", height);
            }
        }
        let whole = history.clone();
        history.rewind(back);
        intervals.retain(|one| one.1 <= back);
        intervals.iter_mut().for_each(|one| one.2 = one.2.filter(|to| *to <= back));
        let rest = usize::try_from(back).unwrap();
        play(&mut history, &mut intervals, back + 1, &drawn[rest..]);
        prop_assert_eq!(history, whole);
    }
}
