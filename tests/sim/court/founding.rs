//! The court of a world at its beginning: each scheduler key is that of a bonded operator, who hosts the processes of the scene.

use serde_json::{Map, Value, json};

use super::super::cast::{Cast, KEYS};
use super::super::scene::Scene;
use crate::harness::seed::Seed;
use crate::origin::draw::cast;
use crate::origin::game::{Game, Trouble};
use crate::origin::letters;
use crate::origin::moves::{Letter, Move};

/// Windows are never shorter, however late a host was: an honest host needs some quiet blocks in one.
pub(super) const WINDOW_FLOOR: u64 = 40;
/// Who challenges: two, so that one may join the other.
const CHALLENGERS: u64 = 2;

/// The operator whose scheduler key this is.
pub(in crate::sim) fn operator(key: usize) -> String {
    cast::operator(key as u64)
}

pub(in crate::sim) fn challenger(dice: &mut Seed) -> String {
    cast::user(2 + dice.below(CHALLENGERS))
}

/// A court with leases for all processes of the scene.
pub(super) fn court(scene: &Scene, all: &Cast, dice: &mut Seed) -> Result<Game, Trouble> {
    let mut game = Game::begin("")?;
    game.play(&Move::Item(genesis(scene, dice)))?;
    for (number, key) in all.keys.iter().enumerate() {
        let owner = cast::owner(number as u64);
        let bond = letters::first_bond(&owner, &operator(number), key.address().as_str(), "90000");
        game.play(&Move::Item(bond))?;
    }
    for _activation in 0..3 {
        game.play(&block(None))?;
    }
    for part in scene.parts.iter().filter_map(|index| all.parts.get(*index)) {
        let (process, key) = (part.process().to_string(), &all.keys[part.key]);
        let fund = letters::fund(&cast::user(4), &process, "90000");
        let host = letters::host(&operator(part.key), &process, key.address().as_str());
        // The deriver knows each log from its first block on, also an empty one.
        game.logs.entry(process).or_default();
        for letter in [fund, host] {
            game.play(&Move::Item(letter))?;
            debug_assert_eq!(game.refused, None, "the beginning is in order");
        }
    }
    Ok(game)
}

/// The next block, and how many blocks ago the oldest item was mined that still waits.
pub(super) fn block(queued: Option<u64>) -> Move {
    Move::Block {
        queued,
        headless: false,
        placeless: false,
    }
}

fn genesis(scene: &Scene, dice: &mut Seed) -> Letter {
    let (depth, period) = (scene.settlement_depth, WINDOW_FLOOR + dice.below(40));
    let parameters = json!({
        "settlement_depth": depth, "activation": 1, "unbonding": 600, "evidence_max_age": 10,
        "slash_delay": 6, "period_default": period, "period_min": WINDOW_FLOOR, "period_max": 100,
        "window_floor": WINDOW_FLOOR, "late_after": 2, "publish_within": WINDOW_FLOOR + dice.below(20),
        "public_before": 1, "cut": 1, "commit": 1, "reveal": 1, "beacon_blocks": 1, "handover": 1,
        "notice": 2, "jail_min": 1, "jail_max": 2, "memory": 100_000, "mass_window": 1,
        "bounty_window": 1, "arrears": 4, "fee_rise": 1, "reopening_factor": 2,
        "min_bond": "1000", "inbox_fee": "0", "answer_fee_floor": "3",
    });
    letters::genesis(&parameters, &Value::Object(balances()))
}

fn balances() -> Map<String, Value> {
    let owners = (0..KEYS as u64).map(cast::owner);
    let users = (2..5).map(cast::user);
    let rich = owners.chain(users).map(|who| (who, json!("9000000")));
    rich.collect()
}
