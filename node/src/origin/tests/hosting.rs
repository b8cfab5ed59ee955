//! How a process comes under its court and its host, the same in all stories.

use super::*;

/// The spawn of a process that names the court and the scheduler of operator 10, with more tags.
pub(super) fn spawned_under_court(more: &[(&str, &str)]) -> VerifiedItem {
    let mut tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Process")
        .with("Module", module_item(WASM).unwrap().id().to_string())
        .with("Scheduler", operator(10)[2].address().as_str())
        .with("Origin", origin().to_string());
    for (name, value) in more {
        tags.push(*name, *value);
    }
    let tags = tags
        .with("Challenge-Period", "6")
        .with("Min-Allocation", "1")
        .with("Max-Fee", TOKEN.to_string())
        .with("Hosting-Deposit", "0");
    let draft = Draft {
        tags,
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

/// A word to the court.
pub(super) fn of_court(key: &SigningKey, action: &str, more: &[(&str, &str)]) -> VerifiedItem {
    let mut draft = messages::message(origin(), action);
    for (name, value) in more {
        draft.tags.push(*name, *value);
    }
    draft.sign_deterministic(key).unwrap()
}

/// Alice gives a process money, and an operator takes it for one unit a block; of a registered one it names the terms, too (5.15).
pub(super) fn funded_and_taken(
    spawn: &VerifiedItem,
    host: &SigningKey,
    terms: &[(&str, &str)],
) -> [VerifiedItem; 2] {
    let id = spawn.id().to_string();
    let funds = [("Process", id.as_str()), ("Quantity", "1000000")];
    let fee = (TOKEN / 10).to_string();
    let bid = messages::Bid {
        rate: "1",
        fee_cap: "0",
        answer_cap: &fee,
    };
    let mut takes = messages::host(origin(), spawn, bid);
    for (name, value) in terms {
        takes.tags.push(*name, *value);
    }
    [
        of_court(&alice(), "Fund", &funds),
        takes.sign_deterministic(host).unwrap(),
    ]
}
