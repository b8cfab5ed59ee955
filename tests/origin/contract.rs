//! The contract in its virtual machine, fed as the deriver feeds it.
//!
//! Nothing is committed between messages: state roots are not what is tested here, and without them a message costs a tenth.
//! Besides the contract's own text it gets a probe that runs a text inside it, for faults and for its walk over everything.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aosec_market::{Child, Enclosures, Item, LogHead, Tick};
use aosec_wasm::process_module::{self, SourceFile, bundle};
use aosec_wasm::{Engine, EngineSettings, Instance, Limits, Module, origin_contract};
use serde_json::{Map, Value, json};

use super::moves::Fault;

/// Origin's id in all games.
pub const ORIGIN: &str = "origin-000000000000000000000000000000000000";

/// Who spawned it.
pub const FOUNDER: &str = "founder-00000000000000000000000000000000000";

const PROBE: &str = "
Handlers.prepend('probe', 'Probe', function(msg) print(json.encode({ load(msg.Data)() })) end)
";

const CHECK: &str = include_str!("../../contracts-lua/origin/check.lua");

/// A game's state is small.
const LIMITS: Limits = Limits {
    memory_bytes: 1 << 28,
    fuel_per_message: 1_000_000_000,
    output_bytes: 4 << 20,
    ticks_per_message: u64::MAX / 2,
};

/// One court.
pub struct Contract {
    instance: Instance,
    env: Vec<u8>,
    slot: u64,
    /// Each message with its result, where somebody wants to run them again.
    runs: Option<Vec<Value>>,
}

/// What one message gave.
#[derive(Debug)]
pub struct Told {
    /// The line that the deriver reads.
    pub verdict: Value,
    /// What is pushed.
    pub messages: Vec<Value>,
}

/// The contract did what it may never do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The virtual machine gave no verdict.
    #[error("no verdict: {0}")]
    Machine(String),
    /// The run ended in an error of the program.
    #[error("an error inside: {0}")]
    Error(Value),
    /// What came out is not what the message table promises.
    #[error("an outcome of another shape: {0}")]
    Shape(String),
}

impl Contract {
    /// A court after its spawn, before its genesis message.
    ///
    /// # Errors
    /// Where the text does not load.
    pub fn spawn(text: &str, height: u64) -> Result<Self, Failure> {
        Self::begin(text, height, false)
    }

    /// The same, and what it runs is remembered.
    ///
    /// # Errors
    /// Where the text does not load.
    pub fn remembering(text: &str, height: u64) -> Result<Self, Failure> {
        Self::begin(text, height, true)
    }

    fn begin(text: &str, height: u64, remembers: bool) -> Result<Self, Failure> {
        let instance = Instance::boot(module(), process_module::BOOT, LIMITS);
        let mut court = Self {
            instance: instance.map_err(|error| Failure::Machine(error.to_string()))?,
            env: environment(),
            slot: 0,
            runs: remembers.then(Vec::new),
        };
        let mut raw = court.raw(ORIGIN, FOUNDER, height);
        raw.insert("Tags".into(), json!([{"name": "On-Boot", "value": "Data"}]));
        raw.insert("Data".into(), json!(text));
        court.run(raw)?;
        Ok(court)
    }

    /// What it has run so far.
    #[must_use]
    pub fn runs(&self) -> &[Value] {
        self.runs.as_deref().unwrap_or_default()
    }

    /// Runs an item.
    ///
    /// # Errors
    /// What the contract may never do.
    pub fn item(&mut self, item: &Item) -> Result<Told, Failure> {
        let raw = self.of_item(item);
        self.told(raw)
    }

    /// Answers a dry-run.
    ///
    /// # Errors
    /// What the contract may never do.
    pub fn read(&mut self, item: &Item) -> Result<Told, Failure> {
        let mut raw = self.of_item(item);
        raw.insert("Read-Only".into(), json!(true));
        self.told(raw)
    }

    /// Runs a Tick.
    ///
    /// # Errors
    /// What the contract may never do.
    pub fn tick(&mut self, tick: &Tick) -> Result<Told, Failure> {
        let mut raw = self.raw("tick", ORIGIN, tick.height);
        let mut words = json!({"height": tick.height, "time": tick.height, "block": "block"});
        if let Some(queued) = tick.queued {
            words["queued"] = json!(queued);
        }
        raw.insert("Tick".into(), words);
        raw.insert("Log".into(), heads(&tick.logs));
        self.told(raw)
    }

    /// Brings a fault about.
    ///
    /// # Errors
    /// What the contract may never do.
    pub fn fault(&mut self, fault: &Fault, height: u64) -> Result<Value, Failure> {
        let text = match fault {
            Fault::Slash {
                operator,
                process,
                sum,
            } => {
                let lease = process.as_ref().map_or("nil".to_owned(), |process| {
                    format!("((require('origin.state').processes['{process}'] or {{}}).leases or {{}})[0]")
                });
                format!(
                    "local operator = require('origin.operators').at('{operator}')
                     local lease = {lease}
                     if lease and lease.operator ~= operator then lease = nil end
                     local amount = require('origin.amount')
                     return amount.text(require('origin.slash').take(operator, lease, amount.parse('{sum}')).sum)"
                )
            }
            Fault::Tombstone { operator } => format!(
                "require('origin.slash').tombstone(require('origin.operators').at('{operator}'))"
            ),
        };
        self.probe(&text, height)
    }

