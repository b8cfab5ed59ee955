//! What hosts sign, and what they should not have signed: receipts, records, reports.

use aosec_market::{Entry, Signed};

use super::super::game::Game;
use super::super::moves::{Enclosed, Letter};
use super::super::scroll::{BROKEN, chain};
use super::cases::pooled;
use super::money::letter;
use super::{Drawer, cast, spoil};

impl Drawer {
    /// A receipt as the host would sign it, seldom in another's hand or of another epoch.
    pub(super) fn receipt(
        &mut self,
        game: &Game,
        process: &str,
        slot: u64,
        message: &str,
    ) -> Enclosed {
        let canonical = game.logs.get(process).and_then(|log| log.entry(slot));
        let canonical = canonical.filter(|entry| entry.message == message);
        let entry = canonical.unwrap_or_else(|| Entry {
            message: message.to_owned(),
            height: game.height - self.below(4).min(game.height),
            timestamp: 1_000 * slot,
            chain: chain(slot),
        });
        let epoch = u64::from(self.below(25) == 0);
        let signed = Signed {
            process: process.to_owned(),
            epoch,
            signer: self.signer(game, process),
            first: slot,
            last: slot,
            record: false,
            entries: [(slot, entry)].into(),
            ..Signed::default()
        };
        Enclosed {
            id: format!("{:_<43}", format!("receipt-{}-{slot}", self.below(1_000))),
            from: signed.signer.clone(),
            tags: cast::tags(&[("Process", process), ("Message", message)]),
            signed: Some(signed),
            ..Enclosed::default()
        }
    }

    /// Mostly a hot key of who hosts or hosted the process.
    fn signer(&mut self, game: &Game, process: &str) -> String {
        let court = game.model.court();
        let held = court.and_then(|court| court.holder(process, 0));
        match (held, self.below(20)) {
            (_, 0) => cast::hot(self.below(cast::OPERATORS), self.below(cast::KEYS)),
            (_, 1) => spoil::anybody(&mut self.seed),
            (None, _) => cast::hot(self.below(cast::OPERATORS), self.below(cast::KEYS)),
            (Some(operator), drawn) => {
                let keys = court.map_or(Vec::new(), |court| court.keys_of(&operator));
                let at = match drawn {
                    2..=5 => spoil::index(&mut self.seed, keys.len()),
                    _ => keys.iter().position(|key| key.until.is_none()).unwrap_or(0),
                };
                keys.get(at)
                    .map_or_else(String::new, |key| key.address.clone())
            }
        }
    }

    pub(super) fn report(&mut self, game: &Game) -> Letter {
        let process = match self.below(3) {
            0 => cast::process(self.below(cast::PROCESSES)),
            _ => self.hosted(game),
        };
        let slot = 1 + self.below(6);
        let (fault, items) = match self.below(8) {
            0 => ("Double", self.double(game, &process, slot)),
            1..=3 => ("Chain", self.broken(game, &process, slot)),
            4..=6 => ("Tenure", vec![self.tenure(game, &process, slot)]),
            _ => ("double", self.double(game, &process, slot)),
        };
        let slot = slot.to_string();
        let mut tags = cast::tags(&[
            ("Action", "Report"),
            ("Process", &process),
            ("Fault", fault),
        ]);
        if fault != "Tenure" {
            tags.push(("Slot".to_owned(), slot));
        }
        Letter {
            items: Some(items),
            ..letter(spoil::anybody(&mut self.seed), tags)
        }
    }

    /// A report of two contents of one slot.
    pub(super) fn double_report(&mut self, game: &Game, process: &str, slot: u64) -> Letter {
        let items = self.double(game, process, slot);
        let slot = slot.to_string();
        let tags = [
            ("Action", "Report"),
            ("Process", process),
            ("Fault", "Double"),
            ("Slot", &slot),
        ];
        Letter {
            items: Some(items),
            ..letter(spoil::anybody(&mut self.seed), cast::tags(&tags))
        }
    }

    /// Two contents of one slot, or one twice.
    fn double(&mut self, game: &Game, process: &str, slot: u64) -> Vec<Enclosed> {
        let first = self.receipt(game, process, slot, &pooled(process, 0));
        let mut second = self.receipt(game, process, slot, &pooled(process, 0));
        let entry = first.signed.as_ref().and_then(|s| s.entries.get(&slot));
        if let (Some(signed), Some(entry)) = (&mut second.signed, entry) {
            let mut other = entry.clone();
            match self.below(5) {
                0 => other.height += 1,
                1 => other.timestamp += 1,
                2 => other.chain = chain(slot + 9),
                3 => other.message = pooled(process, 1),
                _ => {}
            }
            signed.entries.insert(slot, other);
            self.widen(signed, slot);
        }
        vec![first, second]
    }

    /// Now and then it is a record, of some slots.
    fn widen(&mut self, signed: &mut Signed, slot: u64) {
        if self.below(3) > 0 {
            return;
        }
        signed.record = true;
        let Some(entry) = signed.entries.get(&slot).cloned() else {
            return;
        };
        let others = [slot.saturating_sub(1), slot + 1];
        for other in others
            .into_iter()
            .filter(|other| *other > 0 && *other != slot)
        {
            let entry = Entry {
                chain: chain(other),
                ..entry.clone()
            };
            signed.entries.insert(other, entry);
        }
        signed.first = signed.entries.keys().next().copied().unwrap_or(slot);
        signed.last = signed.entries.keys().last().copied().unwrap_or(slot);
    }

    /// Two slots in a row, of which the second mostly does not follow.
    fn broken(&mut self, game: &Game, process: &str, slot: u64) -> Vec<Enclosed> {
        let mut first = self.receipt(game, process, slot, &pooled(process, 0));
        let next = slot + u64::from(self.below(8) > 0);
        let mut second = self.receipt(game, process, next, &pooled(process, 1));
        let entry = second
            .signed
            .as_mut()
            .and_then(|s| s.entries.get_mut(&next));
        if let Some(entry) = entry.filter(|_| self.below(4) > 0) {
            entry.chain = format!("{BROKEN}-{next:036}");
        }
        if let Some(signed) = &mut first.signed {
            self.widen(signed, slot);
        }
        vec![first, second]
    }

    fn tenure(&mut self, game: &Game, process: &str, slot: u64) -> Enclosed {
        let mut item = self.receipt(game, process, slot, &pooled(process, 0));
        let other = cast::hot(self.below(cast::OPERATORS), self.below(cast::KEYS));
        let by_other = self.below(2) == 0;
        if let Some(signed) = &mut item.signed {
            signed.epoch = self.below(4);
            if by_other {
                signed.signer = other;
            }
            self.widen(signed, slot);
        }
        item
    }
}
