//! The contract in its VM: messages in, verdicts out (PROTOCOL 2.4, 3.4).
//!
//! A commit looks at the whole memory, so it is made once a block, and of blocks that are caught up with ([`Pace`]) once for as many
//! as cost about as much to run. Where a run must leave nothing behind (unfunded, failed) the memory goes back to the last commit,
//! the messages since then run again, and a commit follows: the state is the same as if each message had been committed by itself,
//! and one such run costs no other a second time.

use std::sync::Arc;

use aosec_challenge::inbox::{Contract, Fork, Kind, Message, Ran, Verdict};
use aosec_wasm::process_module::{BOOT, WASM};
use aosec_wasm::{EvaluationError, Instance, Limits, Module, WasmError};
use aosec_wire::{Id, Tags};
use serde::Deserialize;
use serde_json::{Value, json};

pub use super::chamber_error::ChamberError;
use super::kept::{self, Telling};
use super::pace::Pace;
use super::penniless::Penniless;
use crate::arweave::devchain::genesis::module_item;
use crate::cu::engine::Wasmtime;
use crate::cu::input::{Party, environment};

/// What Origin may use. These decide results, so they are the same in every node (contracts-lua/origin/README.md, Cost): memory for
/// some 500,000 leases, fuel for ten seconds of a core beside a collection of all garbage, and answers of the wire's length.
pub const LIMITS: Limits = Limits {
    memory_bytes: 1 << 30,
    fuel_per_message: 50_000_000_000,
    output_bytes: 16 << 20,
    ticks_per_message: u64::MAX / 2,
};

/// What a message came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The message.
    pub message: Id,
    /// Its slot.
    pub slot: u64,
    /// The outcome's text.
    pub json: String,
}

/// The contract. Its VM is there from the court's spawn on, so that a node which waits for one pays nothing.
#[derive(Debug)]
pub struct Chamber {
    workshop: Arc<Wasmtime>,
    /// [`LIMITS`]; tests alone have less to use up.
    limits: Limits,
    vm: Option<Vm>,
    env: Arc<[u8]>,
    /// SHA-256 of the contract that the spawn brought.
    contract: Option<Id>,
    /// Messages since the last commit.
    pending: Vec<Vec<u8>>,
    /// What messages came to since that was taken out, as it is kept ([`super::kept`]).
    ended: Vec<Ended>,
    telling: Telling,
    penniless: Penniless,
    pace: Pace,
}

#[derive(Debug)]
struct Vm {
    module: Module,
    instance: Instance,
}

#[derive(Deserialize)]
struct Output {
    #[serde(default, rename = "Error")]
    error: Option<Value>,
    #[serde(default, rename = "Output")]
    output: Printed,
}

#[derive(Default, Deserialize)]
struct Printed {
    #[serde(default)]
    data: String,
}

impl Chamber {
    /// The contract before the court's spawn.
    #[must_use]
    pub fn new(workshop: Arc<Wasmtime>) -> Self {
        Self {
            workshop,
            limits: LIMITS,
            vm: None,
            env: Arc::from([]),
            contract: None,
            pending: Vec::new(),
            ended: Vec::new(),
            telling: Telling::All,
            penniless: Penniless::default(),
            pace: Pace::default(),
        }
    }

    /// Says whether outcomes are collected, here and in what is forked from it.
    pub const fn tell(&mut self, telling: Telling) {
        self.telling = telling;
    }

    /// The state root after the last block; none before the spawn, and behind a block that was only caught up with ([`Pace`]).
    #[must_use]
    pub fn root(&self) -> Option<Id> {
        let vm = self.vm.as_ref().filter(|_vm| self.pending.is_empty());
        vm.map(|vm| Id::new(vm.instance.root()))
    }

    /// How the next blocks are run. What the last ones have left without a root gets one where every block has one again.
    ///
    /// # Errors
    /// [`ChamberError`].
    pub fn set_pace(&mut self, pace: Pace) -> Result<(), ChamberError> {
        self.pace = pace;
        match pace {
            Pace::EachBlock => self.commit(),
            Pace::CatchingUp => Ok(()),
        }
    }

