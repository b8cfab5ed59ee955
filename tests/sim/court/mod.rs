//! The court of a world: the law's house and docket ([`crate::origin::joint`]) over the blocks of the world's own base layer and the
//! logs that a reader derives from them. It stands after each of the last blocks, so that a fork takes it back.
//!
//! Deliberately simple: what stands in an inbox is a letter in the court's own words. Bytes, signatures and enclosures of the inbox
//! are the affair of `aosec-challenge`'s tests.

pub(super) mod founding;

use std::collections::{BTreeMap, VecDeque};

use aosec_challenge::derive::{BlockRef, Entry};
use aosec_challenge::docket::{Case, Kind, State};
use aosec_wire::Id;

use super::base_layer::{BaseLayer, Block};
use super::carried::Carried;
use super::cast::Cast;
use super::reader::Reader;
use super::scene::Scene;
use crate::harness::seed::Seed;
use crate::origin::game::{Game, Trouble};
use crate::origin::moves::{Letter, Move};

/// One block in so many is jammed: its items wait for the next one.
const JAMMED_ONE_IN: u8 = 16;
/// Blocks of the model's `late_after`.
const LATE_AFTER: u64 = 2;

/// The court after each of the last blocks; the first point is settled.
#[derive(Debug)]
pub(super) struct Court {
    points: VecDeque<Point>,
    depth: usize,
    /// By how much the court's heights are ahead of the world's.
    ahead: u64,
}

/// The court after a block.
#[derive(Debug)]
struct Point {
    block: BlockRef,
    game: Game,
    /// Items that wait, with their mined heights.
    queue: Vec<(Letter, u64)>,
    jammed: bool,
}

/// What a look at new blocks came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sat {
    pub(super) blocks: u64,
    /// Blocks were replaced, or the newest one was jammed.
    pub(super) disturbed: bool,
}

impl Court {
    /// A court that begins behind the first block.
    pub(super) fn begin(
        scene: &Scene,
        cast: &Cast,
        base_layer: &BaseLayer,
        dice: &mut Seed,
    ) -> Result<Self, Trouble> {
        let game = founding::court(scene, cast, dice)?;
        let block = base_layer.blocks()[0].law.as_ref();
        Ok(Self {
            ahead: game.height - block.height,
            points: VecDeque::from([Point {
                block,
                game,
                queue: Vec::new(),
                jammed: false,
            }]),
            depth: usize::try_from(scene.settlement_depth).unwrap_or(usize::MAX),
        })
    }

    /// Whether both say the same of everything.
    pub(super) fn says_what(&self, other: &Self) -> bool {
        let said = |court: &Self| court.tip().map(|game| format!("{:?}", game.model));
        said(self) == said(other)
    }

    /// Sits over all blocks up to the tip. None where a fork was deeper than anything settled.
    pub(super) fn follow(
        &mut self,
        base_layer: &BaseLayer,
        reader: &Reader,
    ) -> Result<Option<Sat>, Trouble> {
        let mut sat = Sat::default();
        let stands = |point: &Point| {
            base_layer
                .block(point.block.height)
                .map(|block| block.as_ref())
                == Some(point.block)
        };
        while self.points.back().is_some_and(|point| !stands(point)) {
            self.points.pop_back();
            sat.disturbed = true;
        }
        let Some(mut last) = self.points.back() else {
            return Ok(None);
        };
        let first = usize::try_from(last.block.height + 1).unwrap_or(usize::MAX);
        for block in base_layer.blocks().iter().skip(first) {
            let next = last.next(block, reader, self.ahead)?;
            sat.blocks += 1;
            sat.disturbed |= next.jammed;
            self.points.push_back(next);
            while self.points.len() > self.depth + 1 {
                self.points.pop_front();
            }
            last = self.points.back().expect("it was just put there");
        }
        Ok(Some(sat))
    }

    /// The newest game that somebody sees who knows blocks up to this height.
    pub(super) fn at(&self, height: u64) -> Option<(BlockRef, &Game)> {
        let mut newest_first = self.points.iter().rev();
        let point = newest_first.find(|point| point.block.height <= height)?;
        Some((point.block, &point.game))
    }

