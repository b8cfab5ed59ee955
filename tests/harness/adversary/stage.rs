//! Where attacks on stake and cases are played: the contract and its model side by side ([`crate::origin::game`]), with the parameters of
//! section 8 and what an attack costs its parties at the end.
//!
//! One honest operator hosts the first process, the attacker the second one; each has 2,000 tokens bonded, 400 of them in the lease.
//! Fees are the least that there are: what is dearer only costs an attacker more.

use aosec_market::{Entry, Signed};
use serde_json::json;

use crate::origin::contract::{FOUNDER, ORIGIN, text};
use crate::origin::draw::cast::{self, tags};
use crate::origin::game::{Game, START};
use crate::origin::moves::{Enclosed, Letter, Move};
use crate::origin::scroll::chain;

/// One token.
pub const TOKEN: u128 = 1_000_000_000_000;

/// The answer fee of all leases, the least that there is.
const ANSWER_FEE: u128 = TOKEN / 10;

/// Blocks of a case's window where nothing is late (8).
pub const PERIOD: u64 = 360;

/// Blocks until a slash is divided (8), and the Tick that does it.
pub const DIVIDED: u64 = 222;

/// What an attack came to, in units of the token. What is gained is a negative cost.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The attack, in the words of section 10.
    pub attack: &'static str,
    /// The rule that beats it.
    pub rule: &'static str,
    /// What it costs who attacks.
    pub attacker: i128,
    /// What it costs everybody whom it is meant to hurt.
    pub victim: i128,
    /// What else is to be said.
    pub note: &'static str,
}

/// The two courts, and what the parties had when the attack began.
#[derive(Debug)]
pub struct Stage {
    /// Contract and model.
    pub game: Game,
    before: (u128, u128),
}

/// A letter of somebody.
#[must_use]
pub fn letter(from: &str, list: &[(&str, &str)], items: Vec<Enclosed>) -> Letter {
    Letter {
        from: from.to_owned(),
        tags: tags(list),
        items: (!items.is_empty()).then_some(items),
        ..Letter::default()
    }
}

/// The attacker as somebody who only has money.
#[must_use]
pub fn attacker() -> String {
    cast::user(2)
}

/// Somebody honest who only has money.
#[must_use]
pub fn user() -> String {
    cast::user(3)
}

impl Stage {
    /// The courts, both leases running for some blocks.
    ///
    /// # Panics
    /// Where the courts differ.
    #[must_use]
    pub fn open() -> Self {
        let game = Game::begin(&text(|_, text| text.to_owned())).expect("a contract that loads");
        let mut stage = Self {
            game,
            before: (0, 0),
        };
        stage.must(genesis());
        for number in 0..2 {
            stage.must(bond(number));
        }
        stage.blocks(721);
        for number in 0..2 {
            let process = cast::process(number);
            let sum = (1_000 * TOKEN).to_string();
            let list = [
                ("Action", "Fund"),
                ("Process", process.as_str()),
                ("Quantity", &sum),
            ];
            stage.must(letter(&user(), &list, Vec::new()));
            stage.must(host(number, &process, &cast::hot(number, 0)));
            stage.publish(number, &["first"]);
        }
        stage.blocks(1);
        stage.before = stage.worth();
        stage
    }

    /// Says something; why it was refused.
    ///
    /// # Panics
    /// Where the courts differ.
    pub fn say(&mut self, letter: Letter) -> Option<String> {
        self.game.play(&Move::Item(letter)).expect("equal courts");
        self.game.refused.clone()
    }

