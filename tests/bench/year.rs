//! Blocks of a busy court, made one at a time and the same in every run.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aosec_challenge::derive::{Block as Read, Transaction};
use aosec_node::arweave::devchain::genesis::module_item;
use aosec_node::origin::cases;
use aosec_node::origin::deploy::{self, Network, TOKEN};
use aosec_node::origin::messages::{self, OperatorKeys};
use aosec_wasm::process_module::WASM;
use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem, bundle};
use bytes::Bytes;

/// Messages of each operator, what was paid to it included.
const OF_EACH: u64 = 100;
/// Processes of each operator.
const PROCESSES: u64 = 10;
const FUNDS: u64 = 9;
/// Transfers to owner and operator, and the `Bond`.
const FIRST: u64 = 3;
/// Cases that are open at once, and how many one `Challenge` opens at most.
pub(crate) const CASES: u64 = 1_000;
const OF_A_CHALLENGE: usize = 64;
/// Messages of a block.
const OF_A_BLOCK: usize = 2_000;
/// Empty blocks between the bonds and the first `Host`: `activation` of a real network, and some.
const EMPTY: u64 = 730;
/// Seconds between blocks.
const BLOCK_S: u64 = 120;
/// What an owner and an operator are paid.
const OWNED: u128 = 1_001 * TOKEN;
const BONDED: u128 = 1_000 * TOKEN;
const TREASURE: u128 = 1_000_000_000 * TOKEN;

/// A block, and how many messages it brings beside its Tick.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) block: Read,
    pub(crate) messages: u64,
}

/// What is due next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Season {
    Start,
    /// Money and bonds, from this operator on.
    Bonds(u64),
    /// Empty blocks that are left.
    Rest(u64),
    /// What operators and people do, from this operator on.
    Trade(u64),
    Over,
}

/// The blocks to come.
#[derive(Debug)]
pub(crate) struct Year {
    operators: u64,
    season: Season,
    height: u64,
    items: u64,
    treasury: SigningKey,
    module: Id,
}

/// The court's id; its spawn is signed once.
pub(crate) fn origin() -> Id {
    static ORIGIN: LazyLock<Id> = LazyLock::new(|| court().id());
    *ORIGIN
}

fn module() -> Id {
    module_item(WASM).expect("the embedded module").id()
}

fn court() -> VerifiedItem {
    deploy::spawn(&key(b'f', 0), module()).expect("the contract fits")
}

