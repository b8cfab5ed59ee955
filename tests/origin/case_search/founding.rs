//! The court of the search: small parameters, one operator, one process; and the items that run in it.

use aosec_market::{Entry, Message, Signed, Tick};
use serde_json::json;

use super::super::contract::{FOUNDER, ORIGIN};
use super::super::draw::cast::{self, tags};
use super::super::game::START;
use super::super::joint::Model;
use super::super::moves::{Enclosed, Letter};
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
    let data = json!({
        "name": "Stake", "ticker": "STK", "logo": "a".repeat(43), "parameters": parameters,
        "balances": {cast::owner(0): "9000", cast::operator(0): "1000", cast::user(2): "9000"},
    });
    Letter {
        data: data.to_string(),
        ..letter(FOUNDER, &[("Action", "Genesis")], None)
    }
}

fn letter(from: &str, list: &[(&str, &str)], items: Option<Vec<Enclosed>>) -> Letter {
    Letter {
        from: from.to_owned(),
        tags: tags(list),
        items,
        ..Letter::default()
    }
}

fn bond() -> Letter {
    let (owner, operator, hot) = (cast::owner(0), cast::operator(0), cast::hot(0, 0));
    let items = [&hot, &operator].map(|by| cast::origin_key(by, &owner, &operator));
    let list = [
        ("Action", "Bond"),
        ("Quantity", "5000"),
        ("Url", "http://a.example"),
    ];
    letter(&owner, &list, Some(items.to_vec()))
}

fn fund() -> Letter {
    let process = process();
    let list = [
        ("Action", "Fund"),
        ("Process", process.as_str()),
        ("Quantity", "500"),
    ];
    letter(&cast::user(2), &list, None)
}

fn host() -> Letter {
    let hot = cast::hot(0, 0);
    let spawn = [
        ("Type", "Process"),
        ("Data-Protocol", "ao"),
        ("Origin", ORIGIN),
        ("Scheduler", hot.as_str()),
        ("Min-Allocation", "1000"),
        ("Max-Fee", "10"),
        ("Hosting-Deposit", "0"),
    ];
    let spawn = Enclosed {
        id: process(),
        from: cast::spawner(),
        tags: tags(&spawn),
        ..Enclosed::default()
    };
    let list = [
        ("Action", "Host"),
        ("Rate", "1"),
        ("Fee-Cap", "5"),
        ("Answer-Cap", "5"),
    ];
    letter(&cast::operator(0), &list, Some(vec![spawn]))
}

/// The court as the story begins, and the log of the process with one slot.
pub(super) fn court() -> (Model, Scrolls) {
    let mut model = Model::new(ORIGIN, FOUNDER);
    let mut run = |letter: Letter, height: u64| {
        let item = letter.item(format!("item-{height}"), height);
        let outcome = model.step(&Message::Item(item));
        assert!(outcome.verdict.ok, "{:?}", outcome.verdict);
    };
    run(genesis(), START);
    run(bond(), START);
    run(fund(), START);
    for height in START + 1..=BEGUN {
        let tick = Tick {
            height,
            ..Tick::default()
        };
        model.step(&Message::Tick(tick));
    }
    let outcome = model.step(&Message::Item(host().item("host".to_owned(), BEGUN)));
    assert!(outcome.verdict.ok, "{:?}", outcome.verdict);
    let mut scroll = Scroll::default();
    scroll.set(&process(), 0, 1, None, BEGUN);
    (model, Scrolls::from([(process(), scroll)]))
}

/// Somebody challenges.
pub(super) fn challenge() -> Letter {
    let process = process();
    let list = [
        ("Action", "Challenge"),
        ("Process", process.as_str()),
        ("Fee", "5"),
        ("Answer-Fee", "5"),
    ];
    let enclosed = Enclosed {
        id: message(),
        from: cast::user(0),
        tags: tags(&[("Type", "Message"), ("Data-Protocol", "ao")]),
        target: process.clone(),
        size: 100,
        signed: None,
    };
    letter(&cast::user(2), &list, Some(vec![enclosed]))
}

/// The host's answer with a slot.
pub(super) fn answer(slot: u64) -> Letter {
    let entry = Entry {
        message: message(),
        height: BEGUN,
        timestamp: 1_000 * slot,
        chain: chain(slot),
    };
    let signed = Signed {
        process: process(),
        signer: cast::hot(0, 0),
        first: slot,
        last: slot,
        entries: [(slot, entry)].into(),
        ..Signed::default()
    };
    let process = process();
    let receipt = Enclosed {
        id: format!("{:_<43}", format!("receipt-{slot}")),
        from: signed.signer.clone(),
        tags: tags(&[("Process", process.as_str()), ("Message", &message())]),
        signed: Some(signed),
        ..Enclosed::default()
    };
    let list = [("Action", "Answer")];
    letter(&cast::operator(0), &list, Some(vec![receipt]))
}
