//! Whom a process listens to: its signer himself, an authority in another's name, nobody else.

use crate::harness::{AUTHORITY, Message, OWNER, PROCESS, Process, environment};

const LISTENER: &str = "
heard = {}
Handlers.add('go', 'Go', function(msg) heard[#heard + 1] = msg.From end)
";

fn heard(process: &mut Process) -> String {
    process.eval("return table.concat(heard, ' ')")
}

#[test]
fn a_signer_speaks_for_himself() {
    let mut process = Process::new(LISTENER);
    let message = process.next().tag("Action", "Go").from("alice");
    process.send(message);
    assert_eq!(heard(&mut process), "alice");
}

#[test]
fn only_an_authority_speaks_for_another_process() {
    let mut process = Process::new(LISTENER);
    for signer in ["mallory", AUTHORITY] {
        let message = process
            .next()
            .tag("Action", "Go")
            .pushed("other-process", signer);
        let answer = process.send(message);
        assert_eq!(answer["Messages"].as_array().map(Vec::len), Some(0));
    }
    assert_eq!(heard(&mut process), "other-process");
}

#[test]
fn an_ignored_message_says_so_and_reaches_no_handler() {
    let mut process = Process::new(LISTENER);
    let message = process.next().tag("Action", "Go").pushed(OWNER, "mallory");
    let text = process.send(message)["Output"]["data"].to_string();
    assert!(
        text.contains("not trusted") && text.contains("mallory"),
        "{text}"
    );
    let eval = process
        .next()
        .tag("Action", "Eval")
        .data("heard = nil")
        .pushed(OWNER, "mallory");
    process.send(eval);
    assert_eq!(process.eval("return #heard .. ' ' .. #Inbox"), "0 0");
}

#[test]
fn eval_is_the_owners_alone() {
    let mut process = Process::new("x = 1");
    let message = process
        .next()
        .tag("Action", "Eval")
        .data("x = 2")
        .from("mallory");
    let answer = process.send(message);
    assert_eq!(answer["Output"]["print"], true);
    assert_eq!(process.eval("return x .. ' ' .. #Inbox"), "1 1");
}

#[test]
fn an_assignment_needs_leave() {
    let mut process = Process::new(LISTENER);
    let foreign = |message: Message| {
        message
            .tag("Action", "Go")
            .from("alice")
            .set("Target", "elsewhere")
    };
    let message = foreign(process.next());
    let text = process.send(message)["Output"]["data"].to_string();
    assert!(text.contains("Assignment is not allowed"), "{text}");
    process.eval("ao.addAssignable('go', { Action = 'Go' })");
    let message = foreign(process.next());
    process.send(message);
    assert_eq!(heard(&mut process), "alice");
    process.eval("ao.removeAssignable('go')");
    let message = foreign(process.next());
    process.send(message);
    assert_eq!(heard(&mut process), "alice");
}

#[test]
fn the_environment_may_change_the_authorities() {
    let mut process = Process::new(LISTENER);
    process.eval("table.insert(ao.authorities, 'mine')");
    let list = |process: &mut Process| process.eval("return table.concat(ao.authorities, ' ')");
    process.env = environment(&[("Authority", "second")]);
    assert_eq!(list(&mut process), format!("{AUTHORITY} mine second"));
    process.env = environment(&[("Authority", "third")]);
    assert_eq!(list(&mut process), format!("{AUTHORITY} mine third"));
}

#[test]
fn an_authority_that_the_owner_removed_stays_removed() {
    let mut process = Process::new(LISTENER);
    process.eval("ao.authorities = {}");
    let message = process
        .next()
        .tag("Action", "Go")
        .pushed("other", AUTHORITY);
    process.send(message);
    assert_eq!(heard(&mut process), "");
}

#[test]
fn a_child_belongs_to_its_parent() {
    let mut process = Process::new("");
    assert_eq!(process.eval("return Owner"), OWNER);
    let mut child = crate::harness::boot(crate::harness::module(), aosec_wasm::Limits::default());
    let env = environment(&[("From-Process", "the-parent")]);
    let spawn = Message::spawn("print(Owner)").pushed("the-parent", "some-unit");
    let answer = child.handle(&spawn.json(), &env).expect("an answer");
    assert!(String::from_utf8_lossy(&answer.output).contains("\"data\":\"the-parent\""));
    assert_ne!(PROCESS, "the-parent");
}
