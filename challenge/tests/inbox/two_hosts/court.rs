//! As much of a court as says who hosts: one lease, its end, one `Resume` by the rule of 5.9.

use std::convert::Infallible;

use aosec_challenge::inbox::{Contract, Fork, Message, Ran, Verdict};
use serde_json::{Value, json};

use crate::forge::user;
use crate::hosts::{PROCESS, host, next_host};

/// Blocks between the end of a lease and its cut.
pub(super) const CUT: u64 = 2;

/// What is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    Nothing,
    LaterCut,
    EarlyResume,
}

/// Who hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leases {
    plant: Plant,
    /// U.
    pub(super) ended: Option<u64>,
    /// R, and the first slot of the next epoch.
    pub(super) resumed: Option<(u64, u64)>,
}

impl Leases {
    pub(super) const fn new(plant: Plant) -> Self {
        Self {
            plant,
            ended: None,
            resumed: None,
        }
    }

    fn says(&mut self, action: &str, height: u64, log: &Value) -> Value {
        match action {
            "host" => json!({"ok": true,
                "Hosting": [{"Process": PROCESS, "State": "Hosted", "Epoch": 0, "First": 1,
                    "Operator": user(5).address(), "From": height}],
                "Keys": [{"Operator": user(5).address(), "Key": host().address(), "From": height},
                    {"Operator": user(6).address(), "Key": next_host().address(), "From": height}]}),
            "end" => {
                self.ended = Some(height);
                json!({"ok": true, "Hosting": [{"Process": PROCESS, "State": "Unhosted", "Epoch": 0,
                    "First": 1, "U": height}]})
            }
            "resume" => self.resume(height, log),
            _ => json!({"ok": true}),
        }
    }

    /// First slot and chain are those of the log as after step (a) of this block (5.9).
    fn resume(&mut self, height: u64, log: &Value) -> Value {
        let wait = if self.plant == Plant::EarlyResume {
            0
        } else {
            CUT
        };
        let over = self.ended.is_some_and(|ended| height >= ended + wait);
        let head = log[PROCESS.to_string()]["slot"].as_u64();
        match (over, self.resumed, head) {
            (true, None, Some(head)) => {
                self.resumed = Some((height, head + 1));
                json!({"ok": true, "Hosting": [{"Process": PROCESS, "State": "Hosted", "Epoch": 1,
                    "First": head + 1, "Operator": user(6).address(), "From": height}]})
            }
            _ => json!({"ok": false, "code": "5.9 early"}),
        }
    }
}

impl Contract for Leases {
    type Error = Infallible;

    fn run(&mut self, message: &Message) -> Result<Ran, Infallible> {
        let value: Value = serde_json::from_slice(&message.json).unwrap();
        let tags = value["Tags"].as_array().into_iter().flatten();
        let action = tags.clone().find(|tag| tag["name"] == "Do");
        let action = action.and_then(|tag| tag["value"].as_str()).unwrap_or("");
        let height = value["Block-Height"].as_u64().unwrap();
        let verdict = self.says(action, height, &value["Log"]);
        Ok(Ran::Verdict(Verdict::parse(&verdict.to_string()).unwrap()))
    }

    fn end_block(&mut self, _height: u64) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Fork for Leases {
    fn fork(&self) -> Result<Self, Infallible> {
        Ok(self.clone())
    }
}
