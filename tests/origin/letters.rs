//! Letters to the court that more than one play sends: the same words, other names. No rule stands here.

use aosec_market::{Entry, Signed};
use serde_json::{Value, json};

use super::contract::{FOUNDER, ORIGIN};
use super::draw::cast::{self, tags};
use super::moves::{Enclosed, Letter};

/// Both fees of a challenge in the small courts: at the caps that [`host`] names.
const FEE: &str = "5";

/// A letter with tags and children.
pub(crate) fn letter(from: &str, list: &[(&str, &str)], items: Option<Vec<Enclosed>>) -> Letter {
    Letter {
        from: from.to_owned(),
        tags: tags(list),
        items,
        ..Letter::default()
    }
}

/// The genesis of a court with these parameters and balances.
pub(crate) fn genesis(parameters: &Value, balances: &Value) -> Letter {
    let data = json!({
        "name": "Stake", "ticker": "STK", "logo": "a".repeat(43), "parameters": parameters, "balances": balances,
    });
    Letter {
        data: data.to_string(),
        ..letter(FOUNDER, &[("Action", "Genesis")], None)
    }
}

/// A first `Bond`, with the items of the hot key and of the operator (4.3).
pub(crate) fn first_bond(owner: &str, operator: &str, hot: &str, sum: &str) -> Letter {
    let mut items = vec![cast::origin_key(hot, owner, operator)];
    if operator != owner {
        items.push(cast::origin_key(operator, owner, operator));
    }
    let list = [
        ("Action", "Bond"),
        ("Quantity", sum),
        ("Url", "http://a.example"),
    ];
    letter(owner, &list, Some(items))
}

/// Money for a process.
pub(crate) fn fund(from: &str, process: &str, sum: &str) -> Letter {
    let list = [("Action", "Fund"), ("Process", process), ("Quantity", sum)];
    letter(from, &list, None)
}

/// An operator takes a process that its spawn gave to this hot key.
pub(crate) fn host(operator: &str, process: &str, hot: &str) -> Letter {
    let spawn = [
        ("Type", "Process"),
        ("Data-Protocol", "ao"),
        ("Origin", ORIGIN),
        ("Scheduler", hot),
        ("Min-Allocation", "1000"),
        ("Max-Fee", "10"),
        ("Hosting-Deposit", "0"),
    ];
    let spawn = Enclosed {
        id: process.to_owned(),
        from: cast::spawner(),
        tags: tags(&spawn),
        ..Enclosed::default()
    };
    let list = [
        ("Action", "Host"),
        ("Rate", "1"),
        ("Fee-Cap", FEE),
        ("Answer-Cap", FEE),
    ];
    letter(operator, &list, Some(vec![spawn]))
}

/// Somebody challenges a host to take a message.
pub(crate) fn challenge(from: &str, process: &str, message: &str) -> Letter {
    let list = [
        ("Action", "Challenge"),
        ("Process", process),
        ("Fee", FEE),
        ("Answer-Fee", FEE),
    ];
    let enclosed = Enclosed {
        id: message.to_owned(),
        from: cast::user(0),
        tags: tags(&[("Type", "Message"), ("Data-Protocol", "ao")]),
        target: process.to_owned(),
        size: 100,
        signed: None,
    };
    letter(from, &list, Some(vec![enclosed]))
}

/// A host's answer: the receipt of one slot, signed by its hot key.
pub(crate) fn answer(from: &str, process: &str, hot: &str, (slot, entry): (u64, Entry)) -> Letter {
    let message = entry.message.clone();
    let signed = Signed {
        process: process.to_owned(),
        signer: hot.to_owned(),
        first: slot,
        last: slot,
        entries: [(slot, entry)].into(),
        ..Signed::default()
    };
    let receipt = Enclosed {
        id: format!("{:_<43}", format!("receipt-{slot}")),
        from: hot.to_owned(),
        tags: tags(&[("Process", process), ("Message", &message)]),
        signed: Some(signed),
        ..Enclosed::default()
    };
    letter(from, &[("Action", "Answer")], Some(vec![receipt]))
}