    fn commit(&mut self) -> Result<(), ChamberError> {
        if !self.pending.is_empty() {
            self.pending.clear();
            self.instance()?.commit();
        }
        Ok(())
    }

    /// SHA-256 of the contract that runs; none before the spawn.
    #[must_use]
    pub const fn contract(&self) -> Option<Id> {
        self.contract
    }

    fn instance(&mut self) -> Result<&mut Instance, ChamberError> {
        let vm = self.vm.as_mut().ok_or(ChamberError::NotBegun)?;
        Ok(&mut vm.instance)
    }

    /// Asks something that leaves nothing behind. Between blocks alone.
    ///
    /// # Errors
    /// Where the run has no end, or no text.
    pub fn ask(&mut self, message: &[u8]) -> Result<String, ChamberError> {
        self.commit()?;
        let env = Arc::clone(&self.env);
        let instance = self.instance()?;
        let ended = instance.handle(message, &env);
        if ended.is_ok() {
            instance.rollback();
        }
        let evaluation = ended.map_err(|source| ChamberError::Run { slot: 0, source })?;
        text(evaluation.output, 0)
    }

    /// The output, or why there is none on any machine.
    fn handle(
        &mut self,
        message: &Message,
    ) -> Result<Result<String, EvaluationError>, ChamberError> {
        let (slot, env) = (message.slot, Arc::clone(&self.env));
        match self.instance()?.handle(&message.json, &env) {
            Ok(evaluation) => text(evaluation.output, slot).map(Ok),
            Err(error) if error.is_verdict() => Ok(Err(error)),
            Err(source) => Err(ChamberError::Run { slot, source }),
        }
    }

    /// Goes back to before the last message, and commits what ran before it since the last commit.
    fn undo(&mut self) -> Result<(), ChamberError> {
        let (pending, env) = (std::mem::take(&mut self.pending), Arc::clone(&self.env));
        let instance = self.instance()?;
        instance.rollback();
        if pending.is_empty() {
            // The last commit is where the memory stands: a look at the whole of it would find nothing.
            return Ok(());
        }
        for message in pending {
            let again = instance.handle(&message, &env);
            again.map_err(|source| ChamberError::Run { slot: 0, source })?;
        }
        instance.commit();
        Ok(())
    }

    /// Boots the VM, and takes the environment from the spawn, which names the module that it runs on.
    fn settle_in(&mut self, spawn: &Message) -> Result<(), ChamberError> {
        let bad = |error: String| ChamberError::Json { slot: 0, error };
        let value: Value =
            serde_json::from_slice(&spawn.json).map_err(|error| bad(error.to_string()))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let listed = value["Tags"].as_array().into_iter().flatten();
        let tags: Tags = listed
            .map(|tag| (text(&tag["name"]), text(&tag["value"])))
            .collect();
        let module = module_item(WASM)?;
        let named = tags.get("Module").unwrap_or_default().to_owned();
        if named != module.id().to_string() {
            return Err(ChamberError::Module {
                named,
                carried: module.id(),
            });
        }
        let process = Party {
            id: spawn.id,
            owner: text(&value["Owner"]),
            tags,
        };
        self.env = environment(&process, &Party::of(&module)).into();
        self.contract = Some(Id::sha256_of(&[text(&value["Data"]).as_bytes()]));
        let module = self.workshop.module()?;
        let instance = Instance::boot(&module, BOOT, self.limits)?;
        self.vm = Some(Vm { module, instance });
        Ok(())
    }
}

impl Contract for Chamber {
    type Error = ChamberError;

