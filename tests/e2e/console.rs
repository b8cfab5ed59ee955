//! The console beside its page: lines from a pipe, a process of somebody else, a host that falls silent, and a line that is being typed
//! while news come in.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use aosec_tests::harness::terminal::Terminal;
use aosec_tests::harness::typed::done;
use aosec_tests::harness::{World, binary};
use serde_json::Value;

/// The console's own bound on waiting for a result is 30 s.
const ANSWER: Duration = Duration::from_secs(60);

/// Exit code, stdout and stderr of a console that reads lines from a pipe.
fn piped(world: &World, arguments: &[&str], lines: &str) -> (Option<i32>, String, String) {
    let mut console = Command::new(binary::aosec());
    console
        .arg("console")
        .args(arguments)
        .env("AOSEC_DEVNET", world.folder().join("net"));
    console
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut console = console.spawn().expect("the console starts");
    let mut stdin = console.stdin.take().expect("a pipe");
    // Where the console has ended already, its exit code says why.
    let _read_or_not = stdin.write_all(lines.as_bytes());
    drop(stdin);
    let ended = console
        .wait_with_output()
        .expect("the console ends by its own bounds");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

fn spawned(world: &World, more: &[&str]) -> String {
    let arguments = [&["process", "spawn", "--tag", "Name=ours"], more].concat();
    done(world, &arguments)["process"]
        .as_str()
        .expect("an id")
        .to_owned()
}

#[test]
fn lines_from_a_pipe_run_until_one_fails() {
    let world = World::shared();
    let process = spawned(world, &[]);
    let script = "x = 41\n-- a remark\nfunction f(n)\n  return n + 1\nend\nf(x)\n.try f(0)\n.editor\ny =\n2\n.done\ny\n";
    let (code, said, aside) = piped(world, &[&process], script);
    assert_eq!((code, said.as_str()), (Some(0), "42\n1\n2\n"), "{aside}");

    let (code, said, aside) = piped(world, &[&process], "f(1)\nerror('no')\nx = 'never'\n");
    assert_eq!((code, said.as_str()), (Some(1), "2\n"), "{aside}");
    assert!(aside.contains("no") && aside.contains("line 2"), "{aside}");
    let (code, _said, aside) = piped(world, &[&process], "x\nif x then\n");
    assert_eq!(
        code,
        Some(2),
        "unfinished Lua is told and not sent: {aside}"
    );

    let (code, said, aside) = piped(world, &[&process, "--json"], "x\n");
    let line: Value =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}{aside}"));
    assert_eq!(
        (code, &line["result"]["Output"]["data"]),
        (Some(0), &Value::from("41"))
    );

    let file = world.folder().join("broken.lua");
    std::fs::write(&file, "x = = 1").expect("a file in our own folder");
    let file = file.to_str().expect("a plain path");
    let (code, _said, aside) = piped(world, &[&process, "--load", file], "x\n");
    assert_eq!(code, Some(1), "{aside}");
    let (code, _said, aside) = piped(world, &[&process, "--load", "/nowhere/at.all"], "");
    assert_eq!(code, Some(3), "{aside}");
}

#[test]
fn a_process_of_somebody_else_is_looked_at_and_not_changed() {
    let world = World::shared();
    let process = spawned(world, &["--key", "bob"]);
    let (code, said, aside) = piped(
        world,
        &[&process, "--key", "carol"],
        ".try 20 + 1\n.inbox\nx = 1\n",
    );
    assert_eq!(said, "21\nthe inbox is empty\n", "{aside}");
    assert_eq!(code, Some(4), "{aside}");
    for words in ["is not this wallet's", "--key FILE", "aosec process send"] {
        assert!(aside.contains(words), "{words}: {aside}");
    }
    let nobody = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(piped(world, &[nobody], "").0, Some(3));
}

