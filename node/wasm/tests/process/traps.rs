//! Messages that want too much: each ends the same way each time, and leaves the root as it was.

use aosec_wasm::{EngineSettings, EvaluationError, Limits};

use crate::harness::{self, Message, Process};

/// Small enough that a test ends soon, large enough for a plain message.
const TIGHT: Limits = Limits {
    memory_bytes: 16 << 20,
    fuel_per_message: 200_000_000,
    output_bytes: 64 << 10,
    ticks_per_message: u64::MAX / 2,
};

/// Enough fuel to fill the memory with small things.
const PATIENT: Limits = Limits {
    fuel_per_message: 5_000_000_000,
    ..TIGHT
};

fn tight() -> Process {
    within(TIGHT)
}

fn within(limits: Limits) -> Process {
    let mut process = Process::within(limits, "kept = 'before'");
    process.eval("counter = 41");
    process
}

/// The message fails twice in the same way, and the process goes on from where it was.
fn fails_alike(text: &str, expected: fn(&EvaluationError) -> bool) {
    let mut process = tight();
    let root = process.instance.root();
    for round in 0..2 {
        let error = process.try_send(Message::eval(2, text)).expect_err(text);
        assert!(expected(&error) && error.is_verdict(), "{text}: {error:?}");
        assert_eq!(
            process.instance.commit(),
            root,
            "{text}: round {round} left a trace"
        );
    }
    assert_eq!(
        process.eval("counter = counter + 1 return counter .. kept"),
        "42before"
    );
}

/// The message ends as an error of Lua's own, with the same fuel each time.
fn errs_alike(text: &str, words: &str) {
    let mut process = within(PATIENT);
    let root = process.instance.root();
    let mut fuel = Vec::new();
    for _ in 0..2 {
        let message = Message::eval(2, text).json();
        let evaluation = process.instance.handle(&message, &process.env).expect(text);
        let answer = String::from_utf8(evaluation.output).expect("UTF-8");
        assert!(
            answer.contains("\"Error\":") && answer.contains(words),
            "{text}: {answer}"
        );
        process.instance.rollback();
        assert_eq!(process.instance.commit(), root, "{text}: left a trace");
        fuel.push(evaluation.fuel_used);
    }
    assert_eq!(fuel[0], fuel[1], "{text}: fuel differs");
    assert_eq!(
        process.eval("counter = counter + 1 return counter .. kept"),
        "42before"
    );
}

fn out_of_fuel(error: &EvaluationError) -> bool {
    matches!(error, EvaluationError::OutOfFuel)
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    fails_alike("while true do end", out_of_fuel);
    fails_alike(
        "counter = 0 while true do counter = counter + 1 end",
        out_of_fuel,
    );
    fails_alike(
        "while true do pcall(function() while true do end end) end",
        out_of_fuel,
    );
    fails_alike(
        "coroutine.wrap(function() while true do end end)()",
        out_of_fuel,
    );
}

#[test]
fn a_pattern_that_explodes_runs_out_of_fuel() {
    fails_alike(
        "return (('a'):rep(64) .. 'b'):find(('.-'):rep(24) .. 'c')",
        out_of_fuel,
    );
}

#[test]
fn copying_costs_fuel_by_its_length() {
    fails_alike(
        "while true do local x = ('x'):rep(1000000) end",
        out_of_fuel,
    );
    fails_alike(
        "local x = ('x'):rep(1000000) while true do local y = x .. 'y' end",
        out_of_fuel,
    );
    fails_alike("local t = table.move({1}, 1, 1 << 40, 1)", out_of_fuel);
}

#[test]
fn a_memory_bomb_is_an_error_of_lua() {
    errs_alike(
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000):rep(100) .. #t end",
        "not enough memory",
    );
    errs_alike(
        "local s = 'x' while true do s = s .. s end",
        "not enough memory",
    );
    errs_alike(
        "bomb = {} for i = 1, 1e9 do bomb[i] = {} end",
        "not enough memory",
    );
}

#[test]
fn a_caught_memory_bomb_leaves_a_working_process() {
    let mut process = tight();
    let text = "local ok, why = pcall(function() local s = 'x' while true do s = s .. s end end)
        return tostring(ok) .. ' ' .. why";
    assert_eq!(process.eval(text), "false not enough memory");
    assert_eq!(process.eval("return counter"), "41");
}

