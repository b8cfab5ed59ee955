//! Token, bonds and unbonding.

use super::super::game::Game;
use super::super::moves::Letter;
use super::{Drawer, cast, spoil};

impl Drawer {
    pub(super) fn transfer(&mut self, game: &Game) -> Letter {
        let from = spoil::anybody(&mut self.seed);
        let free = free(game, &from);
        let small = 17 * self.founding.unit;
        let sum = self
            .sum(&[small, small, small, free / 10, free])
            .to_string();
        let to = spoil::anybody(&mut self.seed);
        let mut tags = cast::tags(&[
            ("Action", "Transfer"),
            ("Recipient", &to),
            ("Quantity", &sum),
        ]);
        if self.below(4) == 0 {
            tags.push(("Cast".to_owned(), "true".to_owned()));
        }
        letter(from, tags)
    }

    pub(super) fn bond(&mut self, game: &Game) -> Letter {
        let number = self.below(cast::OPERATORS);
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let stake = game.model.court().and_then(|court| court.stake(&operator));
        let present = stake.as_ref().map(|stake| stake.hot_key.clone());
        let least = self.founding.min_bond;
        let free = free(game, &owner);
        let sum = self
            .sum(&[least, least * 3, least * 5, least * 5, free])
            .to_string();
        let tags = [
            ("Action", "Bond"),
            ("Quantity", sum.as_str()),
            ("Url", "http://a.example"),
        ];
        let mut bond = letter(owner.clone(), cast::tags(&tags));
        let again = stake.is_some_and(|stake| stake.bond > 0);
        if !again || self.below(10) == 0 {
            let drawn = self.hot_key(number);
            let hot = present.filter(|_| self.below(2) == 0).unwrap_or(drawn);
            let mut items = vec![cast::origin_key(&hot, &owner, &operator)];
            if operator != owner {
                items.push(cast::origin_key(&operator, &owner, &operator));
            }
            bond.items = Some(items);
        }
        bond
    }

    pub(super) fn update(&mut self, game: &Game) -> Letter {
        let number = self.below(cast::OPERATORS);
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let from = match self.below(3) {
            0 => operator.clone(),
            _ => owner.clone(),
        };
        let mut update = letter(from, cast::tags(&[("Action", "Update")]));
        let unit = self.founding.unit;
        let floor = self.founding.floor;
        if self.below(4) == 0 {
            update
                .tags
                .extend(cast::tags(&[("Url", "https://b.example/x")]));
        }
        if self.below(2) == 0 {
            let fee = self.sum(&[0, unit, 5 * unit]).to_string();
            update.tags.extend(cast::tags(&[("Fee", &fee)]));
        }
        if self.below(3) == 0 {
            let fee = self.sum(&[floor, floor + unit, 4 * floor]).to_string();
            update.tags.extend(cast::tags(&[("Answer-Fee", &fee)]));
        }
        if self.below(3) == 0 && free(game, &owner) > 0 {
            let hot = self.hot_key(number);
            update.items = Some(vec![cast::origin_key(&hot, &owner, &operator)]);
        }
        update
    }

    /// One of the operator's hot keys, or, seldom, another operator.
    pub(super) fn hot_key(&mut self, operator: u64) -> String {
        match self.below(12) {
            0 => cast::operator(self.below(cast::OPERATORS)),
            _ => cast::hot(operator, self.below(cast::KEYS)),
        }
    }

    pub(super) fn unbond(&mut self, game: &Game) -> Letter {
        let number = self.below(cast::OPERATORS);
        let stake = game.model.court();
        let stake = stake.and_then(|court| court.stake(&cast::operator(number)));
        let (bond, live, free) = stake.map_or((0, 0, 0), |s| (s.bond, s.live, s.free));
        let small = 7 * self.founding.unit;
        let least = bond.saturating_sub(self.founding.min_bond);
        let large = [bond - live, free, least, bond];
        let edges: &[u128] = if self.below(3) == 0 { &large } else { &[small] };
        let sum = self.sum(edges).to_string();
        let tags = [("Action", "Unbond"), ("Quantity", sum.as_str())];
        letter(cast::owner(number), cast::tags(&tags))
    }

    pub(super) fn withdraw(&mut self) -> Letter {
        let number = self.below(cast::OPERATORS);
        let ago = if self.below(2) == 0 { self.below(5) } else { 0 };
        Letter {
            ago,
            ..letter(cast::owner(number), cast::tags(&[("Action", "Withdraw")]))
        }
    }

    /// Whatever only reads, and what no table knows.
    pub(super) fn question(&mut self) -> Letter {
        const ACTIONS: [&str; 9] = [
            "Info",
            "Balance",
            "Balances",
            "Total-Supply",
            "Params",
            "Operators",
            "Processes",
            "Genesis",
            "info",
        ];
        let action = ACTIONS[spoil::index(&mut self.seed, ACTIONS.len())];
        let mut tags = cast::tags(&[("Action", action)]);
        let operator = cast::operator(self.below(cast::OPERATORS));
        let process = cast::process(self.below(cast::PROCESSES));
        let user = cast::user(self.below(cast::USERS));
        match self.below(6) {
            0 => tags.extend(cast::tags(&[("Operator", &operator), ("Recipient", &user)])),
            1 => tags.extend(cast::tags(&[("Process", &process), ("Account", &user)])),
            2 => {
                let first = self.below(12).to_string();
                tags.extend(cast::tags(&[("First", &first), ("Target", &operator)]));
            }
            _ => {}
        }
        letter(spoil::anybody(&mut self.seed), tags)
    }
}

pub(super) fn letter(from: String, tags: Vec<(String, String)>) -> Letter {
    Letter {
        from,
        tags,
        ..Letter::default()
    }
}

pub(super) fn free(game: &Game, address: &str) -> u128 {
    let court = game.model.court();
    court.map_or(0, |court| court.ledger().free(address))
}
