//! The clients: each sends its letter until it has a slot for it, and some send it once more for no reason.

use aosec_node::su::pure::Want;
use aosec_wire::Id;

use super::{
    cast::{Cast, Part},
    event::{Event, Letter as Number, Told},
    scene::Scene,
    world::World,
};
use crate::harness::seed::Seed;

/// A client waits so long for an answer before it sends again.
const PATIENCE_MS: u64 = 2_500;
/// Of so many letters one is sent again though it is answered.
const AGAIN_ONE_IN: u64 = 8;
/// Of so many letters one is an assignment by reference.
const REFERENCE_ONE_IN: u64 = 10;

/// A message and what its sender knows of it.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) process: Id,
    key: usize,
    pub(super) want: Want,
    pub(super) first_ms: u64,
    /// The slot that the sender was told.
    pub(super) slot: Option<u64>,
    /// A host took it out of a challenge: no client waits for an answer.
    pub(super) by_court: bool,
}

impl Letter {
    /// What the court demands a slot for.
    pub(super) fn of_court(process: Id, key: usize, want: Want) -> Self {
        Self {
            process,
            key,
            want,
            first_ms: 0,
            slot: None,
            by_court: true,
        }
    }
}

/// All letters of a scene.
pub(super) fn letters(cast: &Cast, scene: &Scene, dice: &mut Seed) -> Vec<Letter> {
    let mut all = Vec::new();
    for part in scene
        .parts
        .iter()
        .filter_map(|index| cast.parts.get(*index))
    {
        all.push(letter(
            part,
            Want::Spawn(part.spawn.clone()),
            dice.below(3_000),
        ));
        let mut at = 0;
        for message in part.messages.iter().take(scene.messages_per_process) {
            // Some arrive one by one, some in crowds.
            at = match dice.below(3) {
                0 => dice.below(scene.troubled_ms),
                _ => at + dice.below(20),
            };
            let want = match dice.below(REFERENCE_ONE_IN) {
                0 => reference(message.id(), dice),
                _ => Want::Message(message.clone()),
            };
            all.push(letter(part, want, at));
        }
    }
    all
}

fn reference(id: Id, dice: &mut Seed) -> Want {
    let fields = ["Data", "Anchor"].into_iter().map(str::to_owned);
    let count = usize::try_from(dice.below(3)).unwrap_or(0);
    Want::Reference {
        id,
        item: None,
        exclude: fields.take(count).collect(),
    }
}

fn letter(part: &Part, want: Want, first_ms: u64) -> Letter {
    Letter {
        process: part.process(),
        key: part.key,
        want,
        first_ms,
        slot: None,
        by_court: false,
    }
}

impl World {
    pub(super) fn send(&mut self, number: Number) {
        let key = self.letters[number].key;
        if self.letters[number].slot.is_none() {
            self.after(PATIENCE_MS, Event::Send(number));
        }
        let hosts: Vec<_> = (0..self.machines.len())
            .filter(|m| self.machines[*m].key == key)
            .collect();
        let chosen = hosts[usize::try_from(self.dice.below(hosts.len() as u64)).unwrap_or(0)];
        let copies = 1 + u64::from(self.dice.below(100) < self.scene.double_percent);
        for _ in 0..copies {
            if !self.lost() {
                let delay = self.delay();
                self.after(delay, Event::Deliver(chosen, number));
            }
        }
    }

    pub(super) fn deliver(&mut self, m: usize, number: Number) {
        if self.machines[m].cut_off_until_ms <= self.now_ms {
            self.enter(m, number);
        }
    }

    pub(super) fn told(&mut self, number: Number, told: Told) {
        let (Told::Slot(slot) | Told::Stands(slot)) = told else {
            return;
        };
        let letter = &mut self.letters[number];
        if !letter.by_court && letter.slot.is_none() && self.dice.below(AGAIN_ONE_IN) == 0 {
            self.after(PATIENCE_MS, Event::Send(number));
        }
        self.letters[number].slot = Some(slot);
    }
}
