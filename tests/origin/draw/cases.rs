//! Cases: challenges, answers, publication and its lack, data.

use aosec_challenge::docket::{Case, Kind, State};

use super::super::game::Game;
use super::super::moves::{Enclosed, Letter, Move};
use super::money::letter;
use super::{Drawer, cast, spoil};

/// Messages that are challenged at one process, so few that people meet.
const MESSAGES: u64 = 9;

/// The largest message that can be forced.
const MESSAGE_BYTES: u64 = 256 * 1024;

impl Drawer {
    /// A case message, mostly one that could be right as the court stands.
    pub(super) fn case(&mut self, game: &Game) -> Letter {
        match self.below(100) {
            0..=27 => self.challenge(game),
            28..=44 => self.answer(game),
            45..=57 => self.publication(game),
            58..=67 => self.data(game),
            68..=74 => self.answer_data(game),
            75..=84 => self.report(game),
            85..=95 => self.settle_case(game),
            _ => self.cases(game),
        }
    }

    /// A process, mostly one with a host.
    pub(super) fn hosted(&mut self, game: &Game) -> String {
        let court = game.model.court();
        let rank = |process: &String| {
            let row = court.and_then(|court| court.hosting(process));
            row.map_or(0, |row| match row.operator {
                Some(_) => 2,
                None => u64::from(row.was_hosted),
            })
        };
        let wanted = [2, 2, 2, 2, 2, 2, 2, 1, 1, 0][spoil::index(&mut self.seed, 10)];
        let all = (0..cast::PROCESSES).map(cast::process);
        let fitting: Vec<String> = all.filter(|process| rank(process) >= wanted).collect();
        let drawn = cast::process(self.below(cast::PROCESSES));
        let at = spoil::index(&mut self.seed, fitting.len());
        fitting.get(at).cloned().unwrap_or(drawn)
    }

