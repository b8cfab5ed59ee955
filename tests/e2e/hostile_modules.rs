//! Modules that are written to harm: each ends in an error that says why, and twice in the same one. That they end at all is the
//! work of caps, fuel and the limits of the child: without them most of these would run for ever.
//!
//! The modules are text in `tests/hostile_modules` ([`enemies`]). They go the way of every foreign module: caps, the compile child of
//! the real binary, instance, message, verdict. That the answer is an error is not enough: it is the one that the module earns.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::gateway::Gateway;
use aosec_node::cu::compiler;
use aosec_node::cu::machine::{Failure, Workshop as _, WorkshopError};
use aosec_node::cu::verdict::Verdict;
use aosec_node::keys;
use aosec_tests::harness::deadline::until;
use aosec_tests::harness::descriptor::Node;
use aosec_tests::harness::enemies::{self, TERMS, beside, module, workshop};
use aosec_tests::harness::{World, binary, draft, http};
use aosec_wire::{Draft, SigningKey, Tags, VerifiedItem};

/// How a module ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// No process can be made of it, whoever tries.
    Refused(String),
    /// Its message has a result, and the result is this error.
    Verdict(String),
    /// This machine gave up: no result, and the same again.
    GaveUp(String),
    /// It answered.
    Answered,
}

/// Every module and the words in which it ends.
#[rustfmt::skip]
fn table() -> Vec<(&'static str, fn(String) -> End, &'static str)> {
    use End::{GaveUp, Refused, Verdict};
    vec![
        // Seen before anything is compiled.
        ("many_functions", Refused, "functions: 10006"),
        ("huge_function", Refused, "bytes of one function: 140002"),
        ("many_locals", Refused, "locals of one function: 1001"),
        ("many_types", Refused, "types: 100"),
        ("many_globals", Refused, "globals: 1001"),
        ("many_exports", Refused, "exports: 1007"),
        ("many_segments", Refused, "data segments: 1001"),
        ("two_memories", Refused, "memories: 2"),
        ("two_tables", Refused, "tables: 2"),
        ("huge_memory", Refused, "pages of the memory: 65536"),
        ("huge_table", Refused, "elements of the table: 4000000000"),
        ("foreign_import", Refused, "imports wasi_snapshot_preview1.fd_write"),
        ("imported_memory", Refused, "imports ao.memory"),
        ("other_throw", Refused, "imports ao.throw"),
        ("hidden_global", Refused, "mutable global (number 0)"),
        ("deep_blocks", Refused, "blocks within blocks: 301"),
        ("tangled_branches", Refused, "branches times locals: 216"),
        ("table_growth", Refused, "instructions that change a table"),
        ("reference_global", Refused, "globals that are no numbers"),
        // Seen by the compiler.
        ("wide_branches", GaveUp, "could not make code"),
        ("wrong_types", Refused, "does not compile"),
        ("vectors", Refused, "does not compile"),
        ("shared_memory", Refused, "does not compile"),
        ("bulk_fill", Refused, "does not compile"),
        ("many_results", Refused, "does not compile"),
        // Seen when an instance is made.
        ("no_handle", Refused, "does not export handle"),
        ("other_handle", Refused, "does not export handle"),
        ("data_outside", Refused, "cannot be instantiated"),
        ("endless_start", Refused, "all fuel consumed"),
        ("endless_initialize", Refused, "all fuel consumed"),
        ("endless_init", Refused, "boot text was stopped: out of fuel"),
        ("lying_init", Refused, "answered outside of its memory"),
        ("growing_init", Refused, "needs 33554432 bytes of memory"),
        // Seen in a message.
        ("endless_loop", Verdict, "out of fuel"),
        ("throw_storm", Verdict, "out of fuel"),
        ("filled_memory", Verdict, "out of fuel"),
        ("scattered_loads", Verdict, "out of fuel"),
        ("slow_divisions", Verdict, "out of fuel"),
        ("endless_alloc", Verdict, "out of fuel"),
        ("endless_recursion", GaveUp, "call stack is exhausted"),
        ("indirect_recursion", GaveUp, "call stack is exhausted"),
        ("recursion_through_host", GaveUp, "call stack is exhausted"),
        ("growth_for_ever", Verdict, "asked for more memory too often"),
        ("growth_of_everything", Verdict, "out of bounds memory access"),
        ("growth_beyond_own_end", Verdict, "unreachable"),
        ("throw_at_nobody", Verdict, "threw outside of any protected call"),
        ("try_without_door", Verdict, "unreachable"),
        ("trap", Verdict, "unreachable"),
        ("division_by_zero", Verdict, "divide by zero"),
        ("load_outside", Verdict, "out of bounds memory access"),
        ("call_of_nothing", Verdict, "uninitialized element"),
        ("call_of_another_type", Verdict, "indirect call type mismatch"),
        ("trapping_dealloc", Verdict, "unreachable"),
        ("trapping_length", Verdict, "unreachable"),
        // Lies.
        ("answer_outside", Verdict, "answered outside of its memory"),
        ("answer_of_4_gib", Verdict, "answer has 4294967295 bytes"),
        ("answer_of_17_mib", Verdict, "answer has 17825792 bytes"),
        ("answer_not_utf8", Verdict, "not UTF-8 text"),
        ("answer_not_json", Verdict, "not an outcome in JSON"),
        ("answer_of_other_json", Verdict, "not an outcome in JSON"),
        ("answer_without_end", Verdict, "not an outcome in JSON"),
        ("too_many_messages", Verdict, "not an outcome in JSON"),
        ("lying_alloc", Verdict, "answered outside of its memory"),
        ("stingy_alloc", Verdict, "not enough memory for the message"),
    ]
}

