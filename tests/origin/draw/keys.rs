//! Keys and roles at their edges (4.3), and what takes many messages of one kind: what games would else draw too seldom.

use super::super::game::Game;
use super::super::letters;
use super::super::moves::{Enclosed, Fault, Letter, Move};
use super::money::letter;
use super::{Drawer, cast, spoil};

/// One more than may wait at once (4).
const ENTRIES: u64 = 33;

impl Drawer {
    /// A first `Bond` in which one of the three keys plays two roles, or belongs to somebody else.
    pub(super) fn role(&mut self) -> Letter {
        let number = self.below(cast::OPERATORS);
        let other = (number + 1 + self.below(cast::OPERATORS - 1)) % cast::OPERATORS;
        let own = cast::owner(number);
        let fresh = cast::hot(number, self.below(cast::KEYS));
        let stranger = cast::user(self.below(cast::USERS));
        let (owner, operator, hot) = match self.below(7) {
            0 => (own.clone(), cast::operator(number), own),
            1 => (own, cast::operator(number), cast::operator(number)),
            // The record of another owner.
            2 => (own, cast::operator(other), fresh),
            3 => (stranger, cast::operator(other), fresh),
            // The caller is an operator, or owns another record; the operator owns one, or is a hot key.
            4 => (cast::operator(other), stranger, fresh),
            5 => (cast::owner(other), stranger, fresh),
            _ => (
                stranger,
                [cast::owner(other), fresh.clone()][spoil::index(&mut self.seed, 2)].clone(),
                cast::hot(other, 0),
            ),
        };
        let least = self.founding.min_bond.to_string();
        letters::first_bond(&owner, &operator, &hot, &least)
    }

    /// A new key, as soon as one may come.
    pub(super) fn rotate(&mut self, game: &Game) -> Letter {
        let drawn = self.below(cast::OPERATORS);
        // Mostly one whose older key counts for the last time, or did a block ago.
        let about = |number: &u64| {
            let keys = game
                .model
                .court()
                .map(|court| court.keys_of(&cast::operator(*number)));
            let mut untils = keys.into_iter().flatten().filter_map(|key| key.until);
            untils.any(|until| until == game.height || until + 1 == game.height)
        };
        let number = (0..cast::OPERATORS).find(about).unwrap_or(drawn);
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let hot = cast::hot(number, self.below(cast::KEYS));
        Letter {
            items: Some(vec![cast::origin_key(&hot, &owner, &operator)]),
            ..letter(owner, cast::tags(&[("Action", "Update")]))
        }
    }

    /// A heartbeat by a key that fades, mined about its last height; or by another host's key; or with a slot that is not the head's.
    pub(super) fn strange_beat(&mut self, game: &Game) -> Letter {
        let process = self.hosted(game);
        let court = game.model.court();
        let operator = court.and_then(|court| court.hosting(&process)?.operator);
        let mut keys = match (court, &operator) {
            (Some(court), Some(operator)) => court.keys_of(operator),
            _ => Vec::new(),
        };
        keys.retain(|key| key.until.is_some());
        let faded = keys.last().cloned();
        let mut beat = self.beat(game, &process, operator.as_deref());
        let mut ago = 0;
        match (self.below(4), faded) {
            (0, _) => beat.from = cast::hot(self.below(cast::OPERATORS), self.below(cast::KEYS)),
            (1, _) => strange_slot(&mut beat),
            (_, Some(key)) => {
                let until = key.until.unwrap_or(game.height) + self.below(2);
                ago = game.height.saturating_sub(until).min(20);
                beat.from = key.address;
                set(&mut beat, "Height", (game.height - ago).to_string());
            }
            _ => {}
        }
        let mut items = vec![beat.clone()];
        match self.below(12) {
            0 | 1 => items.push(beat),
            // Too many, and they name one process all the same.
            2 => items = vec![beat; 65],
            _ => {}
        }
        Letter {
            ago,
            items: Some(items),
            ..letter(cast::user(0), cast::tags(&[("Action", "Heartbeat")]))
        }
    }

    /// A heartbeat by a key, mined some blocks ago.
    pub(super) fn early_beat(&mut self, game: &Game, process: &str, key: &str, ago: u64) -> Letter {
        let mut beat = self.beat(game, process, None);
        key.clone_into(&mut beat.from);
        set(
            &mut beat,
            "Height",
            game.height.saturating_sub(ago).to_string(),
        );
        Letter {
            ago,
            items: Some(vec![beat]),
            ..letter(cast::user(0), cast::tags(&[("Action", "Heartbeat")]))
        }
    }

    /// Who is bonding loses all and bonds once more: the first activation is not the second's.
    fn begin_again(&mut self, game: &Game) {
        let court = game.model.court();
        let bonding = |number: &u64| {
            let stake = court.and_then(|court| court.stake(&cast::operator(*number)));
            stake.is_some_and(|stake| stake.standing == "Bonding")
        };
        let Some(number) = (0..cast::OPERATORS).find(bonding) else {
            return;
        };
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let hot = court.and_then(|court| court.stake(&operator));
        let hot = hot.map_or_else(String::new, |stake| stake.hot_key);
        let least = self.founding.min_bond.to_string();
        let bond = letters::first_bond(&owner, &operator, &hot, &least);
        let all = Fault::Slash {
            operator,
            process: None,
            sum: "9".repeat(29),
        };
        let block = self.block();
        self.planned
            .extend([Move::Fault(all), block, Move::Item(bond)]);
    }

    /// More `Unbond`s than may wait, or the same operator barred twice.
    pub(super) fn many(&mut self, game: &Game) {
        let number = self.below(cast::OPERATORS);
        if self.below(2) == 0 {
            return self.begin_again(game);
        }
        if self.below(20) == 0 {
            let operator = cast::operator(number);
            let fault = Move::Fault(Fault::Tombstone { operator });
            self.planned.extend([fault.clone(), fault]);
            return;
        }
        let sum = (1 + self.below(3)).to_string();
        let tags = [("Action", "Unbond"), ("Quantity", sum.as_str())];
        let one = letter(cast::owner(number), cast::tags(&tags));
        for _ in 0..ENTRIES {
            self.planned.push_back(Move::Item(one.clone()));
        }
    }
}

/// The slot is another one, the chain that of the head.
fn strange_slot(beat: &mut Enclosed) {
    let slot = beat.tags.iter().find(|(name, _)| name == "Slot");
    let next = slot.and_then(|(_, text)| text.parse::<u64>().ok());
    set(beat, "Slot", (next.unwrap_or(0) + 1).to_string());
}

fn set(beat: &mut Enclosed, name: &str, value: String) {
    for tag in beat.tags.iter_mut().filter(|(tag, _)| tag == name) {
        tag.1.clone_from(&value);
    }
}
