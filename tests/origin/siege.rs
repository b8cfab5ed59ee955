//! An honest host among attackers, for as many blocks as one likes: games of the model in which all others do what they want, and the
//! chain goes back now and then as far as it may (PROTOCOL 9, 19 and 20).
//!
//! The host assigns what it is asked for and publishes it with the next block, and gives what a data case asks for. Nobody else has
//! its keys: whatever would need them is not played. It may never be slashed; and once everybody is quiet, no case and no slash may be
//! left. Every so many games run on the contract as well, without forks.

use std::collections::VecDeque;

use aosec_challenge::docket::{Case, Kind, State};

use super::contract;
use super::draw::{Drawer, cast};
use super::game::Game;
use super::moves::{Enclosed, Fault, Letter, Move};
use crate::harness::seed::Seed;

/// Moves of one game.
const MOVES: u64 = 3_000;
/// One game of so many runs on the contract too.
const WITH_CONTRACT: u64 = 64;
/// One block of so many is the last before a fork.
const FORKS: u64 = 12;
/// Blocks after which everything that was begun must be over: the longest window, publication, held stake and slash delay together.
const QUIET: u64 = 90;

/// Who is besieged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// It does what a host must.
    Honest,
    /// Planted: it leaves out what data cases ask for, once in a while.
    Careless,
}

/// What some games came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withstood {
    /// Games.
    pub games: u64,
    /// Blocks, also those that forks took back.
    pub blocks: u64,
    /// Forks.
    pub forks: u64,
    /// Cases against the honest host.
    pub cases: u64,
    /// Slashes of others.
    pub slashes: u64,
}

/// Plays games `from ..` until so many blocks are played.
///
/// # Errors
/// The game's number and what must never be.
pub fn withstand(from: u64, blocks: u64, host: Host) -> Result<Withstood, String> {
    let mut all = Withstood::default();
    let mut seed = from;
    while all.blocks < blocks {
        let one = Siege::begin(seed, host).and_then(Siege::play);
        let one = one.map_err(|what| format!("game {seed}: {what}"))?;
        all.games += 1;
        all.blocks += one.blocks;
        all.forks += one.forks;
        all.cases += one.cases;
        all.slashes += one.slashes;
        seed += 1;
    }
    Ok(all)
}

struct Siege {
    game: Game,
    host: Host,
    drawer: Drawer,
    chance: Seed,
    /// The game as it was before each of the last blocks.
    past: VecDeque<Game>,
    depth: usize,
    seen: Withstood,
}

fn operator() -> String {
    cast::operator(0)
}

impl Siege {
    fn begin(seed: u64, host: Host) -> Result<Self, String> {
        let with_contract = seed % WITH_CONTRACT == 0;
        let text = match with_contract {
            true => contract::text(|_, text| text.to_owned()),
            false => String::new(),
        };
        let game = Game::begin(&text).map_err(|error| error.to_string())?;
        Ok(Self {
            game,
            host,
            drawer: Drawer::new(seed),
            chance: Seed::new(!seed),
            past: VecDeque::new(),
            depth: 0,
            seen: Withstood::default(),
        })
    }

    fn play(mut self) -> Result<Withstood, String> {
        for number in 0..MOVES {
            let one = self.drawer.next(&self.game, number);
            if number == 1 {
                self.settle_in()?;
            }
            match one {
                Move::Block { .. } => self.block(&one)?,
                one if !needs_the_host(&one) => self.take(&one)?,
                _ => {}
            }
        }
        for _ in 0..QUIET {
            self.quiet_block()?;
        }
        let docket = self.game.model.docket();
        self.seen.slashes = u64::try_from(docket.pendings().len()).unwrap_or(0);
        let left = docket.cases().iter();
        let left = left.filter(|case| case.written().is_unfinished());
        let (left, waiting) = (
            left.count(),
            docket.pendings().iter().filter(|one| one.waits()),
        );
        match (left, waiting.count()) {
            (0, 0) => Ok(self.seen),
            (cases, slashes) => Err(format!("{cases} cases and {slashes} slashes are left")),
        }
    }

    fn take(&mut self, one: &Move) -> Result<(), String> {
        self.game.play(one).map_err(|error| error.to_string())?;
        let pendings = self.game.model.docket().pendings();
        match pendings.iter().any(|slash| slash.operator == operator()) {
            true => Err(self.slashed(one)),
            false => Ok(()),
        }
    }

