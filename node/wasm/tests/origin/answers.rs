//! Answers (6.2, 6.5): whose receipts count, until when, and that what was answered has to be published.

use serde_json::json;

use crate::accusers::{
    ANSWER_FEE, BOND, answer, challenge, entry, receipt, send, settle, stake, wait,
};
use crate::court::{Court, Item};
use crate::liveness::{WINDOW, assigned, challenged};
use crate::people::{first_bond, id, origin_key};

/// Blocks for which a finished case is remembered.
const MEMORY: u64 = 120;

#[test]
fn an_answer_pays_the_host_and_the_log_closes_the_case() {
    let mut court = challenged();
    court.blocks(3);
    let (bob, alice) = (court.balance("bob"), court.balance("alice"));
    let item = answer(&[assigned(2, court.height)]);
    let by = court.height + 6;
    let answered = send(&mut court, item);
    assert_eq!(
        answered.reply()["Answered"],
        json!([{"Case": 1, "Slot": 2, "State": "Answered"}])
    );
    assert_eq!(court.balance("bob"), bob + BOND);
    assert_eq!(court.balance("alice"), alice + ANSWER_FEE);
    let row = court.case(1);
    assert_eq!(
        (
            &row["State"],
            &row["Slot"],
            &row["Publish-By"],
            row.get("Challengers")
        ),
        (
            &json!("Answered"),
            &json!(2),
            &json!(by),
            Some(&json!([{"Address": id("bob")}]))
        )
    );
    // The host still has to publish it: the case stands.
    assert_eq!(court.process("p1")["State"], "Challenged");
    court.blocks(2);
    court.logs.put("p1", 2, "m1", 0, court.height);
    court.block();
    let closed = send(&mut court, settle("p1", 1, "m1"));
    assert_eq!(closed.reply()["State"], "Closed");
    assert_eq!(closed.row(&id("p1")).unwrap()["State"], "Hosted");
    assert_eq!(closed.verdict["Cases"][0]["State"], "Closed");
    assert_eq!(court.balance("alice"), alice + ANSWER_FEE + 3);
    assert_eq!(court.operator("op-a")["Cases"], 0);
    assert_eq!(court.operator("op-a")["Bond"], "3000");
    // Terminal states absorb.
    for item in [settle("p1", 1, "m1"), answer(&[assigned(2, court.height)])] {
        let code = court.send(item).code().to_owned();
        assert!(["6.5 case", "6.2 case"].contains(&code.as_str()), "{code}");
    }
    let last = court.height + 20;
    wait(&mut court, last);
    assert_eq!(court.case(1)["State"], "Closed");
}

#[test]
fn an_answer_counts_up_to_the_deadline_by_its_mined_height() {
    for (mined, counts) in [(WINDOW - 1, true), (WINDOW, true), (WINDOW + 1, false)] {
        let mut court = challenged();
        let opened = court.height;
        court.queued = Some(opened + WINDOW);
        court.blocks(WINDOW + 3);
        let item = answer(&[assigned(2, court.height)]).mined(opened + mined);
        let sent = court.send(item);
        assert_eq!(sent.verdict["ok"], counts, "{mined}");
        court.check();
    }
}

#[test]
fn an_answer_that_the_log_bears_out_at_once_closes_at_once() {
    let mut court = challenged();
    court.block();
    court.logs.put("p1", 2, "m1", 0, court.height);
    let item = answer(&[assigned(2, court.height)]);
    let closed = send(&mut court, item);
    assert_eq!(closed.reply()["Answered"][0]["State"], "Closed");
    assert_eq!(court.case(1).get("Publish-By"), None);
    assert_eq!(closed.row(&id("p1")).unwrap()["State"], "Hosted");
}

#[test]
fn who_answers_has_to_publish_that_slot_in_time() {
    let within = 6;
    // Slot and height at which the message became canonical.
    let worlds = [
        (2, within - 1, true),
        (2, within, true),
        (2, within + 1, false),
        (3, 1, false),
    ];
    for (slot, mined, right) in worlds {
        let mut court = challenged();
        court.blocks(4);
        let (item, opened) = (answer(&[assigned(2, court.height)]), court.height - 4);
        let (bob, alice) = (court.balance("bob"), court.balance("alice"));
        send(&mut court, item);
        let answered = court.height;
        court.logs.put("p1", slot, "m1", 0, answered + mined);
        wait(&mut court, answered + within);
        assert_eq!(court.case(1)["State"], "Answered");
        wait(&mut court, answered + within + 1);
        let what = format!("slot {slot}, {mined} blocks later");
        assert_eq!(
            court.case(1)["State"],
            if right { "Closed" } else { "Expired" },
            "{what}"
        );
        if right {
            assert_eq!(court.process("p1")["State"], "Hosted");
            assert_eq!(court.balance("bob"), bob + BOND);
            continue;
        }
        // 5 % and jail; the answer fee stays paid, the message fee is bob's again.
        assert_eq!(stake(&mut court, "op-a"), [2_950, 0, 950]);
        let jailed = &court.operator("op-a")["Jailed-Until"];
        assert_eq!(*jailed, answered + within + 1 + 4);
        assert_eq!(court.balance("bob"), bob + BOND + 3);
        // Of the pay, what lies before the opening is the host's: it was released at the last look.
        let pay = court.balance("alice") - alice - ANSWER_FEE;
        assert_eq!(pay, 0);
        assert_eq!(court.process("p1")["U"], answered + within + 1);
        assert!(opened < answered);
        wait(&mut court, answered + within + 10);
        assert_eq!(court.balance("bob"), bob + BOND + 3 + 10, "a fifth of 50");
    }
}

