//! Plots about reports, and about what the same sender has open (6, 6.1, 6.4).

use super::super::game::Game;
use super::super::moves::{Enclosed, Letter, Move};
use super::cases::pooled;
use super::money::letter;
use super::{Drawer, cast, spoil};

impl Drawer {
    /// The same report by the same hand, and by another one about the end of the bounty's window.
    pub(super) fn report_again(&mut self, game: &Game) {
        let report = self.report(game);
        let other = spoil::anybody(&mut self.seed);
        self.plan(report.clone());
        self.plan(report.clone());
        let gap = (self.founding.bounty_window + self.below(3)).saturating_sub(self.below(2));
        self.blocks(gap);
        self.plan(Letter {
            from: other,
            ..report
        });
    }

    /// A report of two contents that somebody else signed than who has the lease.
    pub(super) fn wrong_host(&mut self, game: &Game) {
        let process = self.hosted(game);
        let slot = 4 + self.below(3);
        let mut report = self.double_report(game, &process, slot);
        let (number, key) = (self.below(cast::OPERATORS), self.below(2));
        for item in report.items.iter_mut().flatten() {
            if let Some(signed) = &mut item.signed {
                signed.signer = cast::hot(number, key);
            }
        }
        self.plan(report);
    }

    /// One operator signs for several epochs that it never held.
    pub(super) fn many_epochs(&mut self, game: &Game) {
        let process = self.hosted(game);
        let mut item = self.receipt(game, &process, 5, &pooled(&process, 0));
        let tags = [
            ("Action", "Report"),
            ("Process", process.as_str()),
            ("Fault", "Tenure"),
        ];
        for epoch in 1..4 {
            if let Some(signed) = &mut item.signed {
                signed.epoch = epoch;
            }
            let from = cast::user(self.below(cast::USERS));
            self.plan(Letter {
                items: Some(vec![item.clone()]),
                ..letter(from, cast::tags(&tags))
            });
        }
    }

    /// So many cases about data by one sender that the bond doubles; then one about a message.
    pub(super) fn many_slots(&mut self, game: &Game) {
        let process = self.hosted(game);
        let head = game.logs.get(&process).map_or(0, |log| log.head.slot);
        let number = self.fresh();
        let messages = (0..10).map(|step| pooled(&process, number + step));
        self.planned.push_back(Move::Publish {
            process: process.clone(),
            messages: messages.collect(),
            ago: 0,
            late: 0,
            is_virtual: false,
        });
        let dear = (50 * self.founding.unit).to_string();
        for slot in head + 1..=head + 10 {
            let slot = slot.to_string();
            let tags = [
                ("Action", "Challenge-Data"),
                ("Process", process.as_str()),
                ("Slot", &slot),
                ("Answer-Fee", &dear),
            ];
            self.plan(letter(cast::user(cast::RICH), cast::tags(&tags)));
        }
        let more = self.rich(&process, number + 20..number + 21);
        self.plan(more);
    }

    /// A registered process gets a host, and what it signed before it joined is held against it (5.15).
    pub(super) fn joined(&mut self, game: &Game) {
        let court = game.model.court();
        let all = (0..cast::PROCESSES).map(cast::process);
        let waiting = all.filter_map(|id| {
            let row = court?.hosting(&id)?;
            let (begins, scheduler) = court?.spawned(&id)?;
            let operator = court?.signer(&scheduler)?;
            (!row.was_hosted && begins > 1).then_some((id, begins, scheduler, operator))
        });
        let waiting: Vec<_> = waiting.collect();
        let at = spoil::index(&mut self.seed, waiting.len());
        let Some((process, begins, scheduler, operator)) = waiting.get(at).cloned() else {
            return;
        };
        let mut host = self.host_with(game, 0, &scheduler);
        host.from = operator;
        for item in host.items.iter_mut().flatten() {
            item.id.clone_from(&process);
            item.from = cast::spawner();
        }
        let named = court.and_then(|court| court.registration(&process));
        let named = named.unwrap_or_default();
        let mut wrong = host.clone();
        wrong.tags.extend(self.misnamed(named.clone()));
        self.plan(wrong);
        host.tags.extend(named);
        self.plan(host);
        let slot = begins - self.below(2);
        let mut report = self.double_report(game, &process, slot);
        let signers = report.items.iter_mut().flatten();
        let signers = signers.filter_map(|item: &mut Enclosed| item.signed.as_mut());
        signers.for_each(|signed| signed.signer.clone_from(&scheduler));
        self.plan(report);
    }
}