/// The longest that an honest message may wait beside enemies, also on a busy machine: less than one enemy's whole fuel.
const PATIENCE: Duration = Duration::from_secs(30);
/// A module found, compiled and run, in a dev build on a busy machine.
const STEP: Duration = Duration::from_secs(120);

/// Hard to compile, and yet within the caps: they come to an end by themselves, or by the limits of the child.
const COMPILE_BOMBS: [&str; 1] = ["tangled_within_caps"];

#[test]
fn each_ends_in_its_own_error_and_twice_in_the_same() {
    for (name, end, words) in table() {
        let module = module(name);
        let (first, second) = (run(&module), run(&module));
        assert_eq!(first, second, "{name}");
        let said = match &first {
            End::Refused(said) | End::Verdict(said) | End::GaveUp(said) => said.clone(),
            End::Answered => String::new(),
        };
        assert!(
            first == end(said.clone()) && said.contains(words),
            "{name}: {first:?}"
        );
    }
}

#[test]
fn what_is_hard_to_compile_comes_to_an_end() {
    for name in COMPILE_BOMBS {
        let module = module(name);
        let begun = Instant::now();
        let end = run(&module);
        println!("{name}: {} ms, {end:?}", begun.elapsed().as_millis());
        let is_known = match &end {
            End::Verdict(said) => said.contains("not an outcome in JSON"),
            // A machine that is busy with other things may take the whole of the deadline.
            End::GaveUp(said) => said.contains("stopped by this machine"),
            _ => false,
        };
        assert!(is_known, "{name}: {end:?}");
    }
}

#[test]
fn what_is_not_hostile_answers() {
    assert_eq!(run(&module("honest")), End::Answered);
}

#[test]
fn each_text_is_in_the_table() {
    let folder = std::fs::read_dir(enemies::folder()).expect("the folder of the texts");
    let known: Vec<&str> = table()
        .iter()
        .map(|(name, ..)| *name)
        .chain(COMPILE_BOMBS)
        .collect();
    for file in folder {
        let path = file.expect("a file").path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name");
        assert!(
            known.contains(&name) || name == "honest",
            "{name} is in no table"
        );
    }
    assert!(known.len() >= 30);
}

/// The way of a module from its item to the error of a message.
fn run(module: &VerifiedItem) -> End {
    let made = workshop()
        .load(module)
        .and_then(|program| program.boot(TERMS));
    let mut machine = match made {
        Ok(machine) => machine,
        Err(WorkshopError::Module(reason)) => return End::Refused(reason),
        Err(other) => return End::GaveUp(other.to_string()),
    };
    let root = machine.root();
    let run = machine.run(b"{}", b"{}");
    let verdict = match run.answer {
        Ok(answer) => Verdict::of_answer(&answer, run.fuel_used),
        Err(Failure::Verdict(reason)) => Verdict::of_failure(&reason, run.fuel_used),
        Err(Failure::Interrupted(reason)) => return End::GaveUp(reason),
    };
    if verdict.keep {
        return End::Answered;
    }
    machine.rollback();
    assert_eq!(machine.commit(), root, "what failed left a trace");
    let outcome: serde_json::Value = serde_json::from_str(&verdict.json).expect("an outcome");
    End::Verdict(outcome["Error"].as_str().unwrap_or_default().to_owned())
}