    /// The contract's own walk over everything that must hold (9).
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&mut self, height: u64) -> Result<(), Failure> {
        let walk = "require('origin.check').run() return true";
        self.probe(walk, height).map(|_| ())
    }

    fn probe(&mut self, text: &str, height: u64) -> Result<Value, Failure> {
        let mut raw = self.raw("probe", FOUNDER, height);
        raw.insert("Tags".into(), json!([{"name": "Action", "value": "Probe"}]));
        raw.insert("Data".into(), json!(text));
        let result = self.run(raw)?;
        Ok(line(&result)?.get(0).cloned().unwrap_or(Value::Null))
    }

    fn told(&mut self, raw: Map<String, Value>) -> Result<Told, Failure> {
        let result = self.run(raw)?;
        let messages = result["Messages"].as_array();
        Ok(Told {
            verdict: line(&result)?,
            messages: messages.cloned().unwrap_or_default(),
        })
    }

    fn run(&mut self, raw: Map<String, Value>) -> Result<Value, Failure> {
        let raw = Value::Object(raw);
        let text = raw.to_string();
        let evaluation = self.instance.handle(text.as_bytes(), &self.env);
        let evaluation = evaluation.map_err(|error| Failure::Machine(error.to_string()))?;
        let result: Value = serde_json::from_slice(&evaluation.output)
            .map_err(|error| Failure::Shape(error.to_string()))?;
        match result.get("Error") {
            None | Some(Value::Null) => {
                self.slot += 1;
                if let Some(runs) = &mut self.runs {
                    runs.push(json!({ "message": raw, "result": result }));
                }
                Ok(result)
            }
            Some(error) => Err(Failure::Error(error.clone())),
        }
    }

    fn of_item(&self, item: &Item) -> Map<String, Value> {
        let mut raw = self.raw(&item.id, &item.owner, item.run);
        raw.insert("Tags".into(), tags(&item.tags));
        raw.insert("Data".into(), json!(item.data));
        raw.insert("Mined".into(), json!(item.mined));
        raw.insert("Log".into(), heads(&item.logs));
        match &item.enclosures {
            Enclosures::None => None,
            Enclosures::Bad => raw.insert("Items".into(), json!("2.5 child")),
            Enclosures::Items(children) => {
                let children: Vec<Value> = children.iter().map(child).collect();
                raw.insert("Items".into(), json!(children))
            }
        };
        raw
    }

    fn raw(&self, id: &str, owner: &str, height: u64) -> Map<String, Value> {
        let fields = json!({
            "Id": id, "Signature": "", "Data": "", "Owner": owner, "From": owner,
            "Target": ORIGIN, "Anchor": "", "Tags": [], "Epoch": 0, "Nonce": self.slot,
            "Timestamp": 1000 * height, "Block-Height": height, "Hash-Chain": "", "Cron": false,
        });
        fields.as_object().cloned().unwrap_or_default()
    }
}

/// The contract's text with some of its files changed, and what tests need besides.
///
/// # Panics
/// Where the names of the files are none.
#[must_use]
pub fn text(change: impl Fn(&str, &str) -> String) -> String {
    let files = origin_contract::MODULES.iter();
    let texts: Vec<String> = files.map(|file| change(file.name, file.text)).collect();
    let files = origin_contract::MODULES.iter().zip(&texts);
    let mut files: Vec<SourceFile<'_>> = files
        .map(|(file, text)| SourceFile {
            name: file.name,
            text,
        })
        .collect();
    files.push(SourceFile {
        name: "origin.check",
        text: CHECK,
    });
    let main = format!("{}{PROBE}", origin_contract::MAIN.text);
    let main = SourceFile {
        name: "main",
        text: &main,
    };
    bundle(&files, main).expect("the names are those of the contract")
}

fn module() -> &'static Module {
    static COMPILED: OnceLock<Module> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let engine = Engine::new(EngineSettings::default()).expect("an engine");
        let compiled = engine.compile(process_module::WASM);
        compiled.expect("the own module compiles")
    })
}

/// The environment of every message.
#[must_use]
pub fn environment() -> Vec<u8> {
    let module = "module-00000000000000000000000000000000000";
    json!({
        "Process": {"Id": ORIGIN, "Owner": FOUNDER, "Tags": []},
        "Module": {"Id": module, "Owner": "m", "Tags": []},
    })
    .to_string()
    .into_bytes()
}

fn line(result: &Value) -> Result<Value, Failure> {
    let line = result["Output"]["data"].as_str().unwrap_or_default();
    serde_json::from_str(line).map_err(|_| Failure::Shape(result.to_string()))
}

fn tags(tags: &[(String, String)]) -> Value {
    let tags = tags.iter();
    tags.map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn child(child: &Child) -> Value {
    let mut words = json!({
        "Id": child.id, "Owner": child.owner, "Target": child.target, "Tags": tags(&child.tags),
        "Data": "", "Size": child.size,
    });
    if let Some(signed) = &child.signed {
        words["Signed"] = json!(signed);
    }
    words
}

fn heads(logs: &BTreeMap<String, LogHead>) -> Value {
    let logs = logs.iter().map(|(process, head)| {
        let mut words = json!({
            "epoch": head.epoch, "slot": head.slot, "chain": head.chain, "late": head.late,
            "at": sought(&head.at), "of": sought(&head.of),
        });
        if let Some(mined) = head.mined {
            words["mined"] = json!(mined);
        }
        (process.clone(), words)
    });
    Value::Object(logs.collect())
}

/// What was asked for, `false` where it is not there.
fn sought<K: ToString, V: serde::Serialize>(asked: &BTreeMap<K, Option<V>>) -> Value {
    let asked = asked.iter().map(|(key, value)| {
        let value = value.as_ref().map_or(json!(false), |value| json!(value));
        (key.to_string(), value)
    });
    Value::Object(asked.collect())
}

impl std::fmt::Debug for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contract")
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}
