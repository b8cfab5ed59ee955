//! Plots about stake and keys (4 to 4.5).

use super::super::game::Game;
use super::super::letters;
use super::super::moves::{Fault, Letter, Move};
use super::money::letter;
use super::plots::ALL;
use super::{Drawer, cast, spoil};

impl Drawer {
    /// How far a chain goes back under this genesis.
    pub(crate) fn depth(&self) -> usize {
        usize::try_from(self.founding.depth).unwrap_or(1)
    }

    /// The first operator's bond: ten times the least.
    pub(crate) fn honest_bond(&mut self) -> Vec<Letter> {
        let least = self.founding.min_bond.to_string();
        let mut bond = self.first_bond(0, Some(cast::hot(0, 0)));
        let sum = (10 * self.founding.min_bond).to_string();
        for tag in bond.tags.iter_mut().filter(|tag| tag.1 == least) {
            tag.1.clone_from(&sum);
        }
        vec![bond]
    }

    /// The first operator offers to host a process.
    pub(crate) fn honest_host(&mut self, number: u64) -> Letter {
        let unit = self.founding.unit;
        self.hosting_offer(&cast::process(number), 0, &cast::hot(0, 0), unit)
    }

    /// All but one unit of an operator's stake is slashed: the factor of his pool comes to nothing (4.5).
    pub(super) fn almost_all(&mut self, game: &Game) {
        let number = self.below(cast::OPERATORS);
        let operator = cast::operator(number);
        let stake = game.model.court().and_then(|court| court.stake(&operator));
        let Some(stake) = stake else { return };
        let seventh = (stake.bond / 7).to_string();
        let tags = [("Action", "Unbond"), ("Quantity", seventh.as_str())];
        self.plan(letter(stake.owner, cast::tags(&tags)));
        let sum = (stake.bond + stake.pool).saturating_sub(1 + u128::from(self.below(3)));
        self.planned.push_back(Move::Fault(Fault::Slash {
            operator,
            process: None,
            sum: sum.to_string(),
        }));
    }

    /// A slash that reaches the pool but not the live leases; then more bond, and another entry.
    pub(super) fn shrunk_pool(&mut self, game: &Game) {
        let operators = (0..cast::OPERATORS).map(|number| (number, cast::operator(number)));
        let court = game.model.court();
        let able = operators.filter_map(|(number, operator)| {
            let stake = court?.stake(&operator)?;
            (stake.live > 0 && stake.pool > 0).then_some((number, operator, stake))
        });
        let able: Vec<_> = able.collect();
        let at = spoil::index(&mut self.seed, able.len());
        let Some((number, operator, stake)) = able.get(at) else {
            return;
        };
        self.planned.push_back(Move::Fault(Fault::Slash {
            operator: operator.clone(),
            process: None,
            sum: (stake.bond - stake.live + stake.pool / 3).to_string(),
        }));
        let owner = cast::owner(*number);
        let more = (2 * self.founding.min_bond).to_string();
        let some = (self.founding.min_bond / 3).to_string();
        for (action, sum) in [("Bond", &more), ("Unbond", &some)] {
            let tags = [("Action", action), ("Quantity", sum.as_str())];
            self.plan(letter(owner.clone(), cast::tags(&tags)));
        }
        self.blocks(1);
    }

    /// A Bonding that ends before it is active, and another one behind it (3.5).
    pub(super) fn two_bonds(&mut self, game: &Game) {
        for number in 0..cast::OPERATORS {
            let court = game.model.court();
            let stake = court.and_then(|court| court.stake(&cast::operator(number)));
            let idle = stake.as_ref().is_none_or(|stake| stake.standing == "None");
            if !idle || super::money::free(game, &cast::owner(number)) < 3 * self.founding.min_bond
            {
                continue;
            }
            let bond = self.first_bond(number, stake.map(|stake| stake.hot_key));
            self.plan(bond.clone());
            let gap = 1 + self.below(2);
            self.blocks(gap);
            self.planned.push_back(Move::Fault(Fault::Slash {
                operator: cast::operator(number),
                process: None,
                sum: ALL.to_owned(),
            }));
            self.plan(bond);
            self.blocks(5);
            return;
        }
    }

    /// A first `Bond` with the record's present key.
    fn first_bond(&mut self, number: u64, present: Option<String>) -> Letter {
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        let drawn = self.hot_key(number);
        let hot = present.unwrap_or(drawn);
        let least = self.founding.min_bond.to_string();
        letters::first_bond(&owner, &operator, &hot, &least)
    }

    /// A key is used in something that was mined before it counted; or somebody else signs for an operator who never heard of it.
    pub(super) fn too_early(&mut self, game: &Game) {
        let number = self.below(cast::OPERATORS);
        let (owner, operator) = (cast::owner(number), cast::operator(number));
        if self.below(3) == 0 {
            let stranger = format!("{:_<43}", format!("stranger-{}", self.below(1_000)));
            let user = cast::user(2 + self.below(3));
            let mut bond = self.first_bond(number, None);
            let hot = format!("{:_<43}", format!("strange-hot-{}", self.below(1_000)));
            let mut second = cast::origin_key(&stranger, &user, &stranger);
            if self.below(2) == 0 {
                second.from = cast::user(0);
            }
            bond.from.clone_from(&user);
            bond.items = Some(vec![cast::origin_key(&hot, &user, &stranger), second]);
            return self.plan(bond);
        }
        let hot = cast::hot(number, self.below(cast::KEYS));
        let update = cast::tags(&[("Action", "Update")]);
        self.plan(Letter {
            items: Some(vec![cast::origin_key(&hot, &owner, &operator)]),
            ..letter(owner, update)
        });
        let ago = 1 + self.below(2);
        let mut host = self.host_with(game, number, &hot);
        host.ago = ago;
        self.plan(host);
        let court = game.model.court();
        let all = (0..cast::PROCESSES).map(cast::process);
        let own = all.filter(|id| {
            let row = court.and_then(|court| court.hosting(id));
            row.is_some_and(|row| row.operator.as_ref() == Some(&operator))
        });
        let own: Vec<String> = own.collect();
        let at = spoil::index(&mut self.seed, own.len());
        let Some(process) = own.get(at) else { return };
        let beat = self.early_beat(game, process, &hot, ago);
        self.plan(beat);
    }
}
