//! A stand-in for the contract, for tests alone: it writes down what it is given and says what the message tells it to say.
//!
//! The tag `Say` of an item is the verdict; `fail` is a run that ends in an error. Everything else is applied without a word.

use std::convert::Infallible;

use aosec_challenge::inbox::{Contract, Fork, Message, Ran, Verdict};
use serde_json::Value;

/// What a clerk has heard, in order; unfunded messages are as if they had not come.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Clerk {
    pub(crate) heard: Vec<Vec<u8>>,
    pub(crate) blocks: Vec<u64>,
}

impl Contract for Clerk {
    type Error = Infallible;

    fn run(&mut self, message: &Message) -> Result<Ran, Infallible> {
        let value: Value = serde_json::from_slice(&message.json).unwrap();
        let tags = value["Tags"].as_array().unwrap();
        let says = tags.iter().find(|tag| tag["name"] == "Say");
        let says = says.map_or("{\"ok\":true}", |tag| tag["value"].as_str().unwrap());
        if says == "fail" {
            self.heard.push(message.json.clone());
            return Ok(Ran::Failed);
        }
        let verdict = Verdict::parse(says).unwrap();
        if !verdict.unfunded {
            self.heard.push(message.json.clone());
        }
        Ok(Ran::Verdict(verdict))
    }

    fn end_block(&mut self, height: u64) -> Result<(), Infallible> {
        self.blocks.push(height);
        Ok(())
    }
}

impl Fork for Clerk {
    fn fork(&self) -> Result<Self, Infallible> {
        Ok(self.clone())
    }
}