    /// An unfinished case of a kind, or any case.
    fn unfinished<'a>(&mut self, game: &'a Game, kind: Option<Kind>) -> Option<&'a Case> {
        let all = game.model.docket().cases().iter();
        let of = |case: &&Case| kind.is_none_or(|kind| case.kind == kind);
        let open: Vec<&Case> = all
            .clone()
            .filter(|case| case.written().is_unfinished() || self.below(12) == 0)
            .filter(of)
            .collect();
        let newest = open.len().saturating_sub(6);
        let drawn = newest + spoil::index(&mut self.seed, open.len() - newest);
        open.get(drawn).copied()
    }

    fn challenge(&mut self, game: &Game) -> Letter {
        let joined = self.unfinished(game, Some(Kind::Liveness));
        let joined = joined.filter(|_| self.below(3) == 0);
        let process = joined.map_or_else(|| self.hosted(game), |case| case.process.clone());
        let count = match self.below(60) {
            0 => 64,
            1 => 65,
            2 => 9,
            3..=12 => 2,
            _ => 1,
        };
        let first = self.below(MESSAGES);
        let mut items: Vec<Enclosed> = (0..count)
            .map(|step| self.message(&process, &pooled(&process, first + step)))
            .collect();
        if let Some(case) = joined {
            items[0].id = case.message.clone();
        }
        let (fee, answer) = self.fees(game, &process);
        let tags = [
            ("Action", "Challenge"),
            ("Process", process.as_str()),
            ("Fee", &fee),
            ("Answer-Fee", &answer),
        ];
        Letter {
            items: Some(items),
            ..letter(self.challenger(), cast::tags(&tags))
        }
    }

    /// Somebody who mostly has money.
    fn challenger(&mut self) -> String {
        match self.below(4) {
            0 => spoil::anybody(&mut self.seed),
            1 => cast::owner(self.below(cast::OPERATORS)),
            _ => cast::user(self.below(cast::USERS - 1)),
        }
    }

    pub(super) fn message(&mut self, process: &str, id: &str) -> Enclosed {
        let size = match self.below(40) {
            0 => MESSAGE_BYTES + 1,
            1 => MESSAGE_BYTES,
            _ => 100,
        };
        Enclosed {
            id: id.to_owned(),
            from: cast::user(0),
            tags: cast::tags(&[("Type", "Message"), ("Data-Protocol", "ao")]),
            target: process.to_owned(),
            size,
            signed: None,
        }
    }

    /// The fees in force, seldom one off.
    fn fees(&mut self, game: &Game, process: &str) -> (String, String) {
        let court = game.model.court();
        let fees = court.and_then(|court| {
            let lease = court.hosting(process)?.lease?;
            Some(court.fees(lease, game.height))
        });
        let (fee, answer) = fees.unwrap_or((0, 0));
        let mut near = |fee: u128| match self.below(24) {
            0 => fee.saturating_sub(1).to_string(),
            1..=4 => (fee + 1).to_string(),
            5..=8 => (2 * fee).to_string(),
            _ => fee.to_string(),
        };
        (near(fee), near(answer))
    }

    fn answer(&mut self, game: &Game) -> Letter {
        if self.unfinished(game, Some(Kind::Liveness)).is_none() && self.below(20) > 0 {
            return self.challenge(game);
        }
        let count = 1 + self.below(7) / 5;
        let cases: Vec<&Case> = (0..count)
            .filter_map(|_| self.unfinished(game, Some(Kind::Liveness)))
            .collect();
        let items = cases.into_iter().map(|case| {
            let process = case.process.clone();
            let place = game
                .logs
                .get(&process)
                .and_then(|log| log.place(&case.message));
            let next = game.logs.get(&process).map_or(0, |log| log.head.slot) + 1;
            let slot = place.map_or(next, |place| place.slot) + u64::from(self.below(12) == 0);
            self.receipt(game, &process, slot, &case.message)
        });
        let items: Vec<Enclosed> = items.collect();
        Letter {
            items: Some(items),
            ..letter(
                spoil::anybody(&mut self.seed),
                cast::tags(&[("Action", "Answer")]),
            )
        }
    }

    fn publication(&mut self, game: &Game) -> Letter {
        let joined = self.unfinished(game, Some(Kind::Publication));
        let joined = joined.filter(|_| self.below(3) == 0);
        let process = joined.map_or_else(|| self.hosted(game), |case| case.process.clone());
        let head = game.logs.get(&process).map_or(0, |log| log.head.slot);
        let drawn = (head + 2).saturating_sub(self.below(4));
        let slot = joined.and_then(|case| case.slot).unwrap_or(drawn);
        let message = match joined {
            Some(case) => case.message.clone(),
            None => pooled(&process, self.below(MESSAGES)),
        };
        let mut item = self.receipt(game, &process, slot, &message);
        if let Some(signed) = item.signed.as_mut().filter(|_| self.seed.below(10) == 0) {
            signed.record = true;
        }
        let late = self.founding.publish_within + [1, 1, 2, 5, 0][spoil::index(&mut self.seed, 5)];
        let entry = item.signed.as_mut().and_then(|s| s.entries.get_mut(&slot));
        if let Some(entry) = entry.filter(|_| self.below(8) > 0) {
            entry.height = game.height - late.min(game.height);
        }
        let (_, answer) = self.fees(game, &process);
        let tags = [
            ("Action", "Challenge-Publication"),
            ("Process", process.as_str()),
            ("Answer-Fee", &answer),
        ];
        Letter {
            items: Some(vec![item]),
            ..letter(self.challenger(), cast::tags(&tags))
        }
    }

    fn data(&mut self, game: &Game) -> Letter {
        let process = self.hosted(game);
        let head = game.logs.get(&process).map_or(0, |log| log.head.slot);
        let slot = self.below(head + 2).to_string();
        let (_, answer) = self.fees(game, &process);
        let tags = [
            ("Action", "Challenge-Data"),
            ("Process", process.as_str()),
            ("Slot", &slot),
            ("Answer-Fee", &answer),
        ];
        letter(self.challenger(), cast::tags(&tags))
    }

    fn answer_data(&mut self, game: &Game) -> Letter {
        let case = self.unfinished(game, Some(Kind::Data));
        if case.is_none() && self.below(20) > 0 {
            return self.data(game);
        }
        let process = case.map_or_else(|| self.hosted(game), |case| case.process.clone());
        let drawn = pooled(&process, self.below(MESSAGES));
        let id = case.map_or(drawn, |case| case.message.clone());
        let mut items = vec![self.message(&process, &id)];
        if self.below(5) == 0 {
            let other = pooled(&process, self.below(MESSAGES));
            items.insert(0, self.message(&process, &other));
        }
        if self.below(12) == 0 {
            let many = 64 + usize::from(self.below(2) == 0);
            items = vec![items[0].clone(); many];
        }
        let tags = [("Action", "Answer-Data"), ("Process", process.as_str())];
        Letter {
            items: Some(items),
            ..letter(spoil::anybody(&mut self.seed), cast::tags(&tags))
        }
    }

    fn settle_case(&mut self, game: &Game) -> Letter {
        let case = self.unfinished(game, None);
        let drawn = cast::process(self.below(cast::PROCESSES));
        let (number, process, message) = match case {
            Some(case) => (case.number, case.process.clone(), case.message.clone()),
            None => (self.below(3), drawn.clone(), pooled(&drawn, 0)),
        };
        let number = (number + u64::from(self.below(20) == 0)).to_string();
        let tags = [
            ("Action", "Settle"),
            ("Process", process.as_str()),
            ("Case", &number),
            ("Message", &message),
        ];
        letter(spoil::anybody(&mut self.seed), cast::tags(&tags))
    }

    fn cases(&mut self, game: &Game) -> Letter {
        let all = game.model.docket().cases();
        let first = all.first().map_or(0, |case| case.number.saturating_sub(2));
        let last = all.last().map_or(0, |case| case.number);
        let number = (first + self.below(last - first + 2)).to_string();
        let mut tags = cast::tags(&[("Action", "Cases")]);
        match self.below(4) {
            0 => tags.extend(cast::tags(&[("Case", &number)])),
            1 => tags.extend(cast::tags(&[("First", &number)])),
            2 => {
                let process = self.hosted(game);
                let first =
                    [self.below(4).to_string(), number][spoil::index(&mut self.seed, 2)].clone();
                tags.extend(cast::tags(&[("Process", &process), ("First", &first)]));
            }
            _ => {}
        }
        letter(spoil::anybody(&mut self.seed), tags)
    }

    /// A record: of what was promised, of what is challenged, of what nobody asked for; or none of all that.
    pub(super) fn publish(&mut self, game: &Game) -> Move {
        let process = self.hosted(game);
        let head = game.logs.get(&process).map_or(0, |log| log.head.slot);
        let cases = game.model.docket().cases().iter();
        let own = cases.filter(|case| case.process == process && case.written().is_unfinished());
        let mut messages: Vec<String> = Vec::new();
        for case in own {
            let promised = case.written() == State::Answered || case.kind == Kind::Publication;
            let next = head + 1 + u64::try_from(messages.len()).unwrap_or(0);
            let fits = promised && case.slot == Some(next);
            if fits && self.below(4) > 0 || !promised && self.below(5) == 0 {
                messages.push(case.message.clone());
            }
        }
        if self.below(3) == 0 {
            messages.push(pooled(&process, self.below(MESSAGES)));
        }
        Move::Publish {
            process,
            messages,
            ago: if self.below(3) == 0 { self.below(9) } else { 0 },
            late: if self.below(4) == 0 { self.below(5) } else { 0 },
            is_virtual: self.below(30) == 0,
        }
    }

    /// So many of the cast do the same that one is too many (16 challengers, 16 reporters).
    pub(super) fn crowd(&mut self, game: &Game) {
        let mut one = match self.below(3) {
            0 => self.report(game),
            1 => self.publication(game),
            _ => self.challenge(game),
        };
        one.ago = 0;
        for from in cast::crowd() {
            let letter = Letter {
                from,
                ..one.clone()
            };
            self.planned.push_back(Move::Item(letter));
        }
    }
}

/// A message for a process.
pub(super) fn pooled(process: &str, number: u64) -> String {
    let process = process.trim_end_matches('_');
    format!("{:_<43}", format!("message-{process}-{number}"))
}
