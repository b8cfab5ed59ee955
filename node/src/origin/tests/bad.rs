//! What is wrong in any way gets an answer that names the rule, changes nothing and costs nothing but the fee (here 0): through real
//! transactions, by the codes of the message table.

use super::*;
use crate::origin::messages::Bid;

fn said(key: &SigningKey, action: &str, more: &[(&str, &str)]) -> VerifiedItem {
    super::hosting::of_court(key, action, more)
}

fn pays(quantity: &str) -> VerifiedItem {
    let to = key(9).address().clone();
    let tags = [("Recipient", to.as_str()), ("Quantity", quantity)];
    said(&alice(), "Transfer", &tags)
}

/// A message that encloses these bytes, whatever they are.
fn encloses(bytes: &'static [u8]) -> VerifiedItem {
    let mut draft = messages::enclosing(messages::message(origin(), "Bond"), &[]);
    draft.data = bytes.into();
    draft.sign_deterministic(&alice()).unwrap()
}

/// What operator 10 has signed, in the hands of another owner.
fn grabbed(by: &SigningKey, of: &VerifiedItem, action: &str) -> VerifiedItem {
    let mut draft = messages::message(origin(), action);
    draft.tags = draft
        .tags
        .with("Quantity", (200 * TOKEN).to_string())
        .with("Url", "https://thief.example")
        .with("Bundle-Format", "binary")
        .with("Bundle-Version", "2.0.0");
    draft.data = of.data();
    draft.sign_deterministic(by).unwrap()
}

/// A process whose scheduler is operator 10's, as operator 20 would like to have it.
fn taken_by_a_stranger() -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Process")
        .with("Scheduler", operator(10)[2].address().as_str())
        .with("Origin", origin().to_string())
        .with("Min-Allocation", "1")
        .with("Max-Fee", TOKEN.to_string())
        .with("Hosting-Deposit", "0");
    let draft = Draft {
        tags,
        ..Draft::default()
    };
    let spawn = draft.sign_deterministic(&alice()).unwrap();
    let fee = (TOKEN / 10).to_string();
    let bid = Bid {
        rate: "1",
        fee_cap: "0",
        answer_cap: &fee,
    };
    let draft = messages::host(origin(), &spawn, bid);
    draft.sign_deterministic(&operator(20)[1]).unwrap()
}

/// Everything that the court shows of money and stake.
async fn shown(bench: &Bench) -> Vec<serde_json::Value> {
    let mut shown = Vec::new();
    for view in ["Operators", "Processes", "Balances", "Total-Supply"] {
        let mut answer = bench.court.ask(Depth::Soft, view, &[]).await.unwrap();
        if let Some(fields) = answer.data.as_object_mut() {
            fields.remove("Height");
        }
        shown.push(answer.data);
    }
    shown
}

/// What is wrong, and the code that it gets; none where it is no message to the court at all.
fn wrong(
    owner: &SigningKey,
    other: &SigningKey,
    word: &VerifiedItem,
) -> Vec<(&'static str, VerifiedItem, Option<&'static str>)> {
    let long = "9".repeat(31);
    let much = "9".repeat(30);
    let nobody = [("Recipient", "nobody"), ("Quantity", "5")];
    let elsewhere = Draft {
        target: Some(Id::new([77; 32])),
        ..messages::message(origin(), "Transfer")
    };
    vec![
        ("malformed: no amount", pays("much"), Some("3.1 amount")),
        (
            "malformed: no address",
            said(&alice(), "Transfer", &nobody),
            Some("3.1 recipient"),
        ),
        ("overflowing", pays(&long), Some("3.1 amount")),
        ("more than there is", pays(&much), Some("3.1 balance")),
        ("negative", pays("-5"), Some("3.1 amount")),
        ("fractional", pays("1.5"), Some("3.1 amount")),
        ("nothing", pays("0"), Some("3.1 amount")),
        (
            "an action that is none",
            said(&alice(), "Steal", &[]),
            Some("2.2 action"),
        ),
        ("mistimed", said(owner, "Withdraw", &[]), Some("4 unripe")),
        ("garbage enclosed", encloses(b"garbage"), Some("2.5 child")),
        (
            "a promise of more than there is",
            encloses(&[255; 64]),
            Some("2.5 child"),
        ),
        (
            "someone else's key",
            grabbed(&key(40), &bond(10), "Bond"),
            Some("4.3 items"),
        ),
        (
            "someone else's authority",
            grabbed(other, word, "Authorize"),
            Some("4.7 items"),
        ),
        (
            "someone else's process",
            taken_by_a_stranger(),
            Some("5.1 scheduler"),
        ),
        (
            "foreign",
            elsewhere.sign_deterministic(&alice()).unwrap(),
            None,
        ),
    ]
}

#[tokio::test]
async fn whatever_is_wrong_is_answered_by_its_rule_and_changes_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let [owner, host, _hot] = operator(10);
    let other = &operator(20)[0];
    let word = messages::authorize(owner.address(), host.address(), &key(60), origin());
    let word = word.unwrap().sign_deterministic(&owner).unwrap();
    let some = (50 * TOKEN).to_string();
    let unbond = said(&owner, "Unbond", &[("Quantity", some.as_str())]);
    post(&chain, &start()).await;
    mine(&chain, 4).await;
    let paid = pays("7");
    post(&chain, &[unbond, paid.clone()]).await;
    let before = mine(&chain, 1).await;
    bench.until(before).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "7");
    let books = shown(&bench).await;

    let wrong = wrong(&owner, other, &word);
    let mut items: Vec<_> = wrong.iter().map(|(_, item, _)| item.clone()).collect();
    items.push(paid);
    post(&chain, &items).await;
    let after = mine(&chain, 1).await;
    bench.until(after).await;
    for (what, item, code) in &wrong {
        let outcome = bench.court.outcome(item.id()).await.unwrap();
        let Some(code) = code else {
            assert_eq!(outcome, None, "{what}");
            continue;
        };
        let outcome = outcome.unwrap_or_else(|| panic!("{what} was not answered"));
        let json: serde_json::Value = serde_json::from_str(&outcome.json).unwrap();
        let verdict = json["Output"]["data"].as_str().unwrap();
        let verdict: serde_json::Value = serde_json::from_str(verdict).unwrap();
        assert_eq!(verdict, json!({ "ok": false, "code": code }), "{what}");
        let reply = json["Messages"][0]["Data"].as_str().unwrap();
        assert!(reply.contains(code), "{what}: {reply}");
        assert_eq!(json["Messages"][0]["Target"], item.owner_address().as_str());
    }
    assert_eq!(shown(&bench).await, books, "replayed too: it ran once");
}
