//! Draws moves: mostly what could be right as the court stands, with sums at their edges, and in every eighth item one thing wrong.

mod authorities;
mod cases;
pub(crate) mod cast;
mod costs;
mod evidence;
mod founding;
mod hosting;
mod keys;
mod money;
mod plots;
mod reports;
mod spoil;
mod stakes;

use std::collections::VecDeque;

use super::game::Game;
use super::moves::{Fault, Letter, Move};
use crate::harness::seed::Seed;
use founding::Founding;

/// Letters that may come a second time.
const REMEMBERED: usize = 24;

/// The source of one game's moves.
#[derive(Debug)]
pub struct Drawer {
    seed: Seed,
    founding: Founding,
    letters: Vec<Letter>,
    /// What comes next, before anything else is drawn.
    planned: VecDeque<Move>,
    /// Whether the game begins with bonds and leases.
    eager: bool,
}

impl Drawer {
    /// The drawer of a game.
    #[must_use]
    pub fn new(number: u64) -> Self {
        let mut seed = Seed::new(number);
        let founding = founding::draw(&mut seed);
        Self {
            seed,
            founding,
            letters: Vec::new(),
            planned: VecDeque::new(),
            eager: false,
        }
    }

    /// The next move of the game as it stands; the first one is the genesis.
    pub fn next(&mut self, game: &Game, number: u64) -> Move {
        if number == 0 {
            return Move::Item(self.founding.letter.clone());
        }
        if let Some(planned) = self.planned.pop_front() {
            return planned;
        }
        if let Some(early) = self.early(game, number) {
            return early;
        }
        match self.below(400) {
            0 => self.crowd(game),
            1 | 2 => self.many(game),
            3..=12 => self.plot(game),
            13..=15 => self.short_purse(game),
            _ => {}
        }
        match self.below(100) {
            0..=21 => self.at_the_last(game).unwrap_or_else(|| self.block()),
            22..=27 => self.head(game),
            28..=35 => self.publish(game),
            36 => self.fault(game),
            _ => Move::Item(self.letter(game)),
        }
    }

    /// Three games of four begin with operators that bond and then host, so that there is something to quarrel about.
    fn early(&mut self, game: &Game, number: u64) -> Option<Move> {
        if number == 1 {
            self.eager = self.below(4) > 0;
        }
        let letter = match number {
            _ if !self.eager => return None,
            1..=14 => self.bond(game),
            15..=18 => return Some(self.block()),
            19..=40 => self.host(game),
            41..=54 => self.fund(game),
            _ => return None,
        };
        Some(Move::Item(letter))
    }

    /// The drawer of a game whose genesis has one thing wrong, or just at its bound.
    #[must_use]
    pub fn spoiled(number: u64) -> Self {
        let mut drawer = Self::new(number);
        drawer.founding.spoil(&mut drawer.seed);
        drawer
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.seed.below(bound)
    }

    fn block(&mut self) -> Move {
        let jam = self.below(25) == 0;
        Move::Block {
            queued: jam.then(|| 1 + self.below(6)),
            headless: self.below(20) == 0,
            placeless: self.below(25) == 0,
        }
    }

    fn head(&mut self, game: &Game) -> Move {
        let process = cast::process(self.below(cast::PROCESSES));
        let process = match self.below(3) {
            0 => process,
            _ => self.hosted(game),
        };
        let before = game.logs.get(&process).map_or(0, |log| log.head.slot);
        let recorded = self.below(10) > 0;
        let ago = match self.below(3) {
            0 => self.below(12),
            _ => 0,
        };
        Move::Head {
            process,
            epoch: u64::from(self.below(40) == 0),
            slot: before + self.below(3),
            ago: recorded.then_some(ago),
        }
    }

    fn fault(&mut self, game: &Game) -> Move {
        let number = self.below(cast::OPERATORS);
        let operator = cast::operator(number);
        Move::Fault(match self.below(20) {
            0 if self.below(4) == 0 => Fault::Tombstone { operator },
            _ => {
                let court = game.model.court();
                let stake = court.and_then(|court| court.stake(&operator));
                let (bond, live, pool) = stake.map_or((0, 0, 0), |s| (s.bond, s.live, s.pool));
                let process = cast::process(self.below(cast::PROCESSES));
                let large = [bond / 50, live / 5, bond - live, bond, bond + pool];
                let small = [bond / 50, bond / 200];
                let sums: &[u128] = if self.below(2) == 0 { &large } else { &small };
                Fault::Slash {
                    operator,
                    process: (self.below(3) > 0).then_some(process),
                    sum: self.sum(sums).to_string(),
                }
            }
        })
    }

    fn letter(&mut self, game: &Game) -> Letter {
        if self.below(30) == 0 && !self.letters.is_empty() {
            let at = spoil::index(&mut self.seed, self.letters.len());
            return self.letters[at].clone();
        }
        let mut letter = self.good(game);
        if self.below(8) == 0 {
            letter.ago = self.below(4);
        }
        if self.below(8) == 0 {
            spoil::letter(&mut self.seed, &mut letter);
        }
        if self.below(10) == 0 {
            let marks = [
                ("X-Reference", "r"),
                ("Reference", "5"),
                ("X-Origin", "o"),
                ("X-Note", "n"),
            ];
            let mark = marks[spoil::index(&mut self.seed, marks.len())];
            letter.tags.extend(cast::tags(&[mark]));
        }
        self.letters.push(letter.clone());
        if self.letters.len() > REMEMBERED {
            self.letters.remove(0);
        }
        letter
    }

    fn good(&mut self, game: &Game) -> Letter {
        if self.below(100) < 38 {
            return self.case(game);
        }
        match self.below(118) {
            110..=114 => self.authorize(game),
            115..=117 => self.revoke(game),
            100..=102 => self.role(),
            103..=105 => self.rotate(game),
            106..=109 => self.strange_beat(game),
            0..=9 => self.transfer(game),
            10..=20 => self.bond(game),
            21..=29 => self.update(game),
            30..=37 => self.unbond(game),
            38..=44 => self.withdraw(),
            45..=60 => self.host(game),
            61..=65 => self.register(),
            66..=69 => self.leave(game),
            70..=79 => self.fund(game),
            80..=84 => self.settle(),
            85..=93 => self.heartbeat(game),
            _ => self.question(),
        }
    }

    /// A sum at the edge of one of these, or a small one.
    fn sum(&mut self, edges: &[u128]) -> u128 {
        let edge = edges[spoil::index(&mut self.seed, edges.len())];
        match self.below(8) {
            0..=3 => edge,
            4 => edge + 1,
            5 => edge.saturating_sub(1),
            6 => u128::from(self.below(3)),
            _ => edge / 3,
        }
    }
}