    pub(super) fn tip(&self) -> Option<&Game> {
        self.points.back().map(|point| &point.game)
    }

    /// What is not over yet: cases, slashes, items that wait.
    pub(super) fn unfinished(&self) -> Option<String> {
        let point = self.points.back()?;
        let docket = point.game.model.docket();
        let mut open = docket
            .cases()
            .iter()
            .filter(|case| case.written().is_unfinished());
        if let Some(case) = open.next() {
            return Some(format!("L2: case {} is not decided", case.number));
        }
        let waits = docket.pendings().iter().any(|slash| slash.waits());
        (waits || !point.queue.is_empty())
            .then(|| "20: the court has not done all that is due".to_owned())
    }
}

/// The liveness cases of a court that wait for a host.
pub(super) fn open(game: &Game) -> impl Iterator<Item = &Case> {
    let cases = game.model.docket().cases().iter();
    cases.filter(|case| case.kind == Kind::Liveness && case.written() == State::Open)
}

impl Point {
    /// The court after one more block: its records, its Tick, the queue, its items (2.8).
    fn next(&self, block: &Block, reader: &Reader, ahead: u64) -> Result<Self, Trouble> {
        let mut game = self.game.fork().expect("the model plays alone");
        let height = block.law.height;
        for (process, log) in reader.logs() {
            extend(&mut game, *process, log, height, ahead);
        }
        let mut queue = self.queue.clone();
        let oldest = queue.first().map(|(_, mined)| height + ahead - mined);
        game.play(&founding::block(oldest))?;
        let letters = block
            .transactions
            .iter()
            .filter_map(|one| match &one.carried {
                Carried::Inbox(letter) => Some((letter.clone(), height + ahead)),
                _ => None,
            });
        queue.extend(letters);
        let jammed = block.law.id[0] % JAMMED_ONE_IN == 0;
        if !jammed {
            for (mut letter, mined) in std::mem::take(&mut queue) {
                letter.ago = game.height - mined;
                game.play(&Move::Item(letter))?;
            }
        }
        Ok(Self {
            block: block.law.as_ref(),
            game,
            queue,
            jammed,
        })
    }
}

/// What this block has brought to a log, unless its lease has ended: what a host writes behind that is void.
fn extend(game: &mut Game, process: Id, log: &[Entry], height: u64, ahead: u64) {
    let new: Vec<&Entry> = log.iter().filter(|entry| entry.mined == height).collect();
    let name = process.to_string();
    let row = game.model.court().and_then(|court| court.hosting(&name));
    let (Some(first), Some(_)) = (new.first(), row.and_then(|row| row.operator)) else {
        return;
    };
    let scroll = game.logs.entry(name).or_default();
    let before = scroll.head.mined.unwrap_or(0);
    let late = (height + ahead).saturating_sub(before.max(first.height + ahead + LATE_AFTER));
    let messages: Vec<String> = new.iter().map(|entry| entry.message.to_string()).collect();
    scroll.publish(&messages, height + ahead, late, false);
}

/// How long each case has left its host in peace, without a break: for whoever asks whether a slash was just.
#[derive(Debug, Default)]
pub(super) struct Peace(BTreeMap<(u64, String), (State, u64, u64)>);

impl Peace {
    /// One more block of a case: whether nothing was wrong with its host.
    pub(super) fn note(&mut self, case: &Case, state: State, blocks: u64, well: bool) {
        let key = (case.number, case.message.clone());
        let now = self.0.entry(key).or_insert((state, 0, 0));
        if now.0 != state {
            *now = (state, 0, 0);
        }
        now.1 = if well { now.1 + blocks } else { 0 };
        now.2 = now.2.max(now.1);
    }

    /// The longest peace in the state in which it was noted last.
    pub(super) fn longest(&self, case: &Case) -> u64 {
        let key = (case.number, case.message.clone());
        self.0.get(&key).map_or(0, |(_, _, longest)| *longest)
    }
}
