//! Moves that belong together: what single draws would bring about too seldom. Each plot is planned from the court as it stands, and
//! other moves wait until it is over.

use super::super::game::Game;
use super::super::moves::{Enclosed, Fault, Letter, Move};
use super::cases::pooled;
use super::money::letter;
use super::{Drawer, cast, spoil};

/// Messages that only plots challenge: none of them is in a log already.
const FRESH: u64 = 1_000;

/// Blocks in which every window of these games is over.
pub(super) const LONG: u64 = 16;

/// More than anybody has.
pub(super) const ALL: &str = "99999999999999999999999999999";

impl Drawer {
    /// Plans one of them.
    pub(super) fn plot(&mut self, game: &Game) {
        match self.below(39) {
            0 | 1 => self.spam(game),
            2 => self.fee_trap(game),
            3 | 4 => self.hidden(game),
            5 => self.wrong_slot(game),
            6..=9 => self.outage(game),
            10 | 11 => self.serial(game),
            12 | 13 => self.report_again(game),
            14 | 15 => self.exit_and_report(game),
            16 => self.unhosted_tenure(game),
            17 => self.almost_all(game),
            18 => self.shrunk_pool(game),
            19 => self.two_bonds(game),
            20 => self.wrong_host(game),
            21 => self.many_epochs(game),
            22 | 23 => self.many_slots(game),
            24..=26 => self.joined(game),
            27 | 28 => self.too_early(game),
            29..=31 => self.broken_promise(game),
            32 | 33 => self.late_cases(game),
            34 => self.no_receipt(game),
            35 | 36 => self.failing_twice(game),
            _ => self.unready_keys(),
        }
    }

    /// At the last height of a case the host publishes what it promised, or what it is asked for; sometimes the base layer does.
    pub(super) fn at_the_last(&mut self, game: &Game) -> Option<Move> {
        let height = game.height;
        let cases = game.model.docket().cases().iter();
        let due = cases
            .filter(|case| case.written().is_unfinished())
            .find(|case| case.publish_by.unwrap_or(case.deadline) == height)?;
        if self.below(3) > 0 {
            return None;
        }
        let head = game.logs.get(&due.process).map_or(0, |log| log.head.slot);
        let gap = due.slot.map_or(0, |slot| slot.saturating_sub(head + 1));
        let fillers = (0..gap.min(4)).map(|step| pooled(&due.process, FRESH + 50 + height + step));
        Some(Move::Publish {
            process: due.process.clone(),
            messages: fillers.chain([due.message.clone()]).collect(),
            ago: self.below(4) / 3,
            late: 0,
            is_virtual: self.below(5) == 0,
        })
    }

    pub(super) fn plan(&mut self, letter: Letter) {
        self.planned.push_back(Move::Item(letter));
    }

    pub(super) fn blocks(&mut self, count: u64) {
        for _ in 0..count {
            let block = Move::Block {
                queued: None,
                headless: false,
                placeless: false,
            };
            self.planned.push_back(block);
        }
    }

    /// A challenge of these messages by the one user who can pay for anything.
    pub(super) fn rich(&mut self, process: &str, numbers: std::ops::Range<u64>) -> Letter {
        let items = numbers.map(|number| self.asked(process, &pooled(process, number)));
        let items: Vec<Enclosed> = items.collect();
        let dear = (50 * self.founding.unit).to_string();
        let tags = [
            ("Action", "Challenge"),
            ("Process", process),
            ("Fee", &dear),
            ("Answer-Fee", &dear),
        ];
        Letter {
            items: Some(items),
            ..letter(cast::user(cast::RICH), cast::tags(&tags))
        }
    }

    fn asked(&mut self, process: &str, id: &str) -> Enclosed {
        Enclosed {
            size: 100,
            ..self.message(process, id)
        }
    }

    pub(super) fn fresh(&mut self) -> u64 {
        FRESH + 100 + self.below(100_000)
    }

    /// Many messages at once, then another item of the same sender.
    fn spam(&mut self, game: &Game) {
        let process = self.hosted(game);
        let first = self.fresh();
        let count = [9, 17, 64][spoil::index(&mut self.seed, 3)];
        let many = self.rich(&process, first..first + count);
        let more = self.rich(&process, first + count..first + count + 2);
        self.plan(many);
        self.plan(more);
    }

    /// A challenge mined before the fees changed.
    fn fee_trap(&mut self, game: &Game) {
        let process = self.hosted(game);
        let court = game.model.court();
        let operator = court.and_then(|court| court.hosting(&process)?.operator);
        let owner = operator.and_then(|operator| Some(court?.stake(&operator)?.owner));
        let Some(owner) = owner else { return };
        let (unit, floor) = (self.founding.unit, self.founding.floor);
        let fee = (u128::from(self.below(6)) * unit).to_string();
        let answer = (floor + u128::from(self.below(6)) * floor / 3).to_string();
        let tags = [("Action", "Update"), ("Fee", &fee), ("Answer-Fee", &answer)];
        self.plan(letter(owner, cast::tags(&tags)));
        let waits = self.below(7);
        self.blocks(waits);
        for ago in 0..3 {
            let first = self.fresh();
            let challenge = self.rich(&process, first..first + 1);
            self.plan(Letter { ago, ..challenge });
        }
    }

