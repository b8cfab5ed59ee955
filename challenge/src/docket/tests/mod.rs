//! Stories with the law's own numbers: one process `P`, hosted by `op` of `owner` with the hot key `hot` since block 1,000.

mod data;
mod house;
mod liveness;
mod mass;
mod publication;
mod reports;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Content, Docket, Enclosed, Entry, Logs, Paper, Place, Signed};
use house::Fake;

/// A name made as long as an id.
fn named(name: &str) -> String {
    format!("{name:_<43}")
}

/// A docket before a house.
struct Story {
    docket: Docket,
    house: Fake,
    logs: Logs,
}

impl Story {
    fn new() -> Self {
        Self {
            docket: Docket::default(),
            house: Fake::new(),
            logs: Logs::new(),
        }
    }

    /// An item mined and run at the height at hand.
    fn paper(&self, who: &str, tags: &[(&str, &str)], enclosed: Vec<Enclosed>) -> Paper {
        Paper {
            owner: who.to_owned(),
            run: self.house.height,
            mined: self.house.height,
            tags: tags_of(tags),
            enclosed,
            logs: self.logs.clone(),
        }
    }

    fn run(&mut self, paper: &Paper) -> Result<Value, &'static str> {
        self.docket.begin();
        let judged = self.docket.judge(&mut self.house, paper);
        self.check();
        judged.map_err(|refused| refused.0)
    }

    fn says(
        &mut self,
        who: &str,
        tags: &[(&str, &str)],
        enclosed: Vec<Enclosed>,
    ) -> Result<Value, &'static str> {
        let paper = self.paper(who, tags, enclosed);
        self.run(&paper)
    }

    /// A challenge of some messages by somebody who would pay anything.
    fn challenge(&mut self, who: &str, messages: &[&str]) -> Result<Value, &'static str> {
        let tags = challenge();
        let enclosed = messages.iter().map(|id| message(id)).collect();
        self.says(who, &tags, enclosed)
    }

    /// All Ticks up to a height.
    fn tick(&mut self, height: u64) {
        while self.house.height < height {
            self.house.height += 1;
            self.docket.begin();
            while let Some(entry) = self.house.due() {
                if self.docket.need(entry).is_some() {
                    self.docket.apply(&mut self.house, &self.logs, entry);
                }
            }
            self.check();
        }
    }

    fn check(&self) {
        assert_eq!(self.docket.held(), self.house.deposits);
        let waiting = self.docket.pendings().iter().filter(|one| one.waits());
        let waiting: u128 = waiting.map(|one| one.slashed).sum();
        assert_eq!(waiting, self.house.pending);
    }

    fn state(&self, number: usize) -> &'static str {
        let case = &self.docket.cases()[number - 1];
        self.docket.state(&self.house, case).shown()
    }

    /// As [`Self::log`], by the base layer's order.
    fn virtual_log(&mut self, message: &str, slot: u64, mined: u64) {
        self.log(message, slot, mined);
        let log = self.logs.entry(named("P")).or_default();
        let place = log.of.get_mut(message).and_then(Option::as_mut);
        place.expect("just put there").is_virtual = true;
    }

    /// The log of P has a message in a slot since a height.
    fn log(&mut self, message: &str, slot: u64, mined: u64) {
        let log = self.logs.entry(named("P")).or_default();
        log.of.insert(
            message.to_owned(),
            Some(Place {
                slot,
                mined,
                is_virtual: false,
            }),
        );
        let content = Content {
            message: message.to_owned(),
            epoch: 0,
            is_virtual: false,
        };
        log.at.insert(slot, Some(content));
    }

    fn settle(&mut self, case: u64, message: &str) -> Result<&'static str, &'static str> {
        let (process, case) = (named("P"), case.to_string());
        let tags = [
            ("Process", process.as_str()),
            ("Case", case.as_str()),
            ("Message", message),
        ];
        let paper = self.paper("anyone", &tags, Vec::new());
        let settled = self.docket.settle(&mut self.house, &paper);
        self.check();
        settled.map_err(|refused| refused.0)
    }
}

fn tags_of(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    let tags = tags.iter();
    tags.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

const P: &str = "P__________________________________________";

fn challenge() -> [(&'static str, &'static str); 4] {
    [
        ("Action", "Challenge"),
        ("Process", P),
        ("Fee", "1000"),
        ("Answer-Fee", "1000"),
    ]
}

fn message(id: &str) -> Enclosed {
    Enclosed {
        id: id.to_owned(),
        target: named("P"),
        size: 256 * 1024,
        tags: tags_of(&[("Type", "Message"), ("Data-Protocol", "ao")]),
        signed: None,
    }
}

/// A receipt of the hot key for a message in a slot, stamped at a height.
fn receipt(message: &str, slot: u64, height: u64) -> Enclosed {
    let entry = Entry {
        message: message.to_owned(),
        height,
        timestamp: 1,
        chain: format!("chain of {message}"),
    };
    let signed = Signed {
        process: named("P"),
        signer: "hot".to_owned(),
        first: slot,
        entries: BTreeMap::from([(slot, entry)]),
        ..Signed::default()
    };
    Enclosed {
        signed: Some(signed),
        ..message_less(message)
    }
}

fn message_less(id: &str) -> Enclosed {
    Enclosed {
        id: format!("receipt of {id}"),
        ..Enclosed::default()
    }
}

/// A receipt, changed in one place.
fn but(mut enclosed: Enclosed, change: impl FnOnce(&mut Signed)) -> Enclosed {
    enclosed.signed.as_mut().map(change);
    enclosed
}
