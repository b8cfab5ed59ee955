//! The whole court of the law: the house of `aosec-market` with the docket of `aosec-challenge` on its bench.
//!
//! Neither knows the other: [`bench`] hands messages and due entries to the docket, [`hall`] answers what the docket asks of the
//! house, [`shapes`] says the one's words in the other's. No rule stands here; [`invariants`] are those that need both.

mod bench;
mod hall;
pub mod invariants;
mod shapes;

use aosec_challenge::docket::Docket;
use aosec_market::{Court, Item, Message, Outcome, State};
use bench::Seated;
use hall::Hall;

/// Origin as the law has it.
#[derive(Clone, Debug)]
pub struct Model {
    state: State,
    docket: Docket,
}

impl Model {
    /// The state after slot 0.
    #[must_use]
    pub fn new(origin: &str, spawner: &str) -> Self {
        Self {
            state: State::new(origin, spawner),
            docket: Docket::default(),
        }
    }

    /// Runs one message of the log.
    pub fn step(&mut self, message: &Message) -> Outcome {
        self.state.step_with(message, &mut Seated(&mut self.docket))
    }

    /// Answers a dry-run.
    #[must_use]
    pub fn read(&self, item: &Item) -> Outcome {
        let mut copy = self.docket.clone();
        self.state.read_with(item, &mut Seated(&mut copy))
    }

    /// The house, if there is a court.
    #[must_use]
    pub fn court(&self) -> Option<&Court> {
        self.state.court()
    }

    /// The house, for faults that are put in by hand.
    pub fn court_mut(&mut self) -> Option<&mut Court> {
        self.state.court_mut()
    }

    /// A slash put in by hand; how much it took.
    pub fn impose(&mut self, operator: &str, lease: Option<u64>, sum: u128) -> u128 {
        let docket = &mut self.docket;
        let court = self.state.court_mut();
        court.map_or(0, |court| {
            docket.impose(&mut Hall(court), operator, lease, sum)
        })
    }

    /// The docket.
    #[must_use]
    pub fn docket(&self) -> &Docket {
        &self.docket
    }
}
