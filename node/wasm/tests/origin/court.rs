//! The court under test, fed as the deriver feeds it: items with mined heights, heads of the processes that are named or wanted,
//! and a Tick for each block. A refused or unfunded item leaves what 2.4 and 3.4 say.

use std::sync::OnceLock;

use aosec_wasm::process_module::{self, SourceFile, bundle};
use aosec_wasm::{Engine, EngineSettings, Instance, Limits, Module, origin_contract};
use serde_json::{Value, json};

use crate::logs::Logs;
use crate::people::{self, id};

pub(crate) const ORIGIN: &str = "origin-000000000000000000000000000000000000";

/// Height of the genesis.
pub(crate) const START: u64 = 1000;

/// The probe: runs a text inside the court. Only tests have it; the contract has no such door.
const PROBE: &str = "
Handlers.prepend('probe', 'Probe', function(msg) print(json.encode({ load(msg.Data)() })) end)
";

/// Limits of Origin in tests: the state of the scale tests is large.
const LIMITS: Limits = Limits {
    memory_bytes: 1 << 30,
    fuel_per_message: 10_000_000_000,
    output_bytes: 16 << 20,
    ticks_per_message: u64::MAX / 2,
};

fn module() -> &'static Module {
    static COMPILED: OnceLock<Module> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let engine = Engine::new(EngineSettings::default()).expect("an engine");
        engine
            .compile(process_module::WASM)
            .expect("the own module")
    })
}

/// The contract with the probe and the walk over all of its state.
fn text() -> String {
    let mut files: Vec<SourceFile<'_>> = origin_contract::MODULES.to_vec();
    files.push(SourceFile {
        name: "origin.check",
        text: include_str!("../../../../contracts-lua/origin/check.lua"),
    });
    let main = format!("{}{PROBE}", origin_contract::MAIN.text);
    let main = SourceFile {
        name: "main",
        text: &main,
    };
    bundle(&files, main).expect("plain names")
}

/// An item for Origin's inbox.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) from: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) items: Value,
    data: String,
    mined: Option<u64>,
}

impl Item {
    pub(crate) fn new(from: &str, action: &str) -> Self {
        Self {
            from: id(from),
            tags: vec![("Action".into(), action.into())],
            items: Value::Null,
            data: String::new(),
            mined: None,
        }
    }

    pub(crate) fn tag(mut self, name: &str, value: impl ToString) -> Self {
        self.tags.push((name.into(), value.to_string()));
        self
    }

    /// Encloses signed items, already verified, as the deriver does (2.5).
    pub(crate) fn enclose(mut self, items: &[Value]) -> Self {
        self.items = json!(items);
        self
    }

    /// What the deriver puts there for a bundle with a bad child.
    pub(crate) fn bad_child(mut self) -> Self {
        self.items = json!("2.5 child");
        self
    }

    pub(crate) fn data(mut self, data: &str) -> Self {
        self.data = data.into();
        self
    }

    pub(crate) fn mined(mut self, height: u64) -> Self {
        self.mined = Some(height);
        self
    }
}

/// What one message gave.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The verdict that the deriver reads.
    pub(crate) verdict: Value,
    /// Messages to be pushed.
    pub(crate) messages: Vec<Value>,
    pub(crate) fuel: u64,
}

impl Answer {
    /// The code of a refusal; panics if there is none.
    pub(crate) fn code(&self) -> &str {
        self.verdict["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no refusal: {self:?}"))
    }

    pub(crate) fn applied(self) -> Self {
        assert_eq!(self.verdict["ok"], true, "{self:?}");
        self
    }

    /// The first reply's data as JSON.
    pub(crate) fn reply(&self) -> Value {
        let data = self.messages[0]["Data"].as_str().expect("data");
        serde_json::from_str(data).expect("JSON")
    }

    /// The hosting row of a process, if it changed.
    pub(crate) fn row(&self, process: &str) -> Option<&Value> {
        let mut rows = self.verdict["Hosting"].as_array()?.iter();
        rows.find(|row| row["Process"] == process)
    }
}