/// The key of somebody by role and number.
fn key(role: u8, number: u64) -> SigningKey {
    let mut seed = [role; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    SigningKey::ed25519(seed)
}

impl Year {
    /// A year of at least so many messages.
    pub(crate) fn new(messages: u64) -> Self {
        Self {
            operators: messages.div_ceil(OF_EACH).max(1),
            season: Season::Start,
            height: 0,
            items: 0,
            treasury: key(b't', 0),
            module: module(),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.season == Season::Over
    }

    /// Messages that were given.
    pub(crate) const fn messages(&self) -> u64 {
        self.items
    }

    /// Operators and processes at the end.
    pub(crate) const fn grown(&self) -> (u64, u64) {
        (self.operators, self.operators * PROCESSES)
    }

    pub(crate) fn an_operator(&self) -> String {
        key(b'p', self.operators / 2).address().to_string()
    }

    pub(crate) fn a_process(&self) -> String {
        self.process(self.operators / 2, 1).id().to_string()
    }

    pub(crate) fn next_block(&mut self) -> Option<Block> {
        let items = match self.season {
            Season::Over => return None,
            Season::Start => {
                self.season = Season::Bonds(0);
                self.start()
            }
            Season::Bonds(from) => {
                let (items, next) = self.some(from, |year, operator| year.first(operator));
                self.season = next.map_or(Season::Rest(EMPTY), Season::Bonds);
                items
            }
            Season::Rest(left) => {
                self.season = match left {
                    0 => Season::Trade(0),
                    left => Season::Rest(left - 1),
                };
                Vec::new()
            }
            Season::Trade(from) => {
                let (items, next) = self.some(from, |year, operator| year.trade(operator));
                self.season = next.map_or(Season::Over, Season::Trade);
                items
            }
        };
        Some(self.block(&items))
    }

    /// One block more that brings nothing.
    pub(crate) fn empty_block(&mut self) -> Block {
        self.block(&[])
    }

    /// A block that opens [`CASES`] cases.
    pub(crate) fn challenges(&mut self) -> Block {
        let answer = (TOKEN / 10).to_string();
        let fees = cases::Fees {
            message: "0",
            answer: &answer,
        };
        let numbers: Vec<u64> = (0..CASES).collect();
        let items = (0..)
            .zip(numbers.chunks(OF_A_CHALLENGE))
            .map(|(which, some)| {
                let process = self.process(which % self.operators, which / self.operators);
                let messages: Vec<_> = some
                    .iter()
                    .map(|number| self.unanswered(process.id(), *number))
                    .collect();
                let draft = cases::challenge(origin(), process.id(), &messages, fees);
                draft.sign_deterministic(&self.treasury).expect("an item")
            });
        let items: Vec<_> = items.collect();
        self.block(&items)
    }

    fn unanswered(&self, process: Id, number: u64) -> VerifiedItem {
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message")
            .with("Number", number.to_string());
        let draft = Draft {
            target: Some(process),
            tags,
            ..Draft::default()
        };
        draft.sign_deterministic(&self.treasury).expect("an item")
    }

    /// The items of operators from this one on that fill a block, and who is next.
    fn some(
        &self,
        from: u64,
        of: impl Fn(&Self, u64) -> Vec<VerifiedItem>,
    ) -> (Vec<VerifiedItem>, Option<u64>) {
        let (mut items, mut operator) = (Vec::new(), from);
        while operator < self.operators && items.len() < OF_A_BLOCK {
            items.extend(of(self, operator));
            operator += 1;
        }
        (items, (operator < self.operators).then_some(operator))
    }

    fn start(&self) -> Vec<VerifiedItem> {
        let founder = key(b'f', 0);
        let balances = BTreeMap::from([(self.treasury.address().clone(), TREASURE)]);
        let genesis = deploy::genesis(&founder, origin(), Network::Arweave, &balances);
        vec![court(), genesis.expect("a small genesis")]
    }

    fn first(&self, operator: u64) -> Vec<VerifiedItem> {
        let [owner, hand, hot] = [b'o', b'p', b'h'].map(|role| key(role, operator));
        let url = format!("https://node{operator}.example");
        let keys = OperatorKeys {
            owner: &owner,
            operator: &hand,
            hot: &hot,
        };
        let bond = messages::first_bond(keys, origin(), BONDED, &url, None);
        vec![
            self.transfer(&owner, OWNED, "owner"),
            self.transfer(&hand, TOKEN, "operator"),
            bond.expect("a bond"),
        ]
    }

    fn trade(&self, operator: u64) -> Vec<VerifiedItem> {
        let hand = key(b'p', operator);
        let hosts = (0..PROCESSES).map(|number| self.host(&hand, operator, number));
        let process = self.process(operator, 0).id().to_string();
        let funds = (0..FUNDS).map(|number| {
            let name = number.to_string();
            let more = [
                ("Process", process.as_str()),
                ("Quantity", "5"),
                ("Number", &name),
            ];
            self.said(&self.treasury, "Fund", &more)
        });
        let owner = key(b'o', operator);
        let left = OF_EACH - FIRST - PROCESSES - FUNDS;
        let transfers = (0..left).map(|number| self.transfer(&owner, 7, &number.to_string()));
        hosts.chain(funds).chain(transfers).collect()
    }

    fn host(&self, hand: &SigningKey, operator: u64, number: u64) -> VerifiedItem {
        let answer = (TOKEN / 10).to_string();
        let bid = messages::Bid {
            rate: "1",
            fee_cap: "0",
            answer_cap: &answer,
        };
        let process = self.process(operator, number);
        let draft = messages::host(origin(), &process, bid);
        draft.sign_deterministic(hand).expect("an item")
    }

    fn process(&self, operator: u64, number: u64) -> VerifiedItem {
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Process")
            .with("Module", self.module.to_string())
            .with("Scheduler", key(b'h', operator).address().as_str())
            .with("Origin", origin().to_string())
            .with("Number", format!("{operator}-{number}"))
            .with("Challenge-Period", "360")
            .with("Min-Allocation", "1")
            .with("Max-Fee", TOKEN.to_string())
            .with("Hosting-Deposit", "0");
        let draft = Draft {
            tags,
            ..Draft::default()
        };
        let signed = draft.sign_deterministic(&key(b'o', operator));
        signed.expect("a spawn")
    }

    fn transfer(&self, to: &SigningKey, units: u128, name: &str) -> VerifiedItem {
        let units = units.to_string();
        let more = [
            ("Recipient", to.address().as_str()),
            ("Quantity", units.as_str()),
            ("Number", name),
        ];
        self.said(&self.treasury, "Transfer", &more)
    }

    fn said(&self, by: &SigningKey, action: &str, more: &[(&str, &str)]) -> VerifiedItem {
        let mut draft = messages::message(origin(), action);
        for (name, value) in more {
            draft.tags.push(*name, *value);
        }
        draft.sign_deterministic(by).expect("an item")
    }

    fn block(&mut self, items: &[VerifiedItem]) -> Block {
        let previous = block_id(self.height);
        self.height += 1;
        self.items += items.len() as u64;
        let transaction = Transaction {
            place: 0,
            id: Id::sha256(&self.height.to_be_bytes()),
            format: 1,
            tags: inbox_tags(),
            data: bundle::build(items),
        };
        let transactions = match items {
            [] => Vec::new(),
            _ => vec![transaction],
        };
        let block = Read {
            height: self.height,
            id: block_id(self.height),
            previous,
            time_s: self.height * BLOCK_S,
            transactions,
        };
        Block {
            block,
            messages: items.len() as u64,
        }
    }
}

fn inbox_tags() -> Vec<(Bytes, Bytes)> {
    let origin = origin().to_string();
    let tags = [
        ("Data-Protocol", "ao"),
        ("Bundle-Format", "binary"),
        ("Bundle-Version", "2.0.0"),
        ("Type", "Inbox"),
        ("Process", origin.as_str()),
    ];
    let owned = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    tags.map(|(name, value)| (owned(name), owned(value))).into()
}

/// The block before the first has the id that the reader begins behind.
fn block_id(height: u64) -> [u8; 48] {
    let mut id = [0; 48];
    id[..8].copy_from_slice(&height.to_be_bytes());
    id
}
