//! What handlers see and what they send, field by field.

use serde_json::{Value, json};

use crate::harness::{AUTHORITY, MODULE, PROCESS, Process, send, tag};

#[test]
fn an_answer_has_exactly_these_parts() {
    let mut process = Process::new("");
    let message = process
        .next()
        .tag("Action", "Eval")
        .data("print('a', 1, nil) return 1 + 1");
    let answer = process.send(message);
    let output =
        json!({"data": "a\t1\tnil\n2", "print": false, "prompt": "tested@aosec[Inbox:0]> "});
    let expected = json!({"Assignments": [], "Messages": [], "Output": output, "Spawns": []});
    assert_eq!(answer, expected);
}

#[test]
fn eval_tries_an_expression_first() {
    let mut process = Process::new("");
    for (text, printed) in [
        ("1 + 1", "2"),
        ("x = 5", ""),
        ("x", "5"),
        ("return x * 2", "10"),
        ("'text'", "text"),
        ("nil", ""),
        ("false", "false"),
        ("{ 2, a = { 'x' } }", "{\n  2,\n  a = {\n    \"x\"\n  }\n}"),
        ("print", "function"),
        ("local y = 3 print(y)", "3"),
        ("", ""),
        ("5, 6", "5"),
    ] {
        assert_eq!(process.eval(text), printed, "{text}");
    }
}

#[test]
fn errors_are_whole_and_leave_nothing() {
    let mut process = Process::new("x = 1");
    for (text, error) in [
        ("x = 2 error('no')", "eval:1: no"),
        ("x = 2 error('plain', 0)", "plain"),
        ("x = 2 error({ code = 1 })", "{\n  code = 1\n}"),
        ("x = 2 error()", "nil"),
        ("x = 2 error('', 0)", "error without a text"),
        ("x = (", "eval:1: unexpected symbol near <eof>"),
        ("x = 2 Send({})", "Send: Target is a process or a wallet"),
        ("x = 2 ao.outbox.Error = 'said so'", "said so"),
        (
            "x = 2 Send({ Target = 't' }) nothing()",
            "eval:1: attempt to call a nil value (global 'nothing')",
        ),
    ] {
        let message = process.next().tag("Action", "Eval").data(text);
        let answer = process.send(message);
        let said = answer["Error"].as_str().expect(text);
        assert!(said.ends_with(error), "{text}: {said}");
        assert_eq!(answer["Messages"], json!([]), "{text}");
    }
    assert_eq!(process.eval("return x"), "1");
}

#[test]
fn a_sent_message_has_the_tags_of_the_network_first() {
    let mut process = Process::new("");
    let text = "Send({ Target = 't', Data = 'd', Zeta = 1, Action = 'Go', Tags = { B = true, A = 1.5 } })
        Send({ Target = 't', Tags = { { name = 'B', value = 'x' }, { name = 'A', value = 'y' } } })";
    let message = process.next().tag("Action", "Eval").data(text);
    let answer = process.send(message);
    let pair = |name: &str, value: &str| json!({"name": name, "value": value});
    let network = |reference: &str| {
        let tags = [
            ("Data-Protocol", "ao"),
            ("Variant", "ao.TN.1"),
            ("Type", "Message"),
        ];
        let mut all: Vec<Value> = tags.iter().map(|(n, v)| pair(n, v)).collect();
        all.push(pair("Reference", reference));
        all
    };
    let mut first = network("1");
    first.extend([
        pair("Action", "Go"),
        pair("Zeta", "1"),
        pair("A", "1.5"),
        pair("B", "true"),
    ]);
    let mut second = network("2");
    second.extend([pair("B", "x"), pair("A", "y")]);
    assert_eq!(
        answer["Messages"],
        json!([
            {"Target": "t", "Data": "d", "Anchor": "00000000000000000000000000000001", "Tags": first},
            {"Target": "t", "Data": "", "Anchor": "00000000000000000000000000000002", "Tags": second},
        ])
    );
}