#[test]
fn a_line_that_is_typed_survives_the_news() {
    let world = World::shared();
    let process = spawned(world, &[]);
    let terminal = opened(world, "news", &process, &[]);
    let mark = terminal.mark();
    terminal.press("40 +");
    terminal.wait_for("the echo", mark, ANSWER, |_said, last| {
        last.ends_with("40 +")
    });
    let _sent = done(
        world,
        &[
            "process", "send", &process, "--data", "psst", "--key", "bob", "--wait", "--on",
            "node2",
        ],
    );
    terminal.wait_for(
        "the news, and the line again",
        mark,
        ANSWER,
        |said, last| said.contains("New message from") && last.ends_with("40 +"),
    );
    let said = terminal.answer_to(" 2", ANSWER, prompted);
    assert!(said.contains("42"), "{said}");
    assert!(said.contains("[Inbox:1]> "), "the prompt counts: {said}");

    let mark = terminal.mark();
    let _more = terminal.answer_to("secret = {", ANSWER, |last| last.ends_with(".. "));
    terminal.press("\u{3}");
    terminal.wait_for("dropped", mark, ANSWER, |said, last| {
        said.contains("nothing was sent") && prompted(last)
    });
    let said = terminal.answer_to("my_password = 'x'", ANSWER, prompted);
    assert!(!said.contains("error"), "{said}");
    terminal.press("\u{4}");
    terminal.wait_for("the shell", mark, ANSWER, |_said, last| {
        last.ends_with("news$ ")
    });
    let kept = std::fs::read_to_string(world.folder().join("news-history")).expect("the history");
    assert!(
        kept.contains("40 + 2") && !kept.contains("password"),
        "{kept}"
    );
}

#[test]
fn nothing_is_lost_on_a_silent_host() {
    let world = World::start(2);
    let process = spawned(&world, &["--on", "node2"]);
    let _set = done(
        &world,
        &["process", "eval", &process, "x = 1", "--on", "node1"],
    );
    let terminal = opened(&world, "silence", &process, &["--on", "node1"]);
    let _silenced = done(&world, &["devnet", "chaos", "silence", "node2"]);

    let (code, _said, aside) = piped(&world, &[&process, "--on", "node1"], "x = x + 1\n");
    assert_eq!(code, Some(7), "{aside}");
    let first = id_behind(&aside, "aosec challenge open --message ");
    assert!(aside.contains(&format!(".again {first}")), "{aside}");

    let mark = terminal.mark();
    terminal.press("x = x + 10\r");
    terminal.wait_for("what is waited for", mark, ANSWER, |said, _last| {
        said.contains("waiting for a slot")
    });
    terminal.press("\u{3}");
    terminal.wait_for("the prompt again", mark, ANSWER, |said, last| {
        said.contains("no longer waiting") && prompted(last)
    });
    let second = id_behind(&terminal.since(mark), "aosec message status ");

    let _woken = done(&world, &["devnet", "chaos", "wake", "node2"]);
    let lines = format!(".again {first}\n.again {second}\n.again {first}\nx\n");
    let (code, said, aside) = piped(&world, &[&process, "--on", "node1"], &lines);
    assert_eq!((code, said.as_str()), (Some(0), "12\n"), "{aside}");
}

/// The id that stands in a text behind these words.
fn id_behind(text: &str, words: &str) -> String {
    let after = text
        .split_once(words)
        .and_then(|(_before, after)| after.get(..43));
    after
        .unwrap_or_else(|| panic!("no id behind `{words}`: {text}"))
        .to_owned()
}

fn prompted(last: &str) -> bool {
    last.ends_with("]> ")
}

/// A terminal in which a console of the process runs.
fn opened(world: &World, name: &str, process: &str, more: &[&str]) -> Terminal {
    let net = world.folder().join("net");
    let binary = binary::aosec();
    let [net, binary] = [&net, &binary].map(|path| path.to_str().expect("a plain path"));
    let terminal = Terminal::open(name, world.folder(), &[("AOSEC_DEVNET", net)]);
    let line = format!(
        "{binary} console {process} --history {name}-history {}",
        more.join(" ")
    );
    let _greeting = terminal.answer_to(&line, ANSWER, prompted);
    terminal
}