    /// A message that was public shortly before it was challenged, as far as anybody knows then.
    fn hidden(&mut self, game: &Game) {
        let process = self.hosted(game);
        let number = self.fresh();
        let challenge = self.rich(&process, number..number + 1);
        let early = self.below(4);
        self.plan(Letter {
            ago: early,
            ..challenge
        });
        let ago = self.below(8);
        self.planned.push_back(Move::Publish {
            process: process.clone(),
            messages: vec![pooled(&process, number)],
            ago,
            late: 0,
            is_virtual: false,
        });
        self.blocks(LONG);
    }

    /// The log has the message, and the answer says another slot; or says it with a record; or very often.
    fn wrong_slot(&mut self, game: &Game) {
        let process = self.hosted(game);
        let number = self.fresh();
        let message = pooled(&process, number);
        let head = game.logs.get(&process).map_or(0, |log| log.head.slot);
        let challenge = self.rich(&process, number..number + 1);
        self.plan(challenge);
        let slot = head + 1 + self.below(2);
        let mut item = self.receipt(game, &process, slot, &message);
        let count = match self.below(4) {
            0 => 64,
            1 => 65,
            _ => 1,
        };
        if let Some(signed) = item.signed.as_mut().filter(|_| self.seed.below(4) == 0) {
            signed.record = true;
        }
        if self.below(3) > 0 {
            self.planned.push_back(Move::Publish {
                process,
                messages: vec![message],
                ago: 0,
                late: 0,
                is_virtual: false,
            });
        }
        self.plan(Letter {
            items: Some(vec![item; count]),
            ..letter(cast::user(0), cast::tags(&[("Action", "Answer")]))
        });
        self.blocks(LONG);
    }

    /// Several hosts fail about the same height, and one of them loses everything meanwhile (6.7).
    fn outage(&mut self, game: &Game) {
        let count = 2 + self.below(6);
        let mut struck = cast::operator(self.below(cast::OPERATORS));
        for step in 0..count {
            let (process, number) = (self.hosted(game), self.fresh());
            let row = game.model.court().and_then(|court| court.hosting(&process));
            if let (0, Some(operator)) = (step, row.and_then(|row| row.operator)) {
                struck = operator;
            }
            let challenge = self.rich(&process, number..number + 1);
            self.plan(challenge);
            let gap = self.below(5).saturating_sub(2);
            self.blocks(gap);
        }
        let before = self.below(LONG);
        self.blocks(before);
        if self.below(3) == 0 {
            self.planned.push_back(Move::Fault(Fault::Slash {
                operator: struck,
                process: None,
                sum: ALL.to_owned(),
            }));
        }
        self.blocks(LONG + self.founding.publish_within - before);
    }

    /// One operator fails again and again, each time soon after the jail before.
    fn serial(&mut self, game: &Game) {
        for process in self.of_one_host(game) {
            let number = self.fresh();
            let challenge = self.rich(&process, number..number + 1);
            self.plan(challenge);
            let wait = 8 + self.below(8);
            self.blocks(wait);
        }
    }

    /// A host leaves with all its stake, and is accused then: more is held than it has bonded.
    fn exit_and_report(&mut self, game: &Game) {
        let court = game.model.court();
        let held = self.held(game).into_iter();
        let ended = held.filter_map(|(process, lease, _)| {
            let stake = court?.stake(&court?.lease(lease)?.operator)?;
            (stake.live == 0 && stake.bond > 0).then_some((process, stake))
        });
        let ended: Vec<_> = ended.collect();
        let at = spoil::index(&mut self.seed, ended.len());
        let Some((process, stake)) = ended.get(at) else {
            return;
        };
        let sum = stake.bond.to_string();
        let tags = [("Action", "Unbond"), ("Quantity", sum.as_str())];
        self.plan(letter(stake.owner.clone(), cast::tags(&tags)));
        let slot = 4 + self.below(3);
        let report = self.double_report(game, process, slot);
        self.plan(report);
    }

    /// Whoever the `Scheduler` of a process names that nobody ever hosted signs for it (6, signing without tenure).
    fn unhosted_tenure(&mut self, game: &Game) {
        let court = game.model.court();
        let all = (0..cast::PROCESSES).map(cast::process);
        let known = all.filter(|id| {
            let row = court.and_then(|court| court.hosting(id));
            row.is_some_and(|row| !row.was_hosted)
        });
        let known: Vec<String> = known.collect();
        let at = spoil::index(&mut self.seed, known.len());
        let Some(process) = known.get(at) else { return };
        let scheduler = court.and_then(|court| court.spawned(process));
        let mut item = self.receipt(game, process, 5, &pooled(process, 0));
        if let (Some(signed), Some((_, scheduler))) = (&mut item.signed, scheduler) {
            signed.signer = scheduler;
            signed.epoch = self.seed.below(4) / 3;
        }
        let tags = [
            ("Action", "Report"),
            ("Process", process.as_str()),
            ("Fault", "Tenure"),
        ];
        let from = spoil::anybody(&mut self.seed);
        self.plan(Letter {
            items: Some(vec![item]),
            ..letter(from, cast::tags(&tags))
        });
    }
}