    /// Says something that is applied.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn must(&mut self, letter: Letter) {
        let refused = self.say(letter);
        assert_eq!(refused, None);
    }

    /// Blocks go by, without a jam.
    ///
    /// # Panics
    /// Where the courts differ.
    pub fn blocks(&mut self, count: u64) {
        for _ in 0..count {
            self.block(None);
        }
    }

    /// A block, before which items mined so many blocks ago still wait.
    ///
    /// # Panics
    /// Where the courts differ.
    pub fn block(&mut self, queued: Option<u64>) {
        let block = Move::Block {
            queued,
            headless: false,
            placeless: false,
        };
        self.game.play(&block).expect("equal courts");
    }

    /// The host of a process publishes messages, one slot each.
    ///
    /// # Panics
    /// Where the courts differ.
    pub fn publish(&mut self, number: u64, messages: &[&str]) {
        let messages = messages.iter().map(|name| id(name));
        self.extend(&cast::process(number), messages.collect());
    }

    /// A process that has a host now has a log with one slot.
    ///
    /// # Panics
    /// Where the courts differ.
    pub fn log_of(&mut self, process: &str) {
        self.extend(process, vec![id("first")]);
    }

    fn extend(&mut self, process: &str, messages: Vec<String>) {
        let publish = Move::Publish {
            process: process.to_owned(),
            messages,
            ago: 0,
            late: 0,
            is_virtual: false,
        };
        self.game.play(&publish).expect("equal courts");
    }

    /// What attacker and honest people are worth: what is free, bonded or unbonding.
    fn worth(&self) -> (u128, u128) {
        let court = self.game.model.court().expect("a court");
        let free = |who: &str| court.ledger().free(who);
        let staked = |number: u64| {
            let stake = court.stake(&cast::operator(number));
            let staked = stake.map_or(0, |stake| stake.bond + stake.pool);
            staked + free(&cast::owner(number)) + free(&cast::operator(number))
        };
        (free(&attacker()) + staked(1), free(&user()) + staked(0))
    }

    /// What the attack has cost since the stage was opened.
    ///
    /// # Panics
    /// Where a case or a slash is not over yet: then nobody knows.
    #[must_use]
    pub fn costs(&self, attack: &'static str, rule: &'static str, note: &'static str) -> Outcome {
        let docket = self.game.model.docket();
        let mut cases = docket.cases().iter();
        assert!(cases.all(|case| !case.written().is_unfinished() && !case.bonds_held));
        assert!(docket.pendings().iter().all(|slash| !slash.waits()));
        let now = self.worth();
        let cost = |before: u128, now: u128| {
            i128::try_from(before).unwrap_or(0) - i128::try_from(now).unwrap_or(0)
        };
        Outcome {
            attack,
            rule,
            attacker: cost(self.before.0, now.0),
            victim: cost(self.before.1, now.1),
            note,
        }
    }
}

/// A name made as long as an id.
#[must_use]
pub fn id(name: &str) -> String {
    format!("{name:_<43}")
}

fn genesis() -> Letter {
    let parameters = json!({
        "settlement_depth": 20, "activation": 720, "unbonding": 21_600, "evidence_max_age": 14_400,
        "slash_delay": 220, "period_default": 360, "period_min": 60, "period_max": 5_040,
        "window_floor": 35, "late_after": 15, "publish_within": 60, "public_before": 5, "cut": 15,
        "commit": 15, "reveal": 10, "beacon_blocks": 16, "handover": 60, "notice": 720,
        "jail_min": 360, "jail_max": 5_040, "memory": 21_600, "mass_window": 30,
        "bounty_window": 5, "arrears": 720, "fee_rise": 60, "reopening_factor": 720,
        "min_bond": (1_000 * TOKEN).to_string(), "inbox_fee": (TOKEN / 100).to_string(),
        "answer_fee_floor": ANSWER_FEE.to_string(),
    });
    let rich = (20_000 * TOKEN).to_string();
    let some = (10 * TOKEN).to_string();
    let mut balances = json!({attacker(): rich, user(): rich});
    for number in 0..2 {
        balances[cast::owner(number)] = json!(rich);
        balances[cast::operator(number)] = json!(some);
    }
    let data = json!({"name": "Stake", "ticker": "STK", "logo": "a".repeat(43),
        "parameters": parameters, "balances": balances});
    Letter {
        data: data.to_string(),
        ..letter(FOUNDER, &[("Action", "Genesis")], Vec::new())
    }
}

