//! One game: both courts from their genesis on, move by move, until they differ or the moves end.

use std::collections::BTreeMap;

use aosec_market::invariants::{self, Broken};
use aosec_market::{Item, LogHead, Message, Outcome, State, Tick, slash};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::{self, Difference};
use super::contract::{Contract, FOUNDER, Failure, ORIGIN, Told};
use super::moves::{Fault, Letter, Move};

/// Height of the genesis in all games.
pub const START: u64 = 1_000;

/// Moves between two comparisons of everything, and walks of the contract over itself.
const DUMP_EVERY: u64 = 37;

/// What a game is made of: moves alone; the first one is the genesis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// What it shows, and which rule decides.
    #[serde(default)]
    pub says: String,
    /// The moves in their order.
    pub moves: Vec<Move>,
}

/// Why a game stopped.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The courts differ.
    #[error(transparent)]
    Different(#[from] Difference),
    /// The contract broke.
    #[error("the contract gives {0}")]
    Contract(#[from] Failure),
    /// The model breaks an invariant of section 9.
    #[error("the model breaks an invariant: {0}")]
    Model(#[from] Broken),
}

/// The two courts and what surrounds them.
#[derive(Debug)]
pub struct Game {
    /// The court of the law.
    pub model: State,
    contract: Contract,
    /// The block at hand.
    pub height: u64,
    /// Heads of the derived logs.
    pub logs: BTreeMap<String, LogHead>,
    wanted: Vec<String>,
    played: u64,
    /// How many messages ended with which code, the empty one for those that were applied.
    pub codes: BTreeMap<String, u64>,
}

impl Game {
    /// Both courts after their spawn.
    ///
    /// # Errors
    /// Where the contract does not load.
    pub fn begin(text: &str) -> Result<Self, Trouble> {
        Ok(Self {
            model: State::new(ORIGIN, FOUNDER),
            contract: Contract::spawn(text, START)?,
            height: START,
            logs: BTreeMap::new(),
            wanted: Vec::new(),
            played: 0,
            codes: BTreeMap::new(),
        })
    }

    /// Plays a script on new courts.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn replay(text: &str, script: &Script) -> Result<(), Trouble> {
        let mut game = Self::begin(text)?;
        for one in &script.moves {
            game.play(one)?;
        }
        game.finish()
    }

    /// Plays one move on both.
    ///
    /// # Errors
    /// What went wrong.
    pub fn play(&mut self, one: &Move) -> Result<(), Trouble> {
        self.played += 1;
        match one {
            Move::Item(letter) => self.item(letter)?,
            Move::Block { queued, headless } => self.block(*queued, *headless)?,
            Move::Head {
                process,
                epoch,
                slot,
                ago,
            } => self.head(process, *epoch, *slot, *ago),
            Move::Fault(fault) => self.fault(fault)?,
        }
        if let Some(court) = self.model.court() {
            invariants::check(court)?;
        }
        match self.played % DUMP_EVERY {
            0 => self.finish(),
            _ => Ok(()),
        }
    }

    /// Compares everything.
    ///
    /// # Errors
    /// What differs.
    pub fn finish(&mut self) -> Result<(), Trouble> {
        if self.model.court().is_some() {
            compare::everything(&self.model, &mut self.contract, self.height)?;
            self.contract.check(self.height)?;
        }
        Ok(())
    }

    fn item(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let letter = Letter {
            ago: letter.ago.min(self.height - START),
            ..letter.clone()
        };
        let mut item = letter.item(format!("message-{:035}", self.played), self.height);
        item.logs = self.named(&item);
        let model = self.model.step(&Message::Item(item.clone()));
        let told = self.contract.item(&item)?;
        let what = item.tag("Action").unwrap_or("nothing").to_owned();
        self.settle(&what, &model, &told)
    }

    /// The heads that a message is given: of what it names, where there is or was a lease (2.8).
    fn named(&self, item: &Item) -> BTreeMap<String, LogHead> {
        let names = item.names().unwrap_or_default();
        self.heads(names.into_iter())
    }

    fn heads<'a>(&self, names: impl Iterator<Item = &'a str>) -> BTreeMap<String, LogHead> {
        let court = self.model.court();
        let hosted = |name: &str| {
            let row = court.and_then(|court| court.hosting(name));
            row.is_some_and(|row| row.was_hosted)
        };
        let known = names.filter(|name| hosted(name));
        known
            .filter_map(|name| Some((name.to_owned(), self.logs.get(name)?.clone())))
            .collect()
    }

    fn block(&mut self, queued: Option<u64>, headless: bool) -> Result<(), Trouble> {
        self.height += 1;
        let oldest = |ago: u64| self.height - ago.clamp(1, self.height - START);
        let wanted = self.wanted.iter().map(String::as_str);
        let tick = Tick {
            height: self.height,
            queued: queued.map(oldest),
            logs: match headless {
                true => BTreeMap::new(),
                false => self.heads(wanted),
            },
        };
        let model = self.model.step(&Message::Tick(tick.clone()));
        let told = self.contract.tick(&tick)?;
        self.settle("a Tick", &model, &told)
    }

    fn settle(&mut self, what: &str, model: &Outcome, told: &Told) -> Result<(), Trouble> {
        let code = model.verdict.code.clone().unwrap_or_default();
        *self.codes.entry(code).or_insert(0) += 1;
        compare::outcome(what, model, told)?;
        if !model.verdict.unfunded {
            self.wanted.clone_from(&model.verdict.want);
        }
        Ok(())
    }

    fn head(&mut self, process: &str, epoch: u64, slot: u64, ago: Option<u64>) {
        let mined = ago.map(|ago| self.height - ago.min(self.height - START));
        let head = LogHead {
            epoch,
            slot,
            chain: chain(slot),
            mined,
        };
        self.logs.insert(process.to_owned(), head);
    }

    fn fault(&mut self, fault: &Fault) -> Result<(), Trouble> {
        let Some(court) = self.model.court_mut() else {
            return Ok(());
        };
        let (Fault::Slash { operator, .. }
        | Fault::Jail { operator, .. }
        | Fault::Tombstone { operator }) = fault;
        if court.stake(operator).is_none() {
            return Ok(());
        }
        let mut taken = Value::Null;
        match fault {
            Fault::Slash { process, sum, .. } => {
                let lease = process.as_ref().and_then(|id| court.hosting(id)?.lease);
                let sum = sum.parse().unwrap_or(0);
                let sum = slash::slash(court, operator, lease, sum);
                taken = sum.to_string().into();
            }
            Fault::Jail { blocks, .. } => slash::jail(court, operator, self.height + blocks),
            Fault::Tombstone { .. } => slash::tombstone(court, operator),
        }
        let told = self.contract.fault(fault, self.height)?;
        match told == taken {
            true => Ok(()),
            false => Err(Difference {
                what: format!("what a fault took: {fault:?}"),
                model: taken.to_string(),
                contract: told.to_string(),
            }
            .into()),
        }
    }
}

/// The log chain at a slot, in all games.
#[must_use]
pub fn chain(slot: u64) -> String {
    format!("chain-{slot:037}")
}