/// Whatever started the node, and whatever its threads gave up before they started the child: it compiles.
#[test]
fn a_child_of_least_priority_compiles() {
    let least = ["nice", "-n", "19"];
    // Root may take its priority back, unless it has lost that right as in most containers.
    let unprivileged = [
        "setpriv",
        "--bounding-set=-sys_nice",
        "--inh-caps=-sys_nice",
    ];
    let by = match rustix::process::getuid().is_root() {
        true => [&least[..], &unprivileged].concat(),
        false => least.to_vec(),
    };
    assert_eq!(said(&by, &module("honest")), Some(SEALED));
}

/// A machine without room is no verdict about a module.
#[test]
fn a_child_without_room_refuses_nothing() {
    let said = |mib: u32, name| said(&["prlimit", &format!("--as={}", mib << 20)], &module(name));
    let ends: Vec<_> = (16..=160)
        .step_by(16)
        .map(|mib| (mib, said(mib, "honest")))
        .collect();
    println!("{ends:?}");
    assert!(
        ends.iter().all(|(_, said)| *said != Some(REFUSED)),
        "{ends:?}"
    );
    assert!(
        ends.iter().any(|(_, said)| *said != Some(SEALED)),
        "{ends:?}"
    );
    assert_eq!(said(1_024, "wrong_types"), Some(REFUSED), "this one is");
}

/// First bytes of the compile child's answer: code, and a refusal.
const SEALED: u8 = 0;
const REFUSED: u8 = 1;

/// What the compile child says first where it is started by `by`; none where it dies.
fn said(by: &[&str], module: &VerifiedItem) -> Option<u8> {
    let mut child = Command::new(by[0])
        .args(&by[1..])
        .arg(binary::aosec())
        .arg(compiler::VERB)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", by[0]));
    let mut stdin = child.stdin.take().expect("a pipe");
    // Who dies early reads nothing.
    let _written = stdin
        .write_all(&[7; 32])
        .and_then(|()| stdin.write_all(&module.data()));
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    output.stdout.first().copied()
}

/// From its item on the base layer to equal roots: found, compiled in a lane of each node, run, and the same on both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_hostile_runs_on_two_whole_nodes() {
    let (world, module) = (World::shared(), module("honest"));
    let (host, other) = (world.node(0), world.node(1));
    on_the_base_layer(world, &module).await;
    let key = SigningKey::ed25519([0x5e; 32]);
    let spawn = process_of(&key, &module, &host);
    let greeting = draft::message(&key, spawn.id(), "Greet", "hello");
    for item in [&spawn, &greeting] {
        let taken = http::post_item(&host.mu, item.bytes().clone()).await;
        let taken = taken.expect("an answer");
        assert!(taken.is_success(), "{:?}", taken.error());
    }
    let mut roots = BTreeSet::new();
    for node in [&host, &other] {
        let asked = |path: String| format!("{}/{path}", node.cu.trim_end_matches('/'));
        let (process, message) = (spawn.id(), greeting.id());
        let url = asked(format!("result/{message}?process-id={process}"));
        let result = until("a result", STEP, async || {
            let answer = http::get(&url).await.ok()?;
            answer.is_success().then(|| answer.json())
        });
        let result = result.await;
        assert!(result["Error"].is_null(), "{result}");
        let root = http::get(&asked(format!("root/{process}?slot=1"))).await;
        let root = root.expect("an answer").json();
        assert_eq!(root["module"], module.id().to_string());
        roots.insert(root["root"].as_str().expect("a root").to_owned());
    }
    assert_eq!(roots.len(), 1, "{roots:?}");
}

async fn on_the_base_layer(world: &World, module: &VerifiedItem) {
    let alice = world.folder().join("net/accounts/alice.json");
    let wallet = keys::open(&alice, None, None).expect("a wallet");
    let gateway = world.devnet().gateway.parse().expect("a url");
    let gateway = Gateway::new(vec![gateway]).expect("a client");
    let posted = Bundler::new(gateway, wallet)
        .post_data(vec![module.bytes().clone()], Tags::new())
        .await;
    posted.expect("it is taken");
}

fn process_of(key: &SigningKey, module: &VerifiedItem, host: &Node) -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Process")
        .with("Module", module.id().to_string())
        .with("Scheduler", host.scheduler.as_str())
        .with("Memory-Limit", "16-mb")
        .with("Compute-Limit", "100000000");
    let draft = Draft {
        tags,
        ..Draft::default()
    };
    draft.sign(key).expect("an item within all limits")
}

/// It is not starved: beside those who take every core each of its messages ends. How much later than alone is a matter of time, which the
/// bench `enemies` measures where nothing else runs; the goal is twice its normal.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_honest_process_beside_them_goes_on() {
    let (name, group) = beside::GROUPS[0];
    let beside = beside::enemies(group, beside::MANY).await;
    assert!(beside < PATIENCE, "beside {name}: {beside:?}");
}