fn bond(number: u64) -> Letter {
    let (owner, operator, hot) = (
        cast::owner(number),
        cast::operator(number),
        cast::hot(number, 0),
    );
    let items = [&hot, &operator].map(|by| cast::origin_key(by, &owner, &operator));
    let sum = (2_000 * TOKEN).to_string();
    let list = [
        ("Action", "Bond"),
        ("Quantity", sum.as_str()),
        ("Url", "http://a.example"),
    ];
    letter(&owner, &list, items.to_vec())
}

/// An operator offers to host a process whose spawn names this key.
#[must_use]
pub fn host(number: u64, process: &str, scheduler: &str) -> Letter {
    let (stake, most) = ((400 * TOKEN).to_string(), TOKEN.to_string());
    let list = [
        ("Type", "Process"),
        ("Data-Protocol", "ao"),
        ("Origin", ORIGIN),
        ("Scheduler", scheduler),
        ("Min-Allocation", &stake),
        ("Max-Fee", &most),
        ("Hosting-Deposit", "0"),
    ];
    let spawn = Enclosed {
        id: process.to_owned(),
        from: cast::spawner(),
        tags: tags(&list),
        ..Enclosed::default()
    };
    let (rate, cap) = ((TOKEN / 100).to_string(), ANSWER_FEE.to_string());
    let list = [
        ("Action", "Host"),
        ("Rate", rate.as_str()),
        ("Fee-Cap", "0"),
        ("Answer-Cap", &cap),
    ];
    letter(&cast::operator(number), &list, vec![spawn])
}

/// A challenge of messages for a process.
#[must_use]
pub fn challenge(from: &str, number: u64, messages: &[String]) -> Letter {
    let process = cast::process(number);
    let message = |name: &String| Enclosed {
        id: id(name),
        from: from.to_owned(),
        tags: tags(&[("Type", "Message"), ("Data-Protocol", "ao")]),
        target: process.clone(),
        size: 100,
        signed: None,
    };
    let fee = ANSWER_FEE.to_string();
    let list = [
        ("Action", "Challenge"),
        ("Process", process.as_str()),
        ("Fee", "0"),
        ("Answer-Fee", &fee),
    ];
    letter(from, &list, messages.iter().map(message).collect())
}

/// A receipt of an operator's first key for a message of a process.
#[must_use]
pub fn receipt(number: u64, process: u64, slot: u64, message: &str, stamp: u64) -> Enclosed {
    let process = cast::process(process);
    let entry = Entry {
        message: id(message),
        height: stamp,
        timestamp: 1_000 * slot,
        chain: chain(slot),
    };
    let signed = Signed {
        process: process.clone(),
        signer: cast::hot(number, 0),
        first: slot,
        last: slot,
        entries: [(slot, entry)].into(),
        ..Signed::default()
    };
    Enclosed {
        id: id(&format!("receipt-{message}-{slot}")),
        from: signed.signer.clone(),
        tags: tags(&[("Process", process.as_str()), ("Message", &id(message))]),
        signed: Some(signed),
        ..Enclosed::default()
    }
}

/// An answer with these receipts.
#[must_use]
pub fn answer(number: u64, receipts: Vec<Enclosed>) -> Letter {
    letter(&cast::operator(number), &[("Action", "Answer")], receipts)
}

/// A report of two receipts for one slot.
#[must_use]
pub fn double(from: &str, process: u64, items: Vec<Enclosed>) -> Letter {
    let process = cast::process(process);
    let list = [
        ("Action", "Report"),
        ("Process", process.as_str()),
        ("Fault", "Double"),
        ("Slot", "2"),
    ];
    letter(from, &list, items)
}

/// The height at hand.
#[must_use]
pub fn now(stage: &Stage) -> u64 {
    stage.game.height.max(START)
}