#[test]
fn a_spawn_and_an_assignment_leave_as_aos_sends_them() {
    let mut process = Process::new("");
    let text = "Spawn('mod', { Data = 'code', Name = 'kid' }) Assign({ Processes = { 'p' }, Message = 'm' })";
    let message = process.next().tag("Action", "Eval").data(text);
    let answer = process.send(message);
    let spawn = &answer["Spawns"][0];
    assert_eq!(spawn["Data"], "code");
    assert_eq!(spawn["Anchor"], "00000000000000000000000000000001");
    for (name, value) in [
        ("Type", "Process"),
        ("Module", "mod"),
        ("From-Process", PROCESS),
        ("From-Module", MODULE),
        ("Reference", "1"),
        ("Name", "kid"),
    ] {
        assert_eq!(tag(spawn, name), Some(value), "{name}");
    }
    assert_eq!(
        answer["Assignments"],
        json!([{"Message": "m", "Processes": ["p"]}])
    );
}

#[test]
fn handlers_see_tags_as_fields_and_the_first_of_equals() {
    let seen = "Handlers.add('see', 'See', function(msg)
        print(msg.Kind, msg.Tags.Kind, #msg.TagArray, msg.From, msg.Timestamp, msg.Tags.From, msg['Block-Height']) end)";
    let mut process = Process::new(seen);
    let answer = send(
        &mut process,
        &[
            ("Action", "See"),
            ("Kind", "one"),
            ("Kind", "two"),
            ("Timestamp", "0"),
        ],
    );
    let line = answer["Output"]["data"].as_str().expect("text");
    assert_eq!(
        line,
        format!(
            "one\tone\t4\t{}\t1700000001000\tnil\t101",
            crate::harness::OWNER
        )
    );
}

#[test]
fn a_tag_never_replaces_a_field_that_the_node_gave() {
    let mut process = Process::new(
        "Handlers.add('f', 'F', function(msg) print(msg.Mined, msg.Tags.Mined, msg.More) end)",
    );
    let message = process
        .next()
        .tag("Action", "F")
        .tag("Mined", "forged")
        .tag("More", "from the tag")
        .set("Mined", "the node's");
    assert_eq!(
        process.send(message)["Output"]["data"],
        "the node's\tforged\tfrom the tag"
    );
}

#[test]
fn empty_data_is_no_json_and_no_error() {
    let mut process = Process::new("Handlers.add('f', 'F', function(msg) print(#msg.Data) end)");
    let message = process
        .next()
        .tag("Action", "F")
        .tag("Content-Type", "application/json");
    assert_eq!(process.send(message)["Output"]["data"], "0");
}

#[test]
fn json_data_is_read_where_it_is_announced() {
    let mut process =
        Process::new("Handlers.add('j', 'J', function(msg) print(msg.Data.a[2]) end)");
    let message = process
        .next()
        .tag("Action", "J")
        .tag("Content-Type", "application/json");
    assert_eq!(
        process.send(message.clone().data("{\"a\":[1,2]}"))["Output"]["data"],
        "2"
    );
    assert!(
        process.send(message.data("{"))["Error"]
            .to_string()
            .contains("invalid JSON")
    );
}

#[test]
fn reply_and_forward_carry_the_references() {
    let code = "Handlers.add('ask', 'Ask', function(msg) msg.reply({ Data = 'yes' }) end)
        Handlers.add('pass', 'Pass', function(msg) msg.forward('next', { Extra = '1' }) end)";
    let mut process = Process::new(code);
    let answer = send(&mut process, &[("Action", "Ask"), ("Reference", "77")]);
    let reply = &answer["Messages"][0];
    assert_eq!(reply["Target"], crate::harness::OWNER);
    assert_eq!(tag(reply, "X-Reference"), Some("77"));
    let answer = send(
        &mut process,
        &[
            ("Action", "Ask"),
            ("Reference", "78"),
            ("Reply-To", "other"),
            ("X-Reference", "9"),
        ],
    );
    assert_eq!(answer["Messages"][0]["Target"], "other");
    assert_eq!(tag(&answer["Messages"][0], "X-Reference"), Some("9"));
    let answer = send(
        &mut process,
        &[("Action", "Pass"), ("Reference", "79"), ("Kind", "k")],
    );
    let passed = &answer["Messages"][0];
    assert_eq!(passed["Target"], "next");
    for (name, value) in [
        ("Kind", "k"),
        ("Extra", "1"),
        ("X-Reference", "79"),
        ("Action", "Pass"),
    ] {
        assert_eq!(tag(passed, name), Some(value), "{name}");
    }
    assert_eq!(tag(passed, "Reply-To"), Some(crate::harness::OWNER));
}

#[test]
fn a_handler_waits_for_its_answer() {
    let code = "Handlers.add('buy', 'Buy', function(msg)
          local price = Send({ Target = 'oracle', Action = 'Price' }).receive().Data
          local stock = Send({ Target = 'store', Action = 'Stock' }).receive().Data
          msg.reply({ Data = price .. '/' .. stock })
        end)";
    let mut process = Process::new(code);
    let asked = send(&mut process, &[("Action", "Buy"), ("Reference", "5")]);
    assert_eq!(asked["Messages"][0]["Target"], "oracle");
    let forged = process
        .next()
        .tag("X-Reference", "1")
        .pushed("other", AUTHORITY)
        .data("0");
    assert_eq!(
        process.send(forged)["Messages"],
        json!([]),
        "only the one that was asked answers"
    );
    let message = process
        .next()
        .tag("X-Reference", "1")
        .pushed("oracle", AUTHORITY)
        .data("12");
    assert_eq!(process.send(message)["Messages"][0]["Target"], "store");
    let message = process
        .next()
        .tag("X-Reference", "2")
        .pushed("store", AUTHORITY)
        .data("3");
    let done = process.send(message);
    assert_eq!(done["Messages"][0]["Data"], "12/3");
    assert_eq!(tag(&done["Messages"][0], "X-Reference"), Some("5"));
}

