//! Stories with the law's own numbers, told to the model alone; the contract hears its own in the garden.

mod authorities;
mod cases;
mod hosting;
mod money;
mod stake;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::invariants;
use crate::{Child, Enclosures, Item, LogHead, Message, Outcome, State, Tick};

const ORIGIN: &str = "OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO";
const TOKEN: u128 = 1_000_000_000_000;

/// An address or id made of a short name.
fn named(name: &str) -> String {
    format!("{name:_<43}")
}

/// The court of section 8's first column, with 10,000 tokens for each of some people.
struct Story {
    state: State,
    height: u64,
    logs: BTreeMap<String, LogHead>,
}

fn parameters() -> Value {
    json!({
        "settlement_depth": 20, "activation": 720, "unbonding": 21_600, "evidence_max_age": 14_400,
        "slash_delay": 220, "period_default": 360, "period_min": 60, "period_max": 5_040,
        "window_floor": 35, "late_after": 15, "publish_within": 60, "public_before": 5, "cut": 15,
        "commit": 15, "reveal": 10, "beacon_blocks": 16, "handover": 60, "notice": 720,
        "jail_min": 360, "jail_max": 5_040, "memory": 21_600, "mass_window": 30,
        "bounty_window": 5, "arrears": 720, "fee_rise": 60, "reopening_factor": 720,
        "min_bond": "1000000000000000", "inbox_fee": "10000000000",
        "answer_fee_floor": "100000000000",
    })
}

fn genesis(parameters: &Value) -> Item {
    let people = ["owner", "olga", "other", "user", "operator", "spawner"];
    let balances = people.map(|name| (named(name), json!((10_000 * TOKEN).to_string())));
    let data = json!({
        "name": "Stake", "ticker": "STK", "logo": "", "parameters": parameters,
        "balances": serde_json::Map::from_iter(balances),
    });
    Item {
        id: named("genesis"),
        owner: named("founder"),
        run: 1_000,
        mined: 1_000,
        data: data.to_string(),
        ..Item::default()
    }
}

impl Story {
    fn new() -> Self {
        let mut state = State::new(ORIGIN, &named("founder"));
        let outcome = state.step(&Message::Item(genesis(&parameters())));
        assert_eq!(outcome.verdict.code, None);
        Self {
            state,
            height: 1_000,
            logs: BTreeMap::new(),
        }
    }

    /// A message mined and run at the present height.
    fn item(&self, who: &str, tags: &[(&str, &str)], children: Vec<Child>) -> Item {
        Item {
            id: named("message"),
            owner: named(who),
            run: self.height,
            mined: self.height,
            tags: owned(tags),
            enclosures: match children.is_empty() {
                true => Enclosures::None,
                false => Enclosures::Items(children),
            },
            logs: self.logs.clone(),
            ..Item::default()
        }
    }

    fn run(&mut self, item: Item) -> Outcome {
        let outcome = self.state.step(&Message::Item(item));
        self.check();
        outcome
    }

    fn says(&mut self, who: &str, tags: &[(&str, &str)], children: Vec<Child>) -> Outcome {
        let item = self.item(who, tags, children);
        self.run(item)
    }

    /// Runs a message and gives its code, empty where it was applied.
    fn code(&mut self, who: &str, tags: &[(&str, &str)], children: Vec<Child>) -> String {
        let outcome = self.says(who, tags, children);
        outcome.verdict.code.unwrap_or_default()
    }

    /// The Tick of a later block; between two of them nothing is due.
    fn tick(&mut self, height: u64) -> Outcome {
        self.height = height;
        let outcome = self.state.step(&Message::Tick(Tick {
            height,
            queued: None,
            logs: self.logs.clone(),
        }));
        self.check();
        outcome
    }

    fn check(&self) {
        let court = self.state.court().expect("the story has a court");
        invariants::check(court).expect("an invariant holds after every message");
    }

    fn row(&self, action: &str, name: &str, who: &str) -> Value {
        let who = named(who);
        let item = self.item("reader", &[("Action", action), (name, &who)], Vec::new());
        let outcome = self.state.read(&item);
        let data = outcome.answers[0].data.clone().expect("a view has data");
        let data: Value = serde_json::from_str(&data).expect("data is JSON");
        data["Rows"][0].clone()
    }

    fn operator(&self) -> Value {
        self.row("Operators", "Operator", "operator")
    }

    fn process(&self) -> Value {
        self.row("Processes", "Process", "process")
    }

    fn free(&self, who: &str) -> u128 {
        self.state
            .court()
            .expect("a court")
            .ledger()
            .free(&named(who))
    }

    /// A first bond of 1,000 tokens by `owner` for `operator` with hot key `hot`.
    fn bond(&mut self) -> String {
        let quantity = (1_000 * TOKEN).to_string();
        let tags = [
            ("Action", "Bond"),
            ("Quantity", quantity.as_str()),
            ("Url", "http://a"),
        ];
        self.code("owner", &tags, vec![key("hot"), key("operator")])
    }

    /// Bonded, funded, and hosting `process` for 1 token a block, with 400 tokens of stake.
    fn host(&mut self) -> Outcome {
        assert_eq!(self.bond(), "");
        self.tick(1_721);
        let process = named("process");
        let fund = [
            ("Action", "Fund"),
            ("Process", &process),
            ("Quantity", "100000000000000"),
        ];
        assert_eq!(self.code("user", &fund, Vec::new()), "");
        let tags = [
            ("Action", "Host"),
            ("Rate", "1000000000000"),
            ("Fee-Cap", "0"),
            ("Answer-Cap", "100000000000"),
        ];
        self.says("operator", &tags, vec![spawn("process")])
    }

    fn publish(&mut self, mined: u64) {
        let head = LogHead {
            epoch: 0,
            slot: 5,
            chain: named("chain"),
            mined: Some(mined),
            ..LogHead::default()
        };
        self.logs.insert(named("process"), head);
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    let tags = tags.iter();
    tags.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn child(by: &str, tags: &[(&str, &str)]) -> Child {
    Child {
        id: named("child"),
        owner: named(by),
        tags: owned(tags),
        ..Child::default()
    }
}

/// An `Origin-Key` item for the record of `owner` and `operator`.
fn key(by: &str) -> Child {
    let (owner, operator) = (named("owner"), named("operator"));
    let tags = [
        ("Action", "Origin-Key"),
        ("Origin", ORIGIN),
        ("Owner", &owner),
        ("Operator", &operator),
    ];
    child(by, &tags)
}

fn spawn(id: &str) -> Child {
    let tags = [
        ("Type", "Process"),
        ("Data-Protocol", "ao"),
        ("Origin", ORIGIN),
        ("Scheduler", &named("hot")),
        ("Min-Allocation", "400000000000000"),
        ("Max-Fee", "1000000000000"),
        ("Hosting-Deposit", "1"),
    ];
    Child {
        id: named(id),
        ..child("spawner", &tags)
    }
}