    /// For what the host was slashed, in words.
    fn slashed(&self, by: &Move) -> String {
        let cases = self.game.model.docket().cases().iter();
        let own = cases.filter(|case| case.operator == operator());
        let lost: Vec<&Case> = own
            .filter(|case| case.written() == State::Expired)
            .collect();
        let court = self.game.model.court();
        let payer = court.map(|court| court.ledger().free(&cast::purse()));
        format!(
            "the honest host is slashed by {by:?} at {}: {lost:?}; who answers has {payer:?}",
            self.game.height
        )
    }

    /// The host bonds, waits, and hosts two processes, before anybody else does anything.
    fn settle_in(&mut self) -> Result<(), String> {
        self.depth = self.drawer.depth();
        for letter in self.drawer.honest_bond() {
            self.take(&Move::Item(letter))?;
        }
        for _ in 0..5 {
            self.quiet_block()?;
        }
        for number in 0..2 {
            let letter = self.drawer.honest_host(number);
            self.take(&Move::Item(letter))?;
        }
        Ok(())
    }

    fn quiet_block(&mut self) -> Result<(), String> {
        let block = Move::Block {
            queued: None,
            headless: false,
            placeless: false,
        };
        self.seen.blocks += 1;
        self.defend()?;
        self.take(&block)
    }

    fn block(&mut self, block: &Move) -> Result<(), String> {
        self.seen.blocks += 1;
        if let Some(before) = self.game.fork() {
            self.past.push_back(before);
            while self.past.len() > self.depth {
                self.past.pop_front();
            }
        }
        if self.chance.below(FORKS) == 0 && !self.past.is_empty() {
            let back = self
                .chance
                .below(u64::try_from(self.past.len()).unwrap_or(1));
            let keep = usize::try_from(back).unwrap_or(0);
            self.past.truncate(keep + 1);
            if let Some(before) = self.past.pop_back() {
                self.game = before;
                self.seen.forks += 1;
            }
        }
        self.defend()?;
        self.take(block)
    }

    /// The host publishes what it is asked for, with the next block, and gives the messages that data cases ask for.
    fn defend(&mut self) -> Result<(), String> {
        let cases = self.game.model.docket().cases().iter();
        let own =
            cases.filter(|case| case.operator == operator() && case.written().is_unfinished());
        let own: Vec<Case> = own.cloned().collect();
        for case in own {
            self.seen.cases += u64::from(case.opened == self.game.height);
            match case.kind {
                Kind::Liveness => self.take(&published(&case))?,
                Kind::Data if self.host == Host::Careless && case.number % 2 == 0 => {}
                Kind::Data => self.take(&given(&case))?,
                Kind::Publication => return Err(format!("a receipt of nobody's: {case:?}")),
            }
        }
        Ok(())
    }
}

/// What only the host's own keys could do, and what only its own log could hold.
fn needs_the_host(one: &Move) -> bool {
    let own = |process: &String| *process == cast::process(0) || *process == cast::process(1);
    match one {
        Move::Item(letter) => {
            let hands = [cast::owner(0), operator()];
            let keys: Vec<String> = (0..cast::KEYS).map(|key| cast::hot(0, key)).collect();
            let items = letter.items.iter().flatten();
            let signed = items.clone().any(|item| {
                let signer = item.signed.as_ref().map(|signed| &signed.signer);
                keys.contains(&item.from) || signer.is_some_and(|signer| keys.contains(signer))
            });
            hands.contains(&letter.from)
                || signed
                || items.clone().any(|item| hands.contains(&item.from))
        }
        Move::Head { process, .. } | Move::Publish { process, .. } => own(process),
        Move::Fault(Fault::Slash { operator: who, .. } | Fault::Tombstone { operator: who }) => {
            *who == operator()
        }
        Move::Block { .. } => false,
    }
}

fn published(case: &Case) -> Move {
    Move::Publish {
        process: case.process.clone(),
        messages: vec![case.message.clone()],
        ago: 0,
        late: 0,
        is_virtual: false,
    }
}

/// The message that a data case asks for, enclosed by somebody who can pay the fee.
fn given(case: &Case) -> Move {
    let item = Enclosed {
        id: case.message.clone(),
        from: cast::user(0),
        tags: cast::tags(&[("Type", "Message"), ("Data-Protocol", "ao")]),
        target: case.process.clone(),
        size: 100,
        signed: None,
    };
    let tags = [
        ("Action", "Answer-Data"),
        ("Process", case.process.as_str()),
    ];
    Move::Item(Letter {
        from: cast::purse(),
        tags: cast::tags(&tags),
        items: Some(vec![item]),
        ..Letter::default()
    })
}
