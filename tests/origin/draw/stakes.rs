//! Plots about stake and keys (4 to 4.5).

use super::super::game::Game;
use super::super::letters;
use super::super::moves::{Fault, Letter, Move};
use super::cases::pooled;
use super::money::letter;
use super::plots::{ALL, LONG};
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

    /// The processes whose last lease has ended and is still held: the lease, and the last height of evidence about it (4.4).
    pub(super) fn held(&self, game: &Game) -> Vec<(String, u64, u64)> {
        let court = game.model.court();
        let all = (0..cast::PROCESSES).map(cast::process);
        let ended = all.filter_map(|process| {
            let lease = court?.hosting(&process)?.lease?;
            let last = court?.end_of(lease)? + self.founding.evidence_max_age;
            (last >= game.height).then_some((process, lease, last))
        });
        ended.collect()
    }

    /// Two receipts that were never published, challenged one after the other just before the stake of an ended lease is free (4.4).
    pub(super) fn late_cases(&mut self, game: &Game) {
        let held = self.held(game);
        let at = spoil::index(&mut self.seed, held.len());
        let Some((process, lease, last)) = held.get(at).cloned() else {
            return;
        };
        let operator = game.model.court().and_then(|court| court.lease(lease));
        let operator = operator.map_or_else(String::new, |lease| lease.operator);
        let tags = [("Action", "Operators"), ("Operator", operator.as_str())];
        let question = letter(cast::user(0), cast::tags(&tags));
        let ended = last - self.founding.evidence_max_age;
        self.blocks((last - game.height).saturating_sub(1));
        for step in 1..=2 {
            let challenge = self.unpublished(game, &process, step, ended);
            self.plan(challenge);
            self.blocks(1);
        }
        for _ in 0..LONG / 2 {
            self.plan(question.clone());
            self.blocks(1);
        }
    }

    /// A challenge of a receipt for a slot behind the head, so old at `height` that it should have been published.
    pub(super) fn unpublished(
        &mut self,
        game: &Game,
        process: &str,
        step: u64,
        height: u64,
    ) -> Letter {
        let head = game.logs.get(process).map_or(0, |log| log.head.slot);
        let (slot, number) = (head + step, self.fresh());
        let mut item = self.receipt(game, process, slot, &pooled(process, number));
        if let Some(signed) = &mut item.signed {
            let entries = signed.entries.values_mut();
            let stamp = height.saturating_sub(self.founding.publish_within + 1);
            entries.for_each(|entry| entry.height = stamp);
        }
        let dear = (50 * self.founding.unit).to_string();
        let tags = [
            ("Action", "Challenge-Publication"),
            ("Process", process),
            ("Answer-Fee", &dear),
        ];
        Letter {
            items: Some(vec![item]),
            ..letter(cast::user(cast::RICH), cast::tags(&tags))
        }
    }

    /// An operator who could host one process more and bring a new key, if there is one.
    pub(super) fn able(&mut self, game: &Game) -> u64 {
        let court = game.model.court();
        let is_able = |number: &u64| {
            let operator = cast::operator(*number);
            let Some((court, stake)) =
                court.and_then(|court| Some((court, court.stake(&operator)?)))
            else {
                return false;
            };
            let keys = court.keys_of(&operator);
            let fades = keys
                .iter()
                .any(|key| key.until.is_some_and(|until| until >= game.height));
            !fades && stake.standing == "Bonded" && stake.free >= 200 * self.founding.unit
        };
        let able: Vec<u64> = (0..cast::OPERATORS).filter(is_able).collect();
        let at = spoil::index(&mut self.seed, able.len());
        able.get(at).copied().unwrap_or(0)
    }

    /// A key is used in something that was mined before it counted; or somebody else signs for an operator who never heard of it.
    pub(super) fn too_early(&mut self, game: &Game) {
        let number = self.able(game);
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
        // A key that nobody ever had, and a process that nobody knows: nothing else is wrong with what comes.
        let hot = cast::hot(number, cast::KEYS + self.below(10_000));
        let update = cast::tags(&[("Action", "Update")]);
        self.plan(Letter {
            items: Some(vec![cast::origin_key(&hot, &owner, &operator)]),
            ..letter(owner, update)
        });
        let ago = 1 + self.below(2);
        let unit = self.founding.unit;
        let unknown = cast::process(100 + self.below(10_000));
        let mut host = self.hosting_offer(&unknown, number, &hot, unit);
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
