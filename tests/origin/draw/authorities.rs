//! Authority keys (4.7): brought, taken back, brought again by somebody else.

use super::super::game::Game;
use super::super::letters;
use super::super::moves::{Enclosed, Fault, Letter, Move};
use super::money::letter;
use super::plots::ALL;
use super::{Drawer, cast, spoil};

/// Names of authority keys in a game: some twice as many as it comes to use.
const NAMES: u64 = 60;

/// Operators that mostly bring them, so few that a record is full now and then.
const EAGER: u64 = 3;

impl Drawer {
    /// An owner brings a key, mostly one that nobody has.
    pub(super) fn authorize(&mut self, game: &Game) -> Letter {
        let number = self.below(EAGER + 2).min(cast::OPERATORS - 1);
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let key = match self.below(8) {
            0 => spoil::anybody(&mut self.seed),
            1 => self.standing(game, &operator),
            _ => cast::authority(self.below(NAMES)),
        };
        let mut item = cast::origin_authority(&key, &owner, &operator);
        if self.below(12) == 0 {
            item = self.unfit(item, number);
        }
        let mut items = vec![item];
        if self.below(40) == 0 {
            let other = cast::authority(self.below(NAMES));
            items.push(cast::origin_authority(&other, &owner, &operator));
        }
        let from = match self.below(10) {
            0 => operator,
            _ => owner,
        };
        Letter {
            items: Some(items),
            ..letter(from, cast::tags(&[("Action", "Authorize")]))
        }
    }

    /// Keys come to a record that is still Bonding; before it is activated it is barred for ever, or loses its bond, or nothing happens.
    pub(super) fn unready_keys(&mut self) {
        let number = self.below(1_000);
        let owner = cast::user(2 + self.below(cast::USERS - 3));
        let operator = format!("{:_<43}", format!("stranger-{number}"));
        let hot = format!("{:_<43}", format!("strange-hot-{number}"));
        let least = self.founding.min_bond.to_string();
        self.plan(letters::first_bond(&owner, &operator, &hot, &least));
        for step in 0..=self.below(2) {
            let key = cast::authority(NAMES + 10 * number + step);
            let item = cast::origin_authority(&key, &owner, &operator);
            self.plan(Letter {
                items: Some(vec![item]),
                ..letter(owner.clone(), cast::tags(&[("Action", "Authorize")]))
            });
        }
        let sum = ALL.to_owned();
        let process = None;
        match self.below(4) {
            0 | 1 => self
                .planned
                .push_back(Move::Fault(Fault::Tombstone { operator })),
            2 => self.planned.push_back(Move::Fault(Fault::Slash {
                operator,
                process,
                sum,
            })),
            _ => {}
        }
        self.blocks(self.founding.activation + 2);
    }

    /// The word of a key that is of the wrong kind, or for another record or court.
    fn unfit(&mut self, word: Enclosed, number: u64) -> Enclosed {
        let (key, owner, operator) = (
            word.from.clone(),
            cast::owner(number),
            cast::operator(number),
        );
        match self.below(4) {
            0 => cast::origin_key(&key, &owner, &operator),
            1 => cast::origin_authority(&key, &cast::owner(number + 1), &operator),
            2 => cast::origin_authority(&key, &owner, &cast::operator(number + 1)),
            _ => {
                let mut word = word;
                let origin = word.tags.iter_mut().find(|(name, _)| name == "Origin");
                origin.into_iter().for_each(|(_, value)| value.push('x'));
                word
            }
        }
    }

    /// The owner or the operator takes one back, mostly one that stands.
    pub(super) fn revoke(&mut self, game: &Game) -> Letter {
        let number = self.below(EAGER + 2).min(cast::OPERATORS - 1);
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let key = match self.below(6) {
            0 => cast::authority(self.below(NAMES)),
            _ => self.standing(game, &operator),
        };
        let from = [owner, operator][spoil::index(&mut self.seed, 2)].clone();
        letter(from, cast::tags(&[("Action", "Revoke"), ("Key", &key)]))
    }

    /// One that stands in the record; a name where none does.
    fn standing(&mut self, game: &Game, operator: &str) -> String {
        let court = game.model.court();
        let stake = court.and_then(|court| court.stake(operator));
        let keys = stake.map_or_else(Vec::new, |stake| stake.authorities);
        let at = spoil::index(&mut self.seed, keys.len());
        let drawn = cast::authority(self.below(NAMES));
        keys.get(at).cloned().unwrap_or(drawn)
    }
}
