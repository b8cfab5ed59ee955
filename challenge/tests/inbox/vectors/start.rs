//! Where the court begins (2.10), and its Ticks (2.8).

use super::shape::{Vector, case, empty, item, spawned, tick};
use crate::forge::{self, START, genesis, genesis_with, inbox, letter, spawn};
use crate::hosts;

pub(super) fn cases() -> Vec<Vector> {
    vec![
        case(
            "2.10",
            "the spawn is slot 0, the genesis slot 1, the first Tick is that of the next block",
        )
        .quiet(2, START + 1..=START + 2)
        .firm(0),
        case("1.2", "what lies settlement_depth below the tip is firm")
            .quiet(2, START + 1..=START + 4)
            .firm(3),
        before_in_the_transaction(),
        before_in_the_block(),
        before_in_an_earlier_block(),
        genesis_in_the_next_transaction(),
        no_genesis(),
        refused_genesis(),
        spawn_again(),
        start_items(),
    ]
}

fn before_in_the_transaction() -> Vector {
    let items = [letter(1, &[]), spawn(), genesis()];
    empty(
        "2.10",
        "what stands before the spawn in its transaction does not run",
    )
    .block(&hosts::block(START, vec![inbox(&items)]))
    .hears(spawned())
    .hears(item(&genesis(), 1, START, START).behind(1))
    .discards(START, 0, 0, "2.10 before-start")
}

fn before_in_the_block() -> Vector {
    let transactions = vec![inbox(&[letter(1, &[])]), inbox(&[spawn(), genesis()])];
    empty(
        "2.10",
        "what stands before the spawn in its block does not run",
    )
    .block(&hosts::block(START, transactions))
    .hears(spawned())
    .hears(item(&genesis(), 1, START, START).behind(1))
    .discards(START, 0, 0, "2.10 before-start")
}

/// And it may be mined again later, because it has not run.
fn before_in_an_earlier_block() -> Vector {
    let early = letter(1, &[]);
    let block = hosts::block(START + 1, vec![inbox(&[spawn(), genesis(), early.clone()])]);
    empty("2.10", "what was mined before the start has not run")
        .block(&forge::mail(START, std::slice::from_ref(&early)))
        .block(&block)
        .hears(item(&spawn(), 0, START, START + 1).unmined())
        .hears(item(&genesis(), 1, START + 1, START + 1).behind(1))
        .hears(item(&early, 2, START + 1, START + 1).behind(2))
        .discards(START, 0, 0, "2.10 before-start")
}

fn genesis_in_the_next_transaction() -> Vector {
    let transactions = vec![inbox(&[spawn()]), inbox(&[genesis()])];
    empty(
        "2.10",
        "slot 1 is the next item of the start block, whatever transaction carries it",
    )
    .block(&hosts::block(START, transactions))
    .hears(spawned())
    .hears(item(&genesis(), 1, START, START).behind(1))
}

fn no_genesis() -> Vector {
    empty(
        "2.10",
        "where the start block has no item behind the spawn, the Tick takes slot 1",
    )
    .block(&hosts::block(START, vec![inbox(&[spawn()])]))
    .hears(spawned())
    .block(&forge::mail(START + 1, &[genesis()]))
    .hears(tick(1, START + 1))
    .hears(item(&genesis(), 2, START + 1, START + 1).behind(1))
}

fn refused_genesis() -> Vector {
    let refused = genesis_with(77, &[("Say", r#"{"ok":false,"code":"2.10 data"}"#)]);
    empty(
        "2.10",
        "a refused genesis says no parameter, and the log goes on",
    )
    .block(&hosts::block(
        START,
        vec![inbox(&[spawn(), refused.clone()])],
    ))
    .hears(spawned())
    .hears(item(&refused, 1, START, START).behind(1))
    .block(&forge::mail(START + 1, &[letter(1, &[])]))
    .hears(tick(2, START + 1))
    .hears(item(&letter(1, &[]), 3, START + 1, START + 1).behind(1))
}

fn spawn_again() -> Vector {
    case("2.10", "the spawn that is mined again begins nothing again")
        .block(&forge::mail(START + 1, &[spawn(), letter(1, &[])]))
        .hears(tick(2, START + 1))
        .hears(item(&letter(1, &[]), 3, START + 1, START + 1).behind(1))
}

fn start_items() -> Vector {
    empty(
        "2.10",
        "items behind the genesis run in the start block, without a Tick",
    )
    .block(&forge::start(&[letter(1, &[]), letter(2, &[])]))
    .hears(spawned())
    .hears(item(&genesis(), 1, START, START).behind(1))
    .hears(item(&letter(1, &[]), 2, START, START).behind(2))
    .hears(item(&letter(2, &[]), 3, START, START).behind(3))
}
