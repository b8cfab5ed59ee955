//! The host: what it keeps on its disk, what a crash takes from it, and what it posts.

use aosec_challenge::defender::{Defence, OpenCase};

use super::world::Mail;

/// Blocks that a host is down after a crash.
pub(super) const DOWN: u64 = 2;

/// How a host behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It answers what is asked, and publishes what it has assigned.
    Honest,
    /// It does nothing.
    Silent,
    /// Planted: it publishes only once its answer was accepted, and never answers twice.
    WaitsToPublish,
    /// Planted: a crash makes it forget the slot that it gave.
    ForgetsItsSlot,
}

/// One host.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) conduct: Conduct,
    /// Blocks until it is up again.
    pub(super) down: u64,
    defence: Defence<u64>,
    /// The slot of the message, on the disk.
    slot: Option<u64>,
    answers: u8,
    published: bool,
}

/// What the host sees of the court at a block.
pub(super) struct Sight {
    pub(super) height: u64,
    /// The open case.
    pub(super) open: Option<u64>,
    /// Whether the case is answered.
    pub(super) is_answered: bool,
    /// The last slot of the log.
    pub(super) head: u64,
}

impl Host {
    pub(super) const fn new(conduct: Conduct) -> Self {
        Self {
            conduct,
            down: 0,
            defence: Defence::new(),
            slot: None,
            answers: 0,
            published: false,
        }
    }

    /// What it had in memory is gone; its disk is not.
    pub(super) fn crash(&mut self) {
        self.down = DOWN;
        self.defence = Defence::new();
        if self.conduct == Conduct::ForgetsItsSlot {
            self.slot = self.slot.map(|slot| slot + 1);
            self.published = false;
        }
    }

    /// What it posts after a block.
    pub(super) fn act(&mut self, sight: &Sight) -> Vec<Mail> {
        if self.down > 0 {
            self.down -= 1;
            return Vec::new();
        }
        let mut posted = Vec::new();
        let open = sight.open.map(|key| OpenCase { key, is_own: true });
        let open = self.defence.due(open, sight.height, 1).pop();
        match (self.conduct, open) {
            (Conduct::Silent, _) => return posted,
            (Conduct::WaitsToPublish, Some(_)) if self.answers > 0 => {}
            (_, Some(case)) => {
                let slot = *self.slot.get_or_insert(sight.head + 1);
                self.answers += 1;
                self.defence.given(case, sight.height);
                posted.push(Mail::Answer(self.answers, slot));
            }
            _ => {}
        }
        let may_publish = self.conduct != Conduct::WaitsToPublish || sight.is_answered;
        if let Some(slot) = self.slot.filter(|_| may_publish && !self.published) {
            self.published = true;
            posted.push(Mail::Record(slot));
        }
        posted
    }

    pub(super) fn key(&self) -> Vec<u8> {
        format!(
            "{:?}{:?}{}{}{}",
            self.defence, self.slot, self.down, self.answers, self.published
        )
        .into_bytes()
    }
}