pub(crate) struct Court {
    pub(crate) instance: Instance,
    env: Vec<u8>,
    slot: u64,
    pub(crate) height: u64,
    /// The derived logs: what `Log[P]` says.
    pub(crate) logs: Logs,
    pub(crate) wanted: Vec<String>,
    /// Places that the next Tick needs: process and message.
    pub(crate) sought: Vec<(String, String)>,
    /// Oldest mined height that still waits, for the next Ticks.
    pub(crate) queued: Option<u64>,
    /// Whether each message is committed; off where only speed is measured.
    pub(crate) commits: bool,
}

impl Court {
    /// A court after its spawn, before its genesis message.
    pub(crate) fn unborn() -> Self {
        let mut court = Self {
            instance: Instance::boot(module(), process_module::BOOT, LIMITS).expect("boot"),
            env: environment(),
            slot: 0,
            height: START,
            logs: Logs::default(),
            wanted: Vec::new(),
            sought: Vec::new(),
            queued: None,
            commits: true,
        };
        let spawn = Item::new("founder", "none")
            .tag("On-Boot", "Data")
            .data(&text());
        let mut raw = court.raw(&spawn);
        raw["Id"] = json!(ORIGIN);
        let result = court.run(&raw).0;
        assert_eq!(result.get("Error"), None, "{result}");
        court
    }

    /// A court after genesis, with the people's balances.
    pub(crate) fn new() -> Self {
        let mut court = Self::unborn();
        court.send(people::genesis()).applied();
        court
    }

    fn raw(&self, item: &Item) -> Value {
        let tags: Vec<Value> = item
            .tags
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let log = self.logs.for_item(item);
        json!({
            "Id": format!("item-{:038}", self.slot), "Signature": "", "Data": item.data,
            "Owner": item.from, "From": item.from, "Target": ORIGIN, "Anchor": "", "Tags": tags,
            "Epoch": 0, "Nonce": self.slot, "Timestamp": 1000 * self.height,
            "Block-Height": self.height, "Hash-Chain": "", "Cron": false,
            "Mined": item.mined.unwrap_or(self.height), "Log": log, "Items": item.items,
        })
    }

    fn run(&mut self, raw: &Value) -> (Value, u64) {
        let evaluation = self
            .instance
            .handle(raw.to_string().as_bytes(), &self.env)
            .expect("a verdict");
        let result: Value = serde_json::from_slice(&evaluation.output).expect("JSON");
        (result, evaluation.fuel_used)
    }

    fn take(&mut self, raw: &Value) -> Answer {
        let (result, fuel) = self.run(raw);
        assert_eq!(result.get("Error"), None, "{raw}\n{result}");
        let line = result["Output"]["data"].as_str().expect("text");
        let verdict: Value = serde_json::from_str(line).expect("a verdict in JSON");
        if verdict["Unfunded"] == true {
            self.instance.rollback();
        } else {
            self.slot += 1;
            if self.commits {
                self.instance.commit();
            }
            let text = |id: &Value| id.as_str().expect("an id").to_owned();
            let wanted = verdict["Want"].as_array().into_iter().flatten();
            self.wanted = wanted.map(text).collect();
            let sought = verdict["Sought"].as_array().into_iter().flatten();
            self.sought = sought
                .map(|pair| (text(&pair[0]), text(&pair[1])))
                .collect();
        }
        Answer {
            messages: result["Messages"].as_array().expect("a list").clone(),
            verdict,
            fuel,
        }
    }

    /// Runs one item in the block at hand.
    pub(crate) fn send(&mut self, item: Item) -> Answer {
        if self.slot == 0 {
            self.slot = 1;
        }
        let raw = self.raw(&item);
        self.take(&raw)
    }

    /// Runs a question as a dry-run: nothing is kept and no fee is taken.
    pub(crate) fn ask(&mut self, item: Item) -> Answer {
        let mut raw = self.raw(&item);
        raw["Read-Only"] = json!(true);
        raw["Log"] = Value::Null;
        let (result, fuel) = self.run(&raw);
        self.instance.rollback();
        let line = result["Output"]["data"].as_str().expect("text");
        Answer {
            verdict: serde_json::from_str(line).expect("JSON"),
            messages: result["Messages"].as_array().expect("a list").clone(),
            fuel,
        }
    }

    /// An item as the bytes that the module gets.
    pub(crate) fn bytes(&self, item: &Item) -> Vec<u8> {
        self.raw(item).to_string().into_bytes()
    }

