//! The rule against a table, and against Lua itself: every file of the house, cut at each line and at drawn places.

use std::path::{Path, PathBuf};

use aosec_wasm::{Engine, EngineSettings, Instance, Limits, process_module};
use serde_json::{Value, json};

use super::is_unfinished;

#[test]
fn what_people_type_goes_on_or_does_not() {
    let unfinished = [
        "function f(",
        "function f(a, b)",
        "if x then",
        "if x",
        "for i = 1, 3 do print(i)",
        "while true",
        "repeat x = x + 1",
        "x =",
        "1 +",
        "t = { a = 1,",
        "print(",
        "print('a',",
        "Handlers.add('ping', 'Ping', function(msg)",
        "s = [[ a long",
        "--[[ a remark",
        "local",
        "s = 'a\\",
        "return function()",
        "x:",
        "a.b.",
        "not",
        "goto",
    ];
    for text in unfinished {
        assert!(is_unfinished(text), "{text:?}");
    }
    let sent = [
        "",
        "-- a remark",
        "1 + 1",
        "x",
        "x = 1",
        "'a' .. 'b'",
        "function f() end",
        "end",
        "f(1))",
        "x = = 1",
        "print 'open",
        "local x",
        "#Inbox",
        "return",
        "if x then y() end",
        "Send({ Target = ao.id, Action = 'Ping' })",
        "a b",
        "?",
    ];
    for text in sent {
        assert!(!is_unfinished(text), "{text:?}");
    }
}

/// Deep nesting ends in words, not in a broken stack.
#[test]
fn a_tower_of_brackets_is_no_end_of_the_world() {
    for bracket in ["(", "{", "-", "function() return ", "a[", "if x then "] {
        let _either_answer_will_do = is_unfinished(&bracket.repeat(50_000));
    }
}

/// What Lua says of a text as an expression and as a chunk; a string that broke off at a line's end cannot be mended by the next line.
const JUDGE: &str = r#"
local function open(text)
  local fine, reason = load("return " .. text, "=eval", "t")
  if fine then return "whole" end
  local chunk, why = load(text, "=eval", "t")
  if chunk then return "whole" end
  local both = reason .. "\n" .. why
  if both:find("unfinished string", 1, true) or both:find("inside a loop", 1, true) then return "either" end
  return both:find("near <eof>", 1, true) and "open" or "wrong"
end
Judged = {}
for index, text in ipairs(json.decode(Texts)) do Judged[index] = open(text) end
return json.encode(Judged)
"#;

#[test]
fn lua_itself_says_the_same_of_every_file_cut_anywhere() {
    let mut lua = Lua::new();
    let mut judged = 0;
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a file of ours");
        let cuts = cuts(&text);
        for (said, cut) in lua.judge(&cuts).iter().zip(&cuts) {
            let ours = is_unfinished(cut);
            let agreed = said == "either" || (said == "open") == ours;
            let end: Vec<_> = cut.lines().rev().take(3).collect();
            assert!(
                agreed,
                "{}: Lua says {said}, we say {ours}: ... {end:?}",
                file.display()
            );
            judged += 1;
        }
    }
    assert!(judged > 1_000, "{judged} texts are no proof");
}

/// Prefixes that end with each line, and at places that jump through the file.
fn cuts(text: &str) -> Vec<&str> {
    let lines = text.match_indices('\n').map(|(at, _)| at);
    let places = (0..60).map(|number: usize| number * 7_919 % text.len().max(1));
    lines
        .chain(places)
        .filter_map(|at| text.get(..at))
        .collect()
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts-lua");
    let folders = ["runtime", "examples", "spec", "origin"].map(|name| root.join(name));
    let entries = folders
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder of ours"));
    let paths = entries.map(|entry| entry.expect("a file of ours").path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "lua"))
        .collect()
}

struct Lua {
    instance: Instance,
    slot: u64,
}

impl Lua {
    fn new() -> Self {
        let engine = Engine::new(EngineSettings::default()).expect("an engine");
        let module = engine
            .compile(process_module::WASM)
            .expect("the own module");
        let instance = Instance::boot(&module, process_module::BOOT, Limits::default())
            .expect("the own runtime");
        Self { instance, slot: 0 }
    }

    fn judge(&mut self, texts: &[&str]) -> Vec<String> {
        let texts = json!(texts).to_string();
        let mut level = 1;
        while texts.contains(&format!("]{}]", "=".repeat(level))) {
            level += 1;
        }
        let bars = "=".repeat(level);
        let answer = self.eval(&format!("Texts = [{bars}[{texts}]{bars}]\n{JUDGE}"));
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    fn eval(&mut self, text: &str) -> String {
        self.slot += 1;
        let message = json!({
            "Id": self.slot.to_string(), "Owner": "o", "From": "o", "Target": "p", "Anchor": "", "Data": text,
            "Tags": [{ "name": "Action", "value": "Eval" }], "Timestamp": 0, "Nonce": self.slot,
        });
        let environment = json!({
            "Process": { "Id": "p", "Owner": "o", "Tags": [] }, "Module": { "Id": "m", "Owner": "o", "Tags": [] },
        });
        let (message, environment) = (message.to_string(), environment.to_string());
        let done = self
            .instance
            .handle(message.as_bytes(), environment.as_bytes())
            .expect("it runs");
        let result: Value = serde_json::from_slice(&done.output).expect("JSON");
        let said = result["Output"]["data"].as_str().map(str::to_owned);
        self.instance.commit();
        said.filter(|said| !said.is_empty())
            .unwrap_or_else(|| panic!("{result}"))
    }
}
