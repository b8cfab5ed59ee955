//! Leases, escrows, heartbeats.

use super::super::contract::ORIGIN;
use super::super::game::Game;
use super::super::moves::{Enclosed, Letter};
use super::money::letter;
use super::{Drawer, cast, spoil};

impl Drawer {
    pub(super) fn host(&mut self, game: &Game) -> Letter {
        let number = self.below(cast::OPERATORS);
        let operator = cast::operator(number);
        let stake = game.model.court().and_then(|court| court.stake(&operator));
        let (free, hot) = stake.map_or((0, String::new()), |s| (s.free, s.hot_key));
        let (unit, floor) = (self.founding.unit, self.founding.floor);
        let process = self.unhosted(game);
        let (stake, half) = (200 * unit, free / 2);
        let fair = self.below(3) > 0;
        let all = [free, free + 1][spoil::index(&mut self.seed, 2)];
        let usual = if self.below(5) == 0 { all } else { stake };
        let mut near = |edges: &[u128]| match fair {
            true => edges[0],
            false => self.sum(edges),
        };
        let allocation = near(&[usual, stake, half, free]);
        let max = near(&[40 * unit, 10 * unit, 40 * unit]).max(1);
        let rate = near(&[max / 3, max, unit])
            .max(u128::from(fair))
            .to_string();
        let cap = near(&[max, unit]).to_string();
        let answer = near(&[floor + 1, floor, max]).to_string();
        let spawn = self.spawn(&process, &hot, allocation, max);
        let tags = [
            ("Action", "Host"),
            ("Rate", rate.as_str()),
            ("Fee-Cap", cap.as_str()),
            ("Answer-Cap", answer.as_str()),
        ];
        let mut tags = cast::tags(&tags);
        tags.extend(self.named(game, &process));
        Letter {
            items: Some(vec![spawn]),
            ..letter(operator, tags)
        }
    }

    /// What a `Host` says of a registered process; now and then it is not what is registered (5.15).
    fn named(&mut self, game: &Game, process: &str) -> Vec<(String, String)> {
        let court = game.model.court();
        let named = court.and_then(|court| court.registration(process));
        match named {
            Some(tags) if self.below(4) == 0 => self.misnamed(tags),
            tags => tags.unwrap_or_default(),
        }
    }

    /// One of the tags is gone, or says something else.
    pub(super) fn misnamed(&mut self, mut tags: Vec<(String, String)>) -> Vec<(String, String)> {
        let at = spoil::index(&mut self.seed, tags.len());
        match self.below(6) {
            0..=2 => self.other_period(&mut tags),
            3 => drop(tags.remove(at)),
            4 if tags[at].1.len() == 43 => tags[at].1 = cast::process(0),
            _ => tags[at].1 = format!("{}1", tags[at].1),
        }
        tags
    }

    /// A period that may be, but is not what is registered.
    fn other_period(&mut self, tags: &mut [(String, String)]) {
        let (least, most) = self.founding.period;
        let period = least + self.below(most - least + 1);
        let named = tags.iter_mut().find(|(name, _)| name == "Challenge-Period");
        named
            .into_iter()
            .for_each(|(_, value)| *value = period.to_string());
    }

    /// An operator offers to host what names this key.
    pub(super) fn host_with(&mut self, game: &Game, number: u64, hot: &str) -> Letter {
        let unit = self.founding.unit;
        let process = self.unhosted(game);
        self.hosting_offer(&process, number, hot, unit)
    }

    pub(super) fn hosting_offer(
        &mut self,
        process: &str,
        number: u64,
        hot: &str,
        unit: u128,
    ) -> Letter {
        let mut spawn = self.spawn(process, hot, 200 * unit, 40 * unit);
        for tag in &mut spawn.tags {
            // What a draw may spoil is as it should be here.
            match tag.0.as_str() {
                "Origin" => ORIGIN.clone_into(&mut tag.1),
                "Hosting-Deposit" => "0".clone_into(&mut tag.1),
                _ => {}
            }
        }
        spawn.tags.retain(|(name, _)| name != "Challenge-Period");
        let (rate, cap) = (unit.to_string(), (40 * unit).to_string());
        let tags = [
            ("Action", "Host"),
            ("Rate", rate.as_str()),
            ("Fee-Cap", &cap),
            ("Answer-Cap", &cap),
        ];
        Letter {
            items: Some(vec![spawn]),
            ..letter(cast::operator(number), cast::tags(&tags))
        }
    }

    /// A process, mostly one that nobody knows yet.
    fn unhosted(&mut self, game: &Game) -> String {
        let court = game.model.court();
        for _ in 0..8 {
            let process = cast::process(self.below(cast::PROCESSES));
            if court.is_some_and(|court| court.hosting(&process).is_none()) {
                return process;
            }
        }
        cast::process(self.below(cast::PROCESSES))
    }

    fn spawn(&mut self, process: &str, scheduler: &str, allocation: u128, max: u128) -> Enclosed {
        let (least, most) = self.founding.period;
        let other = "another-origin-0000000000000000000000000000";
        let origin = if self.below(40) == 0 { other } else { ORIGIN };
        let edges = [least, most, least, most, least - 1, most + 1];
        let period = edges[spoil::index(&mut self.seed, edges.len())];
        let deposit = match self.below(3) {
            0 => self.sum(&[0, 0, 50 * self.founding.unit]),
            _ => 0,
        };
        let mut tags = cast::tags(&[
            ("Type", "Process"),
            ("Data-Protocol", "ao"),
            ("Origin", origin),
            ("Scheduler", scheduler),
            ("Min-Allocation", &allocation.to_string()),
            ("Max-Fee", &max.to_string()),
            ("Hosting-Deposit", &deposit.to_string()),
        ]);
        if self.below(3) == 0 {
            tags.extend(cast::tags(&[("Challenge-Period", &period.to_string())]));
        }
        Enclosed {
            id: process.to_owned(),
            from: cast::spawner(),
            tags,
            ..Enclosed::default()
        }
    }

