//! Plots about what cases cost: who has not quite enough to open one (6.4), and what an expiry costs in an episode that another
//! kind of expiry began (6, liveness).

use super::super::game::Game;
use super::super::moves::{Enclosed, Letter};
use super::cases::pooled;
use super::money::{self, letter};
use super::{Drawer, cast, spoil};

/// Inbox fees that opening a case by an item burns (6.4).
const OPENING_FEES: u128 = 5;
/// Answer fees of a bond (6.4).
const BOND_FEES: u128 = 10;
/// Blocks by which the expiries of a plot are shifted against one another.
const SHIFT: u64 = 6;

impl Drawer {
    /// Somebody has just what a case posts, and what opening it burns, or not quite.
    pub(super) fn short_purse(&mut self, game: &Game) {
        let process = self.hosted(game);
        let court = game.model.court();
        let lease = court.and_then(|court| court.hosting(&process)?.lease);
        let Some((fee, answer)) = court.and_then(|court| Some(court.fees(lease?, game.height)))
        else {
            return;
        };
        let who = cast::user(2 + self.below(cast::USERS - 3));
        let inbox_fee = self.founding.inbox_fee;
        let (posted, burned) = (BOND_FEES * answer + answer + fee, OPENING_FEES * inbox_fee);
        // The transfer and the challenge pay an inbox fee of their own.
        let almost = posted + burned.saturating_sub(1);
        let spare = [posted, almost, almost, posted + burned];
        let spare = spare[spoil::index(&mut self.seed, spare.len())];
        let kept = spare + 2 * inbox_fee;
        let Some(away) = money::free(game, &who)
            .checked_sub(kept)
            .filter(|sum| *sum > 0)
        else {
            return;
        };
        let (rich, away) = (cast::user(cast::RICH), away.to_string());
        self.plan(transfer(&who, &rich, &away));
        let number = self.fresh();
        let challenge = self.rich(&process, number..number + 1);
        self.plan(Letter {
            from: who.clone(),
            ..challenge
        });
        self.plan(transfer(&rich, &who, &away));
    }

    /// A slot that was promised never comes, which costs more than its episode says; others expire while that episode lasts.
    pub(super) fn broken_promise(&mut self, game: &Game) {
        let (hot, processes) = self.taken_on(game);
        let [first, second] = &processes;
        let number = self.fresh();
        let mut receipt = self.receipt(game, first, 3, &pooled(first, number));
        receipt.from.clone_from(&hot);
        let signed = receipt.signed.iter_mut();
        signed.for_each(|signed| (signed.signer, signed.epoch) = (hot.clone(), 0));
        let shift = self.below(SHIFT);
        let asked = self.rich(first, number..number + 1);
        self.plan(asked);
        let other = self.rich(second, number..number + 1);
        let wait = self.below(2) == 0;
        let order = if wait {
            [other, answer(receipt)]
        } else {
            [answer(receipt), other]
        };
        for one in order {
            self.plan(one);
            self.blocks(shift);
        }
        self.blocks(super::plots::LONG);
    }

    /// What a host did not publish, shown by a record where a receipt is asked for.
    pub(super) fn no_receipt(&mut self, game: &Game) {
        let (hot, [process, _]) = self.taken_on(game);
        let slot = 3;
        let mut challenge = self.unpublished(game, &process, slot, game.height);
        // Of a record the court sees the slot that the message names.
        let named = slot.to_string();
        challenge.tags.extend(cast::tags(&[("Slot", &named)]));
        for item in challenge.items.iter_mut().flatten() {
            item.from.clone_from(&hot);
            let signed = item.signed.iter_mut();
            signed.for_each(|signed| {
                (signed.signer, signed.epoch, signed.record) = (hot.clone(), 0, true);
            });
        }
        self.plan(challenge);
    }

    /// Most of the old stake fails, and `memory` blocks later once more (6.7).
    pub(super) fn failing_twice(&mut self, game: &Game) {
        let memory = self.founding.memory;
        if memory > super::plots::LONG {
            return;
        }
        let (_hot, processes) = self.taken_on(game);
        for process in &processes {
            self.blocks(memory);
            let number = self.fresh();
            let challenge = self.rich(process, number..number + 1);
            self.plan(challenge);
        }
        self.blocks(super::plots::LONG);
    }

    /// An operator takes two processes that nobody knows, and somebody pays for them; gives its hot key too.
    pub(super) fn taken_on(&mut self, game: &Game) -> (String, [String; 2]) {
        let number = self.able(game);
        let stake = game
            .model
            .court()
            .and_then(|court| court.stake(&cast::operator(number)));
        let hot = stake.map_or_else(String::new, |stake| stake.hot_key);
        let first = 100 + 2 * self.below(10_000);
        let processes = [first, first + 1].map(cast::process);
        let (unit, rich) = (self.founding.unit, cast::user(cast::RICH));
        let enough = (100 * unit).to_string();
        for process in &processes {
            let offer = self.hosting_offer(process, number, &hot, unit);
            self.plan(offer);
            let tags = [
                ("Action", "Fund"),
                ("Process", process),
                ("Quantity", &enough),
            ];
            self.plan(letter(rich.clone(), cast::tags(&tags)));
        }
        (hot, processes)
    }

    /// The processes of the host that has the most.
    pub(super) fn of_one_host(&self, game: &Game) -> Vec<String> {
        let court = game.model.court();
        let all = (0..cast::PROCESSES).map(cast::process);
        let mut hosted: Vec<(String, String)> = all
            .filter_map(|id| Some((court?.hosting(&id)?.operator?, id)))
            .collect();
        hosted.sort();
        let groups = hosted.chunk_by(|a, b| a.0 == b.0);
        let largest = groups.max_by_key(|group| group.len());
        let processes = largest.unwrap_or_default().iter();
        processes.map(|(_, process)| process.clone()).collect()
    }
}

fn transfer(from: &str, to: &str, sum: &str) -> Letter {
    let tags = [("Action", "Transfer"), ("Recipient", to), ("Quantity", sum)];
    letter(from.to_owned(), cast::tags(&tags))
}

fn answer(receipt: Enclosed) -> Letter {
    Letter {
        items: Some(vec![receipt]),
        ..letter(cast::user(0), cast::tags(&[("Action", "Answer")]))
    }
}
