//! Draws a genesis: small parameters, so that everything comes due within a game; bad ones where it is asked to.

use serde_json::{Map, Value, json};

use super::super::contract::FOUNDER;
use super::super::moves::Letter;
use super::cast;
use crate::harness::seed::Seed;

/// What later draws must know of the genesis.
#[derive(Clone, Debug)]
pub(crate) struct Founding {
    /// The size of all sums: one unit, or so many that products are large.
    pub(crate) unit: u128,
    pub(crate) min_bond: u128,
    pub(crate) floor: u128,
    pub(crate) period: (u64, u64),
    pub(crate) publish_within: u64,
    pub(crate) depth: u64,
    pub(crate) activation: u64,
    pub(crate) evidence_max_age: u64,
    pub(crate) bounty_window: u64,
    pub(crate) memory: u64,
    pub(crate) inbox_fee: u128,
    pub(crate) letter: Letter,
}

pub(crate) fn draw(seed: &mut Seed) -> Founding {
    let unit = [1, 1_000_003, 10_u128.pow(23)][usize::try_from(seed.below(3)).unwrap_or(0)];
    let (parameters, period) = parameters(seed, unit);
    let min_bond = 1_000 * unit;
    let floor = 3 * unit;
    let of = |name: &str| parameters[name].as_u64().unwrap_or(1);
    let [publish_within, depth, activation] =
        ["publish_within", "settlement_depth", "activation"].map(of);
    let [evidence_max_age, bounty_window, memory] =
        ["evidence_max_age", "bounty_window", "memory"].map(of);
    let inbox_fee = parameters["inbox_fee"]
        .as_str()
        .and_then(|fee| fee.parse().ok());
    let data = json!({
        "name": "Stake", "ticker": "STK", "logo": "a".repeat(43),
        "parameters": parameters, "balances": balances(seed, unit),
    });
    let letter = Letter {
        from: FOUNDER.to_owned(),
        tags: cast::tags(&[("Action", "Genesis"), ("Reference", "7")]),
        data: data.to_string(),
        ..Letter::default()
    };
    Founding {
        unit,
        min_bond,
        floor,
        period,
        publish_within,
        depth,
        activation,
        evidence_max_age,
        bounty_window,
        memory,
        inbox_fee: inbox_fee.unwrap_or(0),
        letter,
    }
}

impl Founding {
    /// One thing is wrong now, or just at its bound.
    pub(crate) fn spoil(&mut self, seed: &mut Seed) {
        let mut data = serde_json::from_str(&self.letter.data).unwrap_or_default();
        match seed.below(4) {
            0 => tighten(seed, &mut data),
            _ => spoil(seed, &mut data, &mut self.letter.from),
        }
        self.letter.data = data.to_string();
    }
}

/// One of the conditions of 4.2 holds with nothing to spare, or fails by one.
fn tighten(seed: &mut Seed, data: &mut Value) {
    let all = &data["parameters"];
    let of = |name: &str| all[name].as_u64().unwrap_or(1);
    let evidence = of("evidence_max_age") + of("period_max") + of("publish_within");
    let (name, bound, over) = match seed.below(7) {
        0..=2 => (
            "unbonding",
            evidence + of("settlement_depth") + of("slash_delay"),
            false,
        ),
        3 => ("cut", of("commit") + of("reveal"), true),
        4 => ("period_min", of("window_floor"), false),
        5 => (
            "window_floor",
            of("settlement_depth") + of("late_after"),
            false,
        ),
        _ => ("mass_window", of("slash_delay"), true),
    };
    let wrong = seed.below(2);
    let value = if over { bound + wrong } else { bound - wrong };
    data["parameters"][name] = json!(value);
}

