//! One game: both courts from their genesis on, move by move, until they differ or the moves end.

use std::collections::BTreeMap;

use aosec_market::{Message, Outcome, Tick, slash};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compare::{self, Difference};
use super::contract::{Contract, FOUNDER, Failure, ORIGIN, Told};
use super::joint::Model;
use super::joint::invariants::{Broken, Ends};
use super::moves::{Fault, Letter, Move};
use super::scroll::{self, Scrolls};

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
    pub model: Model,
    ends: Ends,
    contract: Option<Contract>,
    /// The block at hand.
    pub height: u64,
    /// The derived logs.
    pub logs: Scrolls,
    wanted: Vec<String>,
    sought: Vec<(String, String)>,
    played: u64,
    /// How many messages ended with which code; of those that were applied, how many with which action.
    pub codes: BTreeMap<String, u64>,
    /// Why the last message was refused; nothing where it was applied.
    pub refused: Option<String>,
}

impl Game {
    /// Both courts after their spawn; the model alone where the contract's text is empty.
    ///
    /// # Errors
    /// Where the contract does not load.
    pub fn begin(text: &str) -> Result<Self, Trouble> {
        let contract = (!text.is_empty()).then(|| Contract::spawn(text, START));
        Ok(Self::around(contract.transpose()?))
    }

    fn around(contract: Option<Contract>) -> Self {
        Self {
            model: Model::new(ORIGIN, FOUNDER),
            ends: Ends::default(),
            contract,
            height: START,
            logs: Scrolls::new(),
            wanted: Vec::new(),
            sought: Vec::new(),
            played: 0,
            codes: BTreeMap::new(),
            refused: None,
        }
    }

    /// The game as it stands, to go on from there in another way; none where the contract plays too: its machine is one.
    #[must_use]
    pub fn fork(&self) -> Option<Self> {
        self.contract.is_none().then(|| Self {
            model: self.model.clone(),
            ends: self.ends.clone(),
            contract: None,
            height: self.height,
            logs: self.logs.clone(),
            wanted: self.wanted.clone(),
            sought: self.sought.clone(),
            played: self.played,
            codes: self.codes.clone(),
            refused: self.refused.clone(),
        })
    }