    fn run(&mut self, message: &Message) -> Result<Ran, ChamberError> {
        if message.kind == Kind::Spawn {
            self.settle_in(message)?;
        }
        if message.kind == Kind::Item && self.penniless.has(&message.json) {
            let mut verdict = Verdict::default();
            verdict.unfunded = true;
            return Ok(Ran::Verdict(verdict));
        }
        let ran = match self.handle(message)? {
            Err(reason) => self.fail(message, &reason),
            Ok(json) => self.read(message, json)?,
        };
        match &ran {
            Ran::Verdict(verdict) if verdict.unfunded => {
                self.penniless.note(&message.json);
                self.undo()?;
            }
            Ran::Verdict(_) => {
                self.penniless.clear();
                self.pending.push(message.json.clone());
            }
            Ran::Failed => {
                self.penniless.clear();
                self.undo()?;
            }
        }
        Ok(ran)
    }

    fn end_block(&mut self, _height: u64) -> Result<(), ChamberError> {
        let (pace, messages) = (self.pace, self.pending.len());
        let bytes = self.pending.iter().map(Vec::len).sum();
        match pace.is_due(self.instance()?.memory_bytes(), messages, bytes) {
            true => self.commit(),
            false => Ok(()),
        }
    }
}

impl Chamber {
    /// What an output says. The spawn prints nothing that is a verdict.
    fn read(&mut self, message: &Message, json: String) -> Result<Ran, ChamberError> {
        let bad = |error: serde_json::Error| ChamberError::Json {
            slot: message.slot,
            error: error.to_string(),
        };
        let output: Output = serde_json::from_str(&json).map_err(bad)?;
        let ran = match (output.error, message.kind) {
            (Some(_error), _) => Ran::Failed,
            (None, Kind::Spawn) => {
                let mut verdict = Verdict::default();
                verdict.ok = true;
                Ran::Verdict(verdict)
            }
            (None, Kind::Tick | Kind::Item) => Ran::Verdict(Verdict::parse(&output.output.data)?),
        };
        let unfunded = matches!(&ran, Ran::Verdict(verdict) if verdict.unfunded);
        if !unfunded {
            self.told(message, json);
        }
        Ok(ran)
    }

    fn told(&mut self, message: &Message, json: String) {
        if self.telling == Telling::All {
            self.ended.push(Ended {
                message: message.id,
                slot: message.slot,
                json: kept::text(json),
            });
        }
    }

    /// A slot without an output is told like any other that ended in an error: its sender has paid for it.
    fn fail(&mut self, message: &Message, reason: &EvaluationError) -> Ran {
        let outcome = json!({
            "Messages": [], "Assignments": [], "Spawns": [], "Output": { "data": "" }, "Error": reason.to_string(),
        });
        self.told(message, outcome.to_string());
        Ran::Failed
    }

    /// Takes out what messages came to since the last time.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.ended)
    }
}

impl Fork for Chamber {
    /// The second one is at the last commit, with what has run since run again.
    fn fork(&self) -> Result<Self, ChamberError> {
        let mut second = Self {
            workshop: Arc::clone(&self.workshop),
            limits: self.limits,
            vm: match &self.vm {
                Some(vm) => Some(vm.fork(self.limits)?),
                None => None,
            },
            env: Arc::clone(&self.env),
            contract: self.contract,
            pending: self.pending.clone(),
            ended: Vec::new(),
            telling: self.telling,
            penniless: Penniless::default(),
            pace: Pace::default(),
        };
        for message in &self.pending {
            let again = second.instance()?.handle(message, &self.env);
            again.map_err(|source| ChamberError::Run { slot: 0, source })?;
        }
        second.commit()?;
        Ok(second)
    }
}

impl Vm {
    fn fork(&self, limits: Limits) -> Result<Self, WasmError> {
        let module = self.module.clone();
        let instance = Instance::restore(&module, BOOT, &self.instance.snapshot(), limits)?;
        Ok(Self { module, instance })
    }
}

fn text(output: Vec<u8>, slot: u64) -> Result<String, ChamberError> {
    String::from_utf8(output).map_err(|error| ChamberError::Json {
        slot,
        error: error.to_string(),
    })
}

#[cfg(test)]
#[path = "chamber_tests.rs"]
mod unit_tests;