#[test]
fn an_answer_is_by_the_host_for_its_epoch_and_no_older_than_the_law() {
    let mut court = challenged();
    send(&mut court, first_bond("carol", "op-c", "hot-c", 1_000));
    let height = court.height;
    let m1 = entry("m1", height, "c");
    let nothing = [
        receipt("hot-c", "p1", 0, 2, &m1),
        receipt("nobody", "p1", 0, 2, &m1),
        receipt("hot-a", "p1", 1, 2, &m1),
        receipt("hot-a", "p9", 0, 2, &m1),
        receipt("hot-a", "p1", 0, 0, &m1),
        receipt("hot-a", "p1", 0, 2, &entry("m2", height, "c")),
    ];
    for item in &nothing {
        assert_eq!(
            court.send(answer(std::slice::from_ref(item))).code(),
            "6.2 case",
            "{item}"
        );
    }
    // One that answers is enough, and a second one of the same message does nothing.
    let mut all = nothing.to_vec();
    all.extend([
        receipt("hot-a", "p1", 0, 2, &m1),
        receipt("hot-a", "p1", 0, 3, &m1),
    ]);
    let answered = send(&mut court, answer(&all));
    assert_eq!(answered.reply()["Answered"].as_array().unwrap().len(), 1);
}

#[test]
fn a_key_that_faded_still_answers_for_what_it_signed() {
    let mut court = challenged();
    let key = origin_key("hot-2", "alice", "op-a");
    send(&mut court, Item::new("alice", "Update").enclose(&[key]));
    court.blocks(8);
    let item = answer(&[assigned(2, court.height - 8)]);
    assert_eq!(send(&mut court, item).reply()["Answered"][0]["Case"], 1);
}

#[test]
fn an_answer_for_another_slot_than_the_logs_closes_nothing() {
    let mut court = challenged();
    court.block();
    court.logs.put("p1", 3, "m1", 0, court.height);
    let item = answer(&[assigned(2, court.height)]);
    let bob = court.balance("bob");
    let answered = send(&mut court, item);
    assert_eq!(answered.reply()["Answered"][0]["State"], "Answered");
    assert_eq!(court.balance("bob"), bob + BOND);
}

/// Answered and closed, and then as old as `memory`: the case is gone, its number is not given again (6, forgetting).
#[test]
fn what_ended_long_ago_is_forgotten() {
    let mut court = challenged();
    let item = answer(&[assigned(2, court.height)]);
    court.logs.put("p1", 2, "m1", 0, court.height);
    send(&mut court, item);
    let ended = court.height;
    assert_eq!(court.case(1)["Ended"], ended);
    wait(&mut court, ended + MEMORY);
    assert_eq!(court.case(1)["Ended"], ended);
    let row = |court: &mut Court, name: &str, value: String| {
        let read = Item::new("bob", "Cases").tag(name, value);
        court.send(read)
    };
    court.block();
    assert_eq!(row(&mut court, "Case", "1".into()).code(), "6 case");
    for (name, value) in [("First", "1".to_owned()), ("Process", id("p1"))] {
        let page = row(&mut court, name, value).applied();
        assert_eq!(page.reply()["Rows"], json!([]), "{name}");
    }
    let again = court.send(settle("p1", 1, "m1"));
    assert_eq!(again.code(), "6.5 case");
    let opened = court.send(challenge("bob", "p1", &["m2"])).applied();
    assert_eq!(opened.reply()["Cases"][0]["Case"], 2);
    for (name, value) in [("First", "1".to_owned()), ("Process", id("p1"))] {
        let page = row(&mut court, name, value).applied();
        assert_eq!(page.reply()["Rows"][0]["Case"], 2, "{name}");
    }
    court.check();
}