    pub(super) fn register(&mut self) -> Letter {
        let process = cast::process(self.below(cast::PROCESSES));
        let unit = self.founding.unit;
        let (allocation, max) = (self.sum(&[400 * unit]), self.sum(&[40 * unit]));
        let operator = self.below(cast::OPERATORS);
        let hot = self.hot_key(operator);
        let mut spawn = self.spawn(&process, &hot, allocation, max);
        if self.below(15) > 0 {
            spawn.tags.retain(|(name, _)| name != "Origin");
        }
        let (least, most) = self.founding.period;
        let chain = format!("legacy-{:036}", self.below(3));
        let first = self.below(4).to_string();
        let period = [least, most, most + 1][spoil::index(&mut self.seed, 3)].to_string();
        let mut tags = cast::tags(&[
            ("Action", "Register"),
            ("First-Slot", &first),
            ("Legacy-Chain", &chain),
            ("Min-Allocation", &allocation.to_string()),
            ("Max-Fee", &max.to_string()),
            ("Hosting-Deposit", "0"),
        ]);
        if self.below(2) == 0 {
            tags.extend(cast::tags(&[("Challenge-Period", &period)]));
        }
        Letter {
            items: Some(vec![spawn]),
            ..letter(cast::spawner(), tags)
        }
    }

    pub(super) fn leave(&mut self, game: &Game) -> Letter {
        let process = self.hosted(game);
        let row = game.model.court().and_then(|court| court.hosting(&process));
        let from = row.and_then(|row| row.operator);
        let from = from.unwrap_or_else(|| spoil::anybody(&mut self.seed));
        letter(
            from,
            cast::tags(&[("Action", "Leave"), ("Process", &process)]),
        )
    }

    pub(super) fn fund(&mut self, game: &Game) -> Letter {
        let process = self.hosted(game);
        let row = game.model.court().and_then(|court| court.hosting(&process));
        let rate = row.map_or(0, |row| row.rate);
        let sum = self.sum(&[rate, rate * 2, rate * 6, 60 * self.founding.unit]);
        let tags = [
            ("Action", "Fund"),
            ("Process", process.as_str()),
            ("Quantity", &sum.to_string()),
        ];
        let user = cast::user(self.below(cast::USERS));
        letter(user, cast::tags(&tags))
    }

    pub(super) fn settle(&mut self) -> Letter {
        let process = cast::process(self.below(cast::PROCESSES));
        let tags = [("Action", "Settle"), ("Process", process.as_str())];
        letter(spoil::anybody(&mut self.seed), cast::tags(&tags))
    }

    pub(super) fn heartbeat(&mut self, game: &Game) -> Letter {
        let first = self.below(cast::PROCESSES);
        let count = match self.below(6) {
            // About the bound of 2.8 and 5.12.
            0 => 63 + self.below(5),
            1 | 2 => 1 + self.below(cast::PROCESSES),
            _ => 1,
        };
        let all = (0..count).map(|step| (first + step) % 80);
        let numbers: Vec<u64> = all.collect();
        let known = numbers.len() < 63;
        let items = numbers.into_iter().filter_map(|number| {
            let process = cast::process(number);
            let row = game.model.court().and_then(|court| court.hosting(&process));
            let operator = row.and_then(|row| row.operator);
            // In a message of a sensible length mostly those that have a host.
            let dull = known && operator.is_none() && self.below(10) > 0;
            (!dull).then(|| self.beat(game, &process, operator.as_deref()))
        });
        let items: Vec<Enclosed> = items.collect();
        let tags = cast::tags(&[("Action", "Heartbeat")]);
        Letter {
            items: Some(items),
            ..letter(cast::user(self.below(cast::USERS)), tags)
        }
    }

    pub(super) fn beat(&mut self, game: &Game, process: &str, operator: Option<&str>) -> Enclosed {
        let court = game.model.court();
        let stake = operator.and_then(|operator| court?.stake(operator));
        let drawn = spoil::anybody(&mut self.seed);
        let by = stake.map_or(drawn, |stake| stake.hot_key);
        let head = game.logs.get(process);
        let (epoch, slot) = head.map_or((0, 0), |log| (log.head.epoch, log.head.slot));
        let ago = match self.below(4) {
            0 => self.below(self.founding.publish_within + 2),
            _ => 0,
        };
        let slot = slot + u64::from(self.below(20) == 0);
        let height = game.height - ago.min(game.height);
        let tags = [
            ("Action", "Heartbeat"),
            ("Origin", ORIGIN),
            ("Process", process),
            ("Epoch", &epoch.to_string()),
            ("Slot", &slot.to_string()),
            ("Log-Chain", &super::super::scroll::chain(slot)),
            ("Height", &height.to_string()),
        ];
        Enclosed {
            id: format!("beat-{:038}", slot),
            from: by,
            tags: cast::tags(&tags),
            ..Enclosed::default()
        }
    }
}
