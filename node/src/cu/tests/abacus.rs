//! A machine of a few lines: its state is one number, and the data of a message is what to do with it.
//!
//! `add N` adds, `say N` adds 1 and answers with N bytes more, `tally NAME` adds 1 and is counted ([`tally`]), `clock` mixes in what time and
//! height it is, `fail` adds 1,000 and reports an error, `trap` traps, `burn` runs out of fuel, `stall` ends without a verdict,
//! `panic` panics, anything else is answered with the number. Each step takes 10 fuel.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aosec_wire::VerifiedItem;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::cu::machine::{Failure, Machine, Program, Run, Workshop, WorkshopError};
use crate::cu::terms::Terms;

/// What an instance pretends to take.
pub(super) const BYTES: u64 = 100;

/// How often each name was tallied, dropped instances and runs that were taken back among them.
static TALLIES: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Runs of `tally NAME` so far; a name belongs to one test.
pub(super) fn tally(name: &str) -> u64 {
    TALLIES.lock().unwrap().get(name).copied().unwrap_or(0)
}

#[derive(Debug)]
pub(super) struct Abacus;

#[derive(Debug)]
struct Frame;

#[derive(Debug)]
struct Beads {
    kept: u64,
    pending: u64,
    fuel: u64,
}

impl Workshop for Abacus {
    fn engine(&self) -> &str {
        "abacus 1"
    }

    fn load(&self, module: &VerifiedItem) -> Result<Arc<dyn Program>, WorkshopError> {
        match &module.data()[..] {
            b"abacus" => Ok(Arc::new(Frame)),
            _ => Err(WorkshopError::Module("no abacus".to_owned())),
        }
    }
}

impl Program for Frame {
    fn boot(&self, terms: Terms) -> Result<Box<dyn Machine>, WorkshopError> {
        Ok(Box::new(Beads {
            kept: 0,
            pending: 0,
            fuel: terms.fuel,
        }))
    }

    fn restore(&self, snapshot: &[u8], terms: Terms) -> Result<Box<dyn Machine>, WorkshopError> {
        let bytes = snapshot
            .try_into()
            .map_err(|_| WorkshopError::Snapshot("not eight bytes".to_owned()))?;
        let kept = u64::from_be_bytes(bytes);
        Ok(Box::new(Beads {
            kept,
            pending: kept,
            fuel: terms.fuel,
        }))
    }
}

impl Machine for Beads {
    fn run(&mut self, message: &[u8], _environment: &[u8]) -> Run {
        self.obey(message, self.fuel)
    }

    fn dry_run(&mut self, message: &[u8], _environment: &[u8], fuel: u64) -> Run {
        let run = self.obey(message, fuel);
        self.rollback();
        run
    }

    fn commit(&mut self) -> [u8; 32] {
        self.kept = self.pending;
        self.root()
    }

    fn rollback(&mut self) {
        self.pending = self.kept;
    }

    fn root(&self) -> [u8; 32] {
        *aosec_wire::Id::sha256(&self.kept.to_be_bytes()).as_bytes()
    }

    fn snapshot(&self) -> Vec<u8> {
        self.kept.to_be_bytes().to_vec()
    }

    fn memory(&self) -> Bytes {
        self.snapshot().into()
    }

    fn resident_bytes(&self) -> u64 {
        BYTES
    }
}

impl Beads {
    fn obey(&mut self, message: &[u8], fuel: u64) -> Run {
        let message: Value = serde_json::from_slice(message).unwrap();
        // A tick has no data, so its order stands in a tag.
        let order = message["Data"]
            .as_str()
            .or(message["Tags"][0]["value"].as_str());
        let order = order.unwrap_or_default();
        let answer = match order.split_once(' ').unwrap_or((order, "")) {
            ("add", number) => self.add(number.parse().unwrap()),
            ("say", bytes) => {
                let mut answer = self.add(1);
                answer["Output"]["prompt"] = "x".repeat(bytes.parse().unwrap()).into();
                answer
            }
            ("tally", name) => {
                *TALLIES.lock().unwrap().entry(name.to_owned()).or_default() += 1;
                self.add(1)
            }
            ("fail", _) => {
                self.add(1_000);
                json!({"Error": "told to fail", "Messages": [{"Target": "x", "Tags": [], "Data": ""}]})
            }
            ("clock", _) => {
                let stamp = |name: &str| message[name].as_u64().unwrap();
                let seen = stamp("Timestamp").wrapping_mul(7) ^ stamp("Block-Height");
                self.pending = self.pending.wrapping_mul(31);
                self.add(seen % 1_000_003)
            }
            ("fuel", _) => json!({"Output": {"data": fuel.to_string()}}),
            ("trap", _) => return self.stop(Failure::Verdict("the module trapped".to_owned()), 10),
            ("burn", _) => return self.stop(Failure::Verdict("out of fuel".to_owned()), fuel),
            ("stall", _) => return self.stop(Failure::Interrupted("a busy machine".to_owned()), 0),
            ("panic", _) => panic!("told to panic"),
            _ => self.add(0),
        };
        Run {
            answer: Ok(answer.to_string().into_bytes()),
            fuel_used: 10,
        }
    }

    fn add(&mut self, number: u64) -> Value {
        self.pending = self.pending.wrapping_add(number);
        let data = self.pending.to_string();
        json!({"Messages": [], "Assignments": [], "Spawns": [], "Output": {"data": data, "prompt": "", "print": false}})
    }

    fn stop(&mut self, failure: Failure, fuel_used: u64) -> Run {
        self.pending = self.kept;
        Run {
            answer: Err(failure),
            fuel_used,
        }
    }
}
