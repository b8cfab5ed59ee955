//! A process under test: messages by a builder, answers as JSON.

use std::sync::OnceLock;

use aosec_wasm::{
    Engine, EngineSettings, EvaluationError, Instance, Limits, Module, process_module,
};
use serde_json::{Value, json};

pub(crate) const PROCESS: &str = "process-0000000000000000000000000000000000";
pub(crate) const OWNER: &str = "owner-000000000000000000000000000000000000";
pub(crate) const AUTHORITY: &str = "authority-00000000000000000000000000000000";
pub(crate) const MODULE: &str = "module-00000000000000000000000000000000000";

/// The stamp of the first message, in milliseconds.
const GENESIS_MS: u64 = 1_700_000_000_000;

/// The module, compiled once with fuel on.
pub(crate) fn module() -> &'static Module {
    static COMPILED: OnceLock<Module> = OnceLock::new();
    COMPILED.get_or_init(|| compile(EngineSettings::default()))
}

pub(crate) fn compile(settings: EngineSettings) -> Module {
    let engine = Engine::new(settings).expect("an engine");
    engine
        .compile(process_module::WASM)
        .expect("the own module")
}

pub(crate) fn boot(module: &Module, limits: Limits) -> Instance {
    Instance::boot(module, process_module::BOOT, limits).expect("the own runtime")
}

/// The environment of every message, with more process tags if needed.
pub(crate) fn environment(tags: &[(&str, &str)]) -> Vec<u8> {
    let mut all = vec![
        ("Authority", AUTHORITY),
        ("Module", MODULE),
        ("Name", "tested"),
    ];
    all.extend_from_slice(tags);
    json!({
        "Process": {"Id": PROCESS, "Owner": OWNER, "Tags": named(&all)},
        "Module": {"Id": MODULE, "Owner": "maker", "Tags": []},
    })
    .to_string()
    .into_bytes()
}

fn named(tags: &[(&str, &str)]) -> Vec<Value> {
    tags.iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// One message, from the owner to the process unless said otherwise.
#[derive(Clone)]
pub(crate) struct Message {
    fields: Value,
    tags: Vec<(String, String)>,
}

impl Message {
    pub(crate) fn new(slot: u64) -> Self {
        let fields = json!({
            "Id": format!("message-{slot:035}"), "Signature": "signature", "Data": "",
            "Owner": OWNER, "Target": PROCESS, "Anchor": "", "From": OWNER, "Epoch": 0,
            "Nonce": slot, "Timestamp": GENESIS_MS + 1000 * slot, "Block-Height": 100 + slot,
            "Hash-Chain": "chain", "Cron": false,
        });
        Self {
            fields,
            tags: Vec::new(),
        }
    }

    pub(crate) fn eval(slot: u64, text: &str) -> Self {
        Self::new(slot).tag("Action", "Eval").data(text)
    }

    /// The spawn itself, which boots with its data.
    pub(crate) fn spawn(text: &str) -> Self {
        Self::new(0)
            .set("Id", PROCESS)
            .tag("Type", "Process")
            .tag("On-Boot", "Data")
            .data(text)
    }

    pub(crate) fn tag(mut self, name: &str, value: &str) -> Self {
        self.tags.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn data(self, data: &str) -> Self {
        self.set("Data", data)
    }

    pub(crate) fn set(mut self, field: &str, value: &str) -> Self {
        self.fields[field] = json!(value);
        self
    }

    /// Signed and sent by the same key.
    pub(crate) fn from(self, sender: &str) -> Self {
        self.set("From", sender).set("Owner", sender)
    }

    /// Sent by a process, signed by a unit.
    pub(crate) fn pushed(self, sender: &str, signer: &str) -> Self {
        self.set("From", sender).set("Owner", signer)
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        let mut fields = self.fields.clone();
        let tags: Vec<(&str, &str)> = self
            .tags
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        fields["Tags"] = json!(named(&tags));
        fields.to_string().into_bytes()
    }
}

/// A process that commits every answer without `Error` and forgets the others, as a node does.
pub(crate) struct Process {
    pub(crate) instance: Instance,
    pub(crate) env: Vec<u8>,
    slot: u64,
}

impl Process {
    pub(crate) fn new(text: &str) -> Self {
        Self::within(Limits::default(), text)
    }

    pub(crate) fn within(limits: Limits, text: &str) -> Self {
        let mut process = Self {
            instance: boot(module(), limits),
            env: environment(&[]),
            slot: 0,
        };
        let answer = process.send(Message::spawn(text));
        assert_eq!(answer.get("Error"), None, "boot: {answer}");
        process
    }

    pub(crate) fn next(&mut self) -> Message {
        self.slot += 1;
        Message::new(self.slot)
    }

    pub(crate) fn send(&mut self, message: Message) -> Value {
        self.try_send(message).expect("an answer")
    }

    pub(crate) fn try_send(&mut self, message: Message) -> Result<Value, EvaluationError> {
        let evaluation = self.instance.handle(&message.json(), &self.env)?;
        let answer: Value = serde_json::from_slice(&evaluation.output).expect("JSON");
        if answer.get("Error").is_some() {
            self.instance.rollback();
        } else {
            self.instance.commit();
        }
        Ok(answer)
    }

    /// Runs a text as the owner and gives what it prints.
    pub(crate) fn eval(&mut self, text: &str) -> String {
        let message = self.next().tag("Action", "Eval").data(text);
        let answer = self.send(message);
        assert_eq!(answer.get("Error"), None, "{text}: {answer}");
        answer["Output"]["data"].as_str().expect("text").to_owned()
    }

    /// Runs a text as the owner and gives its error.
    pub(crate) fn eval_error(&mut self, text: &str) -> String {
        let message = self.next().tag("Action", "Eval").data(text);
        self.send(message)["Error"]
            .as_str()
            .expect("an error")
            .to_owned()
    }
}

/// One message of the owner with these tags.
pub(crate) fn send(process: &mut Process, tags: &[(&str, &str)]) -> Value {
    let message = tags
        .iter()
        .fold(process.next(), |m, (name, value)| m.tag(name, value));
    process.send(message)
}

/// The value of a tag in an outgoing item.
pub(crate) fn tag<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item["Tags"]
        .as_array()?
        .iter()
        .find(|tag| tag["name"] == name)?["value"]
        .as_str()
}

/// A file of `contracts-lua/examples`.
pub(crate) const TOKEN: &str = include_str!("../../../../contracts-lua/examples/token.lua");
