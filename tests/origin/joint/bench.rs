//! The docket on the bench of the house.

use aosec_challenge::docket::{Case, Docket};
use aosec_market::bench::Need;
use aosec_market::{Bench, CaseRow, Court, Item, Refusal, Tick};
use serde_json::Value;

use super::hall::Hall;
use super::shapes;

/// The docket where the house asks for it.
#[derive(Debug)]
pub(super) struct Seated<'a>(pub(super) &'a mut Docket);

impl Bench for Seated<'_> {
    fn action(&self, name: &str) -> Option<&'static str> {
        Docket::action(name)
    }

    fn begin(&mut self) {
        self.0.begin();
    }

    fn judge(&mut self, court: &mut Court, item: &Item) -> Result<Value, Refusal> {
        let judged = self.0.judge(&mut Hall(court), &shapes::paper(item));
        judged.map_err(|refused| Refusal(refused.0))
    }

    fn settle(&mut self, court: &mut Court, item: &Item) -> Result<&'static str, Refusal> {
        let settled = self.0.settle(&mut Hall(court), &shapes::paper(item));
        settled.map_err(|refused| Refusal(refused.0))
    }

    fn need(&self, _court: &Court, entry: u64) -> Option<Need> {
        self.0.need(entry).map(|need| Need {
            process: need.process,
            message: need.message,
        })
    }

    fn apply(&mut self, court: &mut Court, tick: &Tick, entry: u64) {
        let logs = shapes::logs(&tick.logs);
        self.0.apply(&mut Hall(court), &logs, entry);
    }

    fn forget(&mut self, court: &mut Court) {
        self.0.forget(&Hall(court));
    }

    fn rows(&self, _court: &Court) -> Vec<CaseRow> {
        self.0.changed().into_iter().map(row).collect()
    }
}

fn row(case: &Case) -> CaseRow {
    CaseRow {
        case: case.number,
        kind: case.kind.shown(),
        state: case.written().shown(),
        process: case.process.clone(),
        epoch: case.epoch,
        message: case.message.clone(),
        slot: case.slot,
    }
}