    /// Runs such bytes and gives the fuel; what came out is not read.
    pub(crate) fn raw_run(&mut self, bytes: &[u8]) -> u64 {
        let evaluation = self.instance.handle(bytes, &self.env).expect("a verdict");
        evaluation.fuel_used
    }

    /// The next block: its Tick, which is applied.
    pub(crate) fn block(&mut self) -> Answer {
        self.tick().applied()
    }

    /// The next block's Tick, whatever comes of it.
    pub(crate) fn tick(&mut self) -> Answer {
        self.height += 1;
        let log = self.logs.for_tick(&self.wanted, &self.sought);
        let tick = json!({
            "height": self.height, "time": self.height, "block": "block", "queued": self.queued,
        });
        let raw = json!({
            "Id": format!("tick-{:038}", self.slot), "Signature": "", "Data": "", "Owner": ORIGIN,
            "From": ORIGIN, "Target": ORIGIN, "Anchor": "", "Tags": [], "Epoch": 0,
            "Nonce": self.slot, "Timestamp": 1000 * self.height, "Block-Height": self.height,
            "Hash-Chain": "", "Cron": false, "Tick": tick, "Log": log,
        });
        self.take(&raw)
    }

    /// Blocks up to and with this height; gives the last Tick's answer.
    pub(crate) fn blocks_to(&mut self, height: u64) -> Answer {
        assert!(height > self.height, "{height} is over");
        while self.height + 1 < height {
            self.block();
        }
        self.block()
    }

    pub(crate) fn blocks(&mut self, count: u64) -> Answer {
        self.blocks_to(self.height + count)
    }

    /// Runs a text inside the court and gives what it returns: the internal entry of the tests.
    pub(crate) fn probe(&mut self, lua: &str) -> Value {
        let item = Item::new("founder", "Probe").data(lua);
        let (result, _) = self.run(&self.raw(&item));
        assert_eq!(result.get("Error"), None, "{lua}\n{result}");
        if self.commits {
            self.instance.commit();
        }
        let line = result["Output"]["data"].as_str().expect("text");
        let list: Value = serde_json::from_str(line).expect("JSON");
        list.get(0).cloned().unwrap_or(Value::Null)
    }

    /// All invariants that the state alone can show (9).
    pub(crate) fn check(&mut self) {
        self.probe("require('origin.check').run() return true");
    }

    /// The free balance of somebody, as a view shows it.
    pub(crate) fn balance(&mut self, who: &str) -> u128 {
        let answer = self.ask(Item::new("founder", "Balance").tag("Recipient", id(who)));
        let data = answer.messages[0]["Data"].as_str().expect("text");
        data.parse().expect("a number")
    }

    /// The row of an operator.
    pub(crate) fn operator(&mut self, who: &str) -> Value {
        let answer = self.ask(Item::new("founder", "Operators").tag("Operator", id(who)));
        answer.applied().reply()["Rows"][0].clone()
    }

    /// The row of a process.
    pub(crate) fn process(&mut self, process: &str) -> Value {
        let answer = self.ask(Item::new("founder", "Processes").tag("Process", id(process)));
        answer.applied().reply()["Rows"][0].clone()
    }

    /// The escrow of any process id, known or not.
    pub(crate) fn process_escrow(&mut self, process: &str) -> Value {
        self.probe(&format!(
            "return require('origin.ledger').escrow('{}')",
            id(process)
        ))
    }

    /// Lets a record of this epoch, mined at the height at hand, extend the log up to a slot.
    pub(crate) fn publish(&mut self, process: &str, epoch: u64, slot: u64) {
        self.logs.publish(process, epoch, slot, self.height);
    }

    /// The row of a case.
    pub(crate) fn case(&mut self, number: u64) -> Value {
        let answer = self.ask(Item::new("founder", "Cases").tag("Case", number));
        answer.applied().reply()["Rows"][0].clone()
    }
}

fn environment() -> Vec<u8> {
    json!({
        "Process": {"Id": ORIGIN, "Owner": id("founder"), "Tags": []},
        "Module": {"Id": "module-00000000000000000000000000000000000", "Owner": "m", "Tags": []},
    })
    .to_string()
    .into_bytes()
}