    /// Plays a script on new courts, and gives every message that the contract ran on the way, with its result.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn recorded(text: &str, script: &Script) -> Result<Vec<Value>, Trouble> {
        let mut game = Self::around(Some(Contract::remembering(text, START)?));
        for one in &script.moves {
            game.play(one)?;
        }
        game.finish()?;
        let contract = game.contract.iter();
        Ok(contract.flat_map(Contract::runs).cloned().collect())
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
            Move::Block {
                queued,
                headless,
                placeless,
            } => self.block(*queued, *headless, *placeless)?,
            Move::Head {
                process,
                epoch,
                slot,
                ago,
            } => self.head(process, *epoch, *slot, *ago),
            Move::Publish {
                process,
                messages,
                ago,
                late,
                is_virtual,
            } => {
                let mined = self.height - (*ago).min(self.height - START);
                let scroll = self.logs.entry(process.clone()).or_default();
                scroll.publish(messages, mined, *late, *is_virtual);
            }
            Move::Fault(fault) => self.fault(fault)?,
        }
        self.ends.check(&mut self.model)?;
        match self.played % DUMP_EVERY {
            0 => self.finish(),
            _ => Ok(()),
        }
    }

    /// The contract, where it plays along: for questions to it.
    pub fn contract(&mut self) -> Option<&mut Contract> {
        self.contract.as_mut()
    }

    /// Compares everything.
    ///
    /// # Errors
    /// What differs.
    pub fn finish(&mut self) -> Result<(), Trouble> {
        if let (Some(_), Some(contract)) = (self.model.court(), &mut self.contract) {
            compare::everything(&self.model, contract, self.height)?;
            contract.check(self.height)?;
        }
        Ok(())
    }

    /// How often what happened: codes, actions that were applied, how cases and slashes ended.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<String, u64> {
        let mut tally = self.codes.clone();
        let cases = self.model.docket().cases().iter();
        let cases = cases.map(|case| {
            let (kind, state) = (case.kind.shown(), case.written().shown());
            let crowd = if case.challengers.len() > 1 {
                ", joined"
            } else {
                ""
            };
            format!("case: {kind} {state}{crowd}")
        });
        let slashes = self.model.docket().pendings().iter();
        let slashes = slashes.map(|slash| format!("slash: {}", slash.shown()));
        for what in cases.chain(slashes) {
            *tally.entry(what).or_insert(0) += 1;
        }
        tally
    }

    fn item(&mut self, letter: &Letter) -> Result<(), Trouble> {
        let letter = Letter {
            ago: letter.ago.min(self.height - START),
            ..letter.clone()
        };
        let mut item = letter.item(format!("message-{:035}", self.played), self.height);
        let court = self.model.court();
        scroll::inform(&self.logs, &mut item, |name| {
            let row = court.and_then(|court| court.hosting(name));
            row.is_some_and(|row| row.was_hosted)
        });
        let model = self.model.step(&Message::Item(item.clone()));
        let told = self.contract.as_mut().map(|contract| contract.item(&item));
        let what = item.tag("Action").unwrap_or("nothing").to_owned();
        self.settle(&what, &model, told.transpose()?.as_ref())
    }

    fn block(
        &mut self,
        queued: Option<u64>,
        headless: bool,
        placeless: bool,
    ) -> Result<(), Trouble> {
        self.height += 1;
        let oldest = |ago: u64| self.height - ago.clamp(1, self.height - START);
        let sought = if placeless {
            &[]
        } else {
            self.sought.as_slice()
        };
        let tick = Tick {
            height: self.height,
            queued: queued.map(oldest),
            logs: match headless {
                true => BTreeMap::new(),
                false => scroll::wanted(&self.logs, &self.wanted, sought),
            },
        };
        let model = self.model.step(&Message::Tick(tick.clone()));
        let told = self.contract.as_mut().map(|contract| contract.tick(&tick));
        self.settle("a Tick", &model, told.transpose()?.as_ref())
    }

    fn settle(&mut self, what: &str, model: &Outcome, told: Option<&Told>) -> Result<(), Trouble> {
        self.refused.clone_from(&model.verdict.code);
        let code = self.refused.clone();
        let code = code.unwrap_or_else(|| format!("applied: {what}"));
        *self.codes.entry(code).or_insert(0) += 1;
        if let Some(told) = told {
            compare::outcome(what, model, told)?;
        }
        if !model.verdict.unfunded {
            self.wanted.clone_from(&model.verdict.want);
            self.sought.clone_from(&model.verdict.sought);
        }
        Ok(())
    }

    fn head(&mut self, process: &str, epoch: u64, slot: u64, ago: Option<u64>) {
        let mined = ago.map(|ago| self.height - ago.min(self.height - START));
        let scroll = self.logs.entry(process.to_owned()).or_default();
        scroll.set(process, epoch, slot, mined, self.height);
    }

    fn fault(&mut self, fault: &Fault) -> Result<(), Trouble> {
        let Some(court) = self.model.court_mut() else {
            return Ok(());
        };
        let (Fault::Slash { operator, .. } | Fault::Tombstone { operator }) = fault;
        if court.stake(operator).is_none() {
            return Ok(());
        }
        let mut taken = Value::Null;
        match fault {
            Fault::Slash { process, sum, .. } => {
                let lease = process.as_ref().and_then(|id| court.hosting(id)?.lease);
                let sum = sum.parse().unwrap_or(0);
                taken = self.model.impose(operator, lease, sum).to_string().into();
            }
            Fault::Tombstone { .. } => slash::tombstone(court, operator),
        }
        let Some(contract) = &mut self.contract else {
            return Ok(());
        };
        let told = contract.fault(fault, self.height)?;
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