#[test]
fn receive_takes_any_pattern() {
    let mut process = Process::new("");
    process.eval("local msg = Receive({ Action = 'Now' }) got = msg.Data");
    assert_eq!(process.eval("return tostring(got)"), "nil");
    let message = process.next().tag("Action", "Now").data("x").from("anyone");
    process.send(message);
    assert_eq!(process.eval("return got"), "x");
}

#[test]
fn what_nobody_handles_lies_in_the_inbox() {
    let mut process = Process::new("");
    let message = process.next().tag("Action", "Hm").data("hello").from("bob");
    let answer = process.send(message);
    assert_eq!(answer["Output"]["print"], true);
    assert_eq!(
        process.eval("return #Inbox .. Inbox[1].Data .. Inbox[1].From"),
        "1hellobob"
    );
    process.eval("for i = 1, 1100 do table.insert(Inbox, {}) end Inbox[1].mark = true");
    let before = process.eval("return #Inbox");
    send(&mut process, &[("Action", "Hm")]);
    assert_eq!(process.eval("return #Inbox"), before, "the oldest goes");
}

#[test]
fn a_process_tells_the_time_of_the_message() {
    let mut process = Process::new("");
    assert_eq!(process.eval("return os.time()"), "1700000001");
    assert_eq!(process.eval("return os.time()"), "1700000002");
}

#[test]
fn a_failed_boot_is_an_error() {
    let mut instance =
        crate::harness::boot(crate::harness::module(), aosec_wasm::Limits::default());
    let env = crate::harness::environment(&[]);
    for text in ["error('at boot')", "x = ("] {
        let message = crate::harness::Message::spawn(text).json();
        let answer = instance.handle(&message, &env).expect("an answer");
        instance.rollback();
        assert!(
            String::from_utf8_lossy(&answer.output).contains("\"Error\":\"process:1: "),
            "{text}"
        );
    }
}

#[test]
fn bytes_that_are_no_text_leave_as_replacement_characters() {
    let mut process = Process::new("");
    let text = "Send({ Target = 't', Data = 'a\\xff\\xf0\\x9f\\x98\\x80\\xc3' })";
    let message = process.next().tag("Action", "Eval").data(text);
    assert_eq!(
        process.send(message)["Messages"][0]["Data"],
        "a\u{fffd}😀\u{fffd}"
    );
}
