//! The court of the search: small parameters, one operator, one process; and the items that run in it.

use aosec_market::{Entry, Message, Tick};
use serde_json::json;

use super::super::contract::{FOUNDER, ORIGIN};
use super::super::draw::cast;
use super::super::game::START;
use super::super::joint::Model;
use super::super::letters;
use super::super::moves::Letter;
use super::super::scroll::{Scroll, Scrolls, chain};

/// The depth to which the chain goes back.
pub(super) const DEPTH: u64 = 2;

/// The height at which the story begins.
pub(super) const BEGUN: u64 = START + 3;

/// The process.
pub(super) fn process() -> String {
    cast::process(0)
}

/// The message that nobody takes.
pub(super) fn message() -> String {
    format!("{:_<43}", "the-message")
}

fn genesis() -> Letter {
    let parameters = json!({
        "settlement_depth": DEPTH, "activation": 1, "unbonding": 60, "evidence_max_age": 10,
        "slash_delay": 3, "period_default": 9, "period_min": 4, "period_max": 9, "window_floor": 4,
        "late_after": 2, "publish_within": 6, "public_before": 1, "cut": 1, "commit": 1,
        "reveal": 1, "beacon_blocks": 1, "handover": 1, "notice": 2, "jail_min": 1,
        "jail_max": 2, "memory": 100, "mass_window": 1, "bounty_window": 1, "arrears": 4,
        "fee_rise": 1, "reopening_factor": 2, "min_bond": "1000", "inbox_fee": "0",
        "answer_fee_floor": "3",
    });
    let balances =
        json!({cast::owner(0): "9000", cast::operator(0): "1000", cast::user(2): "9000"});
    letters::genesis(&parameters, &balances)
}

/// The court as the story begins, and the log of the process with one slot.
pub(super) fn court() -> (Model, Scrolls) {
    let mut model = Model::new(ORIGIN, FOUNDER);
    let mut run = |letter: Letter, height: u64| {
        let item = letter.item(format!("item-{height}"), height);
        let outcome = model.step(&Message::Item(item));
        assert!(outcome.verdict.ok, "{:?}", outcome.verdict);
    };
    let (owner, operator, hot) = (cast::owner(0), cast::operator(0), cast::hot(0, 0));
    run(genesis(), START);
    run(letters::first_bond(&owner, &operator, &hot, "5000"), START);
    run(letters::fund(&cast::user(2), &process(), "500"), START);
    for height in START + 1..=BEGUN {
        let tick = Tick {
            height,
            ..Tick::default()
        };
        model.step(&Message::Tick(tick));
    }
    let host = letters::host(&operator, &process(), &hot);
    let outcome = model.step(&Message::Item(host.item("host".to_owned(), BEGUN)));
    assert!(outcome.verdict.ok, "{:?}", outcome.verdict);
    let mut scroll = Scroll::default();
    scroll.set(&process(), 0, 1, None, BEGUN);
    (model, Scrolls::from([(process(), scroll)]))
}

/// Somebody challenges.
pub(super) fn challenge() -> Letter {
    letters::challenge(&cast::user(2), &process(), &message())
}

/// The host's answer with a slot.
pub(super) fn answer(slot: u64) -> Letter {
    let entry = Entry {
        message: message(),
        height: BEGUN,
        timestamp: 1_000 * slot,
        chain: chain(slot),
    };
    letters::answer(
        &cast::operator(0),
        &process(),
        &cast::hot(0, 0),
        (slot, entry),
    )
}