fn parameters(seed: &mut Seed, unit: u128) -> (Map<String, Value>, (u64, u64)) {
    let mut up = |least: u64, more: u64| least + seed.below(more + 1);
    let (depth, late, publish) = (up(1, 1), up(1, 2), up(1, 5));
    let floor = up(depth + late, 2);
    let period_min = up(floor, 2);
    let period_max = up(period_min, 8);
    let (slash_delay, evidence) = (up(2, 4), up(1, 15));
    let safe = evidence + period_max + publish + depth + slash_delay;
    let (commit, reveal, jail_min) = (up(1, 2), up(1, 2), up(1, 3));
    let fee = [0, 1, 7 * unit][usize::try_from(up(0, 2)).unwrap_or(0)];
    // Short enough that one mass failure follows another at once, or long enough that episodes add up.
    let memory = [5, 40, 40, 40, 160][usize::try_from(up(0, 4)).unwrap_or(0)];
    let parameters = json!({
        "settlement_depth": depth, "activation": up(1, 3), "unbonding": up(safe, 6),
        "evidence_max_age": evidence, "slash_delay": slash_delay,
        "period_default": up(period_min, period_max - period_min),
        "period_min": period_min, "period_max": period_max, "window_floor": floor,
        "late_after": late, "publish_within": publish, "public_before": up(1, 3),
        "cut": up(1, commit + reveal - 1), "commit": commit, "reveal": reveal,
        "beacon_blocks": up(1, 3), "handover": up(1, 5), "notice": up(1, 7),
        "jail_min": jail_min, "jail_max": up(jail_min, 9), "memory": up(1, memory),
        "mass_window": up(1, slash_delay - 1), "bounty_window": up(1, slash_delay - 1),
        "arrears": up(1, 6), "fee_rise": up(1, 5), "reopening_factor": up(1, 9),
        "min_bond": (1_000 * unit).to_string(), "inbox_fee": fee.to_string(),
        "answer_fee_floor": (3 * unit).to_string(),
    });
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    (parameters, (period_min, period_max))
}

fn balances(seed: &mut Seed, unit: u128) -> Map<String, Value> {
    let owners = (0..cast::OPERATORS).map(|number| (cast::owner(number), 20_000));
    let operators = (0..cast::OPERATORS - 1).map(|number| (cast::operator(number), 2_000));
    let users = (0..cast::USERS - 1).map(|number| match number {
        cast::RICH => (cast::user(number), 900_000),
        _ => (cast::user(number), 15_000),
    });
    let spawner = [(cast::spawner(), 1_000), (cast::purse(), 900_000)];
    let all = owners.chain(operators).chain(users).chain(spawner);
    all.map(|(address, sum)| {
        let sum = sum * unit + u128::from(seed.below(1_000));
        (address, json!(sum.to_string()))
    })
    .collect()
}

/// A value of another kind, a member too many or too few, another sender.
fn spoil(seed: &mut Seed, data: &mut Value, from: &mut String) {
    let names: Vec<String> = match data["parameters"].as_object() {
        Some(map) => map.keys().cloned().collect(),
        None => Vec::new(),
    };
    let any = usize::try_from(seed.below(29)).unwrap_or(0);
    let name = names.get(any).cloned().unwrap_or_default();
    let values = [
        json!(0),
        json!(1),
        json!(1_000_000),
        json!(1_000_001),
        json!(-1),
        json!(2.5),
        json!("5"),
        json!("0"),
        json!("01"),
        json!(null),
        json!(true),
        json!([]),
        json!("1".repeat(31)),
    ];
    let value = usize::try_from(seed.below(13)).unwrap_or(0);
    match seed.below(12) {
        0..=5 => data["parameters"][name] = values[value].clone(),
        6 => {
            if let Some(map) = data["parameters"].as_object_mut() {
                map.remove(&name);
            }
        }
        7 => data["parameters"]["foreign"] = json!(1),
        8 => *from = cast::owner(0),
        9 => data["balances"][cast::owner(0)] = values[value].clone(),
        10 => data["balances"]["nobody"] = json!("5"),
        _ => {
            let fields = ["name", "ticker", "logo", "more", "parameters", "balances"];
            let field = fields[usize::try_from(seed.below(6)).unwrap_or(0)];
            let texts = [
                json!(null),
                json!([]),
                json!(["5"]),
                json!(""),
                json!("a".repeat(65)),
                json!("a\nb"),
                json!(5),
                json!("a".repeat(64)),
            ];
            data[field] = texts[usize::try_from(seed.below(8)).unwrap_or(0)].clone();
        }
    }
}
