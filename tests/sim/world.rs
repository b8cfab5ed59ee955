//! A world: machines, clients and a base layer under one clock, all driven by one number.
//!
//! One thread, one queue of events in the order of their moments. After every event the [`super::oracle`] has seen what was
//! signed, answered and settled; the first thing that must never be ends the play.

use std::{cmp::Reverse, collections::BTreeMap, collections::BinaryHeap, hash::Hash, sync::Arc};

use aosec_wire::Id;

use super::{
    Failure,
    base_layer::{BaseLayer, Transaction},
    cast::{Cast, cast},
    court::{Court, Peace},
    event::{Event, Step},
    incident::Incident,
    letters::{Letter, letters},
    machine::Machine,
    oracle::Oracle,
    plant::Plant,
    reader::Reader,
    scene::Scene,
    trace::Trace,
};
use crate::harness::seed::Seed;

/// When every world begins, in milliseconds since 1970.
const BEGINNING_MS: u64 = 1_700_000_000_000;
/// Blocks after the healing within which everything must be at rest.
const REST_BLOCKS: u64 = 250;
/// The second reader looks at one block in so many.
const READS_ONE_IN: u64 = 5;
/// Events of one world: some hundred times what the busiest has. A world that needs more runs in a circle.
const EVENTS_MAX: u64 = 400_000;

pub(super) struct World {
    /// The true time.
    pub(super) now_ms: u64,
    pub(super) dice: Seed,
    pub(super) scene: Scene,
    pub(super) cast: &'static Cast,
    pub(super) plant: Option<Plant>,
    pub(super) machines: Vec<Machine>,
    pub(super) letters: Vec<Letter>,
    pub(super) base_layer: BaseLayer,
    /// Every transaction that was ever posted.
    pub(super) posted: BTreeMap<Id, Arc<Transaction>>,
    pub(super) transactions: u64,
    pub(super) oracle: Oracle,
    /// One who reads every block, and one who comes by now and then.
    pub(super) readers: [Reader; 2],
    /// Some worlds have a court.
    pub(super) court: Option<Court>,
    pub(super) peace: Peace,
    pub(super) seed: u64,
    pub(super) trace: Trace,
    pub(super) healed: bool,
    failure: Option<Failure>,
    queue: BinaryHeap<Reverse<Due>>,
    number: u64,
    rest_height: u64,
}

/// An event and its moment; equal moments keep the order in which they were asked for.
struct Due(u64, u64, Event);

impl World {
    pub(super) fn new(seed: u64, plant: Option<Plant>, in_words: bool) -> Self {
        let mut dice = Seed::new(seed);
        let scene = Scene::draw(&mut dice);
        let base_layer = BaseLayer::new(scene.gateways, BEGINNING_MS);
        let reader = Reader::new(&base_layer, &scene, cast());
        let machine = |(m, key): (usize, &usize)| Machine::new(*key, m % scene.gateways);
        let mut new = Self {
            now_ms: BEGINNING_MS,
            machines: scene.machines.iter().enumerate().map(machine).collect(),
            letters: letters(cast(), &scene, &mut dice),
            cast: cast(),
            dice,
            scene,
            plant,
            base_layer,
            posted: BTreeMap::new(),
            transactions: 0,
            oracle: Oracle::default(),
            readers: [reader.clone(), reader],
            court: None,
            peace: Peace::default(),
            seed,
            trace: Trace::new(in_words),
            healed: false,
            failure: None,
            queue: BinaryHeap::new(),
            number: 0,
            rest_height: u64::MAX,
        };
        new.set_out();
        new.found_court(seed);
        new
    }

    /// Puts everything that is decided beforehand into the queue.
    fn set_out(&mut self) {
        for m in 0..self.machines.len() {
            // A second machine of a key stands ready for the work to move there.
            let spare = self.scene.machines[..m].contains(&self.scene.machines[m]);
            self.machines[m].retired = spare;
            self.after(m as u64, Event::Start(m));
        }
        for letter in 0..self.letters.len() {
            self.after(self.letters[letter].first_ms, Event::Send(letter));
        }
        let troubled = self.scene.troubled_ms;
        for _ in 0..self.scene.incidents {
            let incident = Incident::draw(&self.scene, &mut self.dice);
            let at = self.dice.below(troubled);
            self.after(at, Event::Incident(incident));
        }
        self.after(self.scene.block_ms, Event::Mine);
        self.after(troubled, Event::Heal);
    }