#[test]
fn deep_recursion_is_an_error_of_lua() {
    errs_alike(
        "local function f(n) return 1 + f(n + 1) end return f(1)",
        "stack overflow",
    );
    errs_alike(
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
        "overflow",
    );
    errs_alike(
        "local s = string.rep('{', 1000) return load('return ' .. s) or error('C levels')",
        "C levels",
    );
    errs_alike(
        "local f = function() end for i = 1, 250 do local g = f f = function() return select(2, pcall(g)) end end local function nest(n) local ok, e = pcall(nest, n + 1) if not ok then error(e, 0) end end nest(1)",
        "overflow",
    );
    errs_alike(
        "local co co = function() return coroutine.wrap(co)() end return co()",
        "overflow",
    );
    errs_alike(
        "local function g() return (('x'):gsub('.', g)) end return g()",
        "overflow",
    );
    errs_alike(
        "local t = {3, 2, 1} local function lt(a, b) table.sort({3, 2, 1}, lt) return a < b end table.sort(t, lt)",
        "overflow",
    );
}

#[test]
fn nested_protected_calls_meet_luas_limit_before_the_machines() {
    // Inside a callback of C every pcall goes through the host.
    errs_alike(
        "local function g()
            return (('x'):gsub('.', function()
                local ok, why = pcall(g)
                if not ok then error(why, 0) end
            end))
        end
        return g()",
        "overflow",
    );
    errs_alike(
        "local function nest()
            return assert(load(function() nest() end))
        end
        nest()",
        "overflow",
    );
}

#[test]
fn the_operators_clock_stops_a_message_without_a_verdict() {
    let settings = EngineSettings {
        interruptible: true,
        ..Default::default()
    };
    let limits = Limits {
        ticks_per_message: 0,
        ..TIGHT
    };
    let mut instance = harness::boot(&harness::compile(settings), limits);
    let (root, env) = (instance.root(), harness::environment(&[]));
    let message = Message::eval(1, "return 1").json();
    let error = instance.handle(&message, &env).expect_err("stopped");
    assert!(matches!(error, EvaluationError::Interrupted) && !error.is_verdict());
    assert_eq!(instance.commit(), root);
}

#[test]
fn a_long_string_is_an_error_of_lua() {
    errs_alike("return ('x'):rep(1 << 30)", "too large");
    errs_alike("return ('x'):rep(1 << 60)", "too large");
    errs_alike("return ('x'):rep(1000):rep(12000)", "not enough memory");
    errs_alike(
        "return string.format('%99.99f', 1):rep(1 << 20)",
        "too large",
    );
}

#[test]
fn a_huge_answer_is_refused() {
    fails_alike("return ('x'):rep(100000)", |error| {
        matches!(error, EvaluationError::OutputTooLarge { .. })
    });
    fails_alike(
        "for i = 1, 1000 do Send({ Target = 'x', Data = ('y'):rep(100) }) end",
        |error| matches!(error, EvaluationError::OutputTooLarge { .. }),
    );
}

#[test]
fn a_storm_of_errors_pays_for_each_throw() {
    let storm = "for i = 1, 1e9 do pcall(error, 'x') end";
    fails_alike(storm, out_of_fuel);
    let mut process = tight();
    let text = "for i = 1, 1000 do pcall(error, 'x') end";
    let message = Message::eval(2, text).json();
    let used = process
        .instance
        .handle(&message, &process.env)
        .expect("an answer")
        .fuel_used;
    assert!(used > 1000 * aosec_wasm::limits::THROW_FUEL, "{used}");
}

#[test]
fn a_message_larger_than_the_memory_is_refused() {
    let mut process = tight();
    let root = process.instance.root();
    let message = Message::new(2).data(&"x".repeat(17 << 20)).json();
    let error = process
        .instance
        .handle(&message, &process.env)
        .expect_err("too large");
    assert!(
        matches!(error, EvaluationError::Memory) && error.is_verdict(),
        "{error:?}"
    );
    assert_eq!(process.instance.commit(), root);
    assert_eq!(process.eval("return counter"), "41");
}

#[test]
fn text_that_is_no_json_is_an_error() {
    let mut process = tight();
    let root = process.instance.root();
    for message in ["", "{", "null", "5", "{\"Tags\":5}", "\u{0}"] {
        let evaluation = process
            .instance
            .handle(message.as_bytes(), &process.env)
            .expect("answer");
        let answer = String::from_utf8(evaluation.output).expect("UTF-8");
        assert!(answer.contains("\"Error\":"), "{message}: {answer}");
        process.instance.rollback();
    }
    assert_eq!(process.instance.commit(), root);
}

#[test]
fn memory_that_grew_for_nothing_is_given_back() {
    let mut process = tight();
    let root = process.instance.root();
    let before = process.instance.memory_bytes();
    let text = "big = ('x'):rep(3000000) error('no')";
    process.eval_error(text);
    assert_eq!(process.instance.memory_bytes(), before);
    assert_eq!(process.instance.commit(), root);
    process.eval("big = ('x'):rep(3000000)");
    assert!(process.instance.memory_bytes() > before);
}