    /// Plays to the end: at rest, or at the first thing that must never be.
    pub(super) fn play(mut self) -> (Option<Failure>, Trace) {
        while self.failure.is_none() && !self.at_rest() {
            let Some(Reverse(Due(at, _, event))) = self.queue.pop() else {
                break;
            };
            self.now_ms = at;
            let is_news = !matches!(event, Event::Mine | Event::Step(_, _, Step::Round));
            self.trace.event(at - BEGINNING_MS, &event, is_news);
            self.happen(event);
            if self.trace.events() > EVENTS_MAX {
                self.fail("everything ends", "the world runs in a circle");
            }
        }
        (self.failure, self.trace)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Send(letter) => self.send(letter),
            Event::Deliver(m, letter) => self.deliver(m, letter),
            Event::Told(letter, told) => self.told(letter, told),
            Event::Step(m, life, step) if self.machines[m].life == life => self.step(m, step),
            Event::Step(..) => {}
            Event::Start(m) => self.start(m),
            Event::Mine => self.mine(),
            Event::Pooled(tx) => {
                let transaction = self.posted[&tx].clone();
                self.base_layer.pool(transaction);
            }
            Event::Accuse(part, message) => self.accuse(part, message),
            Event::Incident(incident) => self.befall(incident),
            Event::Heal => self.heal(),
        }
    }

    fn step(&mut self, m: usize, step: Step) {
        match step {
            Step::Take(process) => self.take(m, process),
            Step::Keep(process, slot) => self.keep(m, process, slot),
            Step::StoreWritten => self.store_written(m),
            Step::StoreFlushed => self.store_flushed(m),
            Step::GuardWritten => self.guard_written(m),
            Step::GuardFlushed => self.guard_flushed(m),
            Step::Restart => self.restart(m),
            Step::Round => self.round(m),
            Step::Posted(tx) => self.posted(m, tx),
        }
    }

    fn mine(&mut self) {
        self.base_layer.mine(self.now_ms, &mut self.dice);
        self.read(0);
        self.sit();
        if self.dice.below(READS_ONE_IN) == 0 {
            self.read(1);
        }
        let half = self.scene.block_ms / 2;
        let next = half + self.dice.below(2 * half);
        self.after(next, Event::Mine);
    }

    /// From now on nothing goes wrong; what stands still is repaired as an operator would.
    fn heal(&mut self) {
        self.healed = true;
        self.rest_height = self.base_layer.tip() + REST_BLOCKS;
        self.repair();
    }

    /// Whether nothing more is to be expected; a world that does not come to rest in time has failed.
    fn at_rest(&mut self) -> bool {
        if !self.healed {
            return false;
        }
        match self.unrest() {
            None => {
                self.judge_the_end();
                self.judge_the_court();
                true
            }
            Some(unrest) if self.base_layer.tip() >= self.rest_height => {
                self.fail("everything comes to rest", unrest);
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn after(&mut self, delay_ms: u64, event: Event) {
        self.number += 1;
        let due = Due(self.now_ms + delay_ms, self.number, event);
        self.queue.push(Reverse(due));
    }

    pub(super) fn step_after(&mut self, m: usize, delay_ms: u64, step: Step) {
        let life = self.machines[m].life;
        self.after(delay_ms, Event::Step(m, life, step));
    }

    pub(super) fn note(&mut self, what: &(impl Hash + std::fmt::Debug)) {
        self.trace.note(self.now_ms - BEGINNING_MS, what);
    }

    /// Something that must never be: the first one counts.
    pub(super) fn fail(&mut self, rule: &'static str, words: impl std::fmt::Display) {
        let words = words.to_string();
        self.failure.get_or_insert(Failure { rule, words });
    }

    pub(super) fn lost(&mut self) -> bool {
        !self.healed && self.dice.below(100) < self.scene.loss_percent
    }

    pub(super) fn delay(&mut self) -> u64 {
        1 + self.dice.below(self.scene.delay_ms_max)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}
