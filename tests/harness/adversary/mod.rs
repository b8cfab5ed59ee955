//! Those who want an honest log read wrong: each file is one of them, and gives the contents of `Type: Log` transactions. They pay
//! with a wallet of their own, see every block, and have the host's scheduler key where the file says so.
//!
//! And those who want stake, cases or publication to hurt the honest (PROTOCOL 10): each of these files plays one attack on the [`stage`],
//! contract and model side by side, and loses; [`costs`] says what each costs.

pub mod accuses_itself;
pub mod asks_the_impossible;
pub mod costs;
pub mod crams;
pub mod dawdles;
pub mod drips;
pub mod enormous;
pub mod equivocates;
pub mod floods;
pub mod foreign;
pub mod future;
pub mod garbage;
pub mod grabs;
pub mod jams;
pub mod leaves;
pub mod overlapping;
pub mod publishes_nothing;
pub mod raises_fees;
pub mod spams;
pub mod stage;
pub mod stalls;
pub mod withholds;

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::devchain::{Devchain, carrier_key};
use aosec_node::arweave::gateway::Gateway;
use aosec_node::arweave::transaction::Format;
use aosec_node::keys::devnet;
use aosec_wire::record::{Head, HeadSignature, LogEntry, LogRecord, NO_ORIGIN};
use aosec_wire::{Draft, Id, SigningKey, Strictness, Tags, VerifiedItem, bundle};
use bytes::Bytes;

use super::{base_layer::BaseLayer, seed::Seed};

/// What the adversary's wallet owns.
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;

/// What everybody sees of a process, and what was stolen.
#[derive(Clone, Debug)]
pub struct Victim {
    /// The process.
    pub process: Id,
    /// Its records so far, in the order in which blocks have them.
    pub records: Vec<LogRecord>,
    /// The host's scheduler key: that of the devnet's first node, which is published.
    pub stolen: SigningKey,
    /// The newest block.
    pub height: u64,
}

/// A wallet with a gateway.
#[derive(Debug)]
pub struct Adversary {
    chain: Devchain,
    bundler: Bundler,
}

impl Adversary {
    /// With money, on this base layer.
    ///
    /// # Panics
    /// Where the chain gives none.
    pub async fn on(base: &BaseLayer) -> Self {
        let wallet = carrier_key();
        let minted = base
            .chain
            .mint(wallet.address().clone(), FUNDS_WINSTON)
            .await;
        minted.expect("a chain of our own");
        let gateway = Gateway::new(vec![base.url.clone()]).expect("a gateway");
        Self {
            chain: base.chain.clone(),
            bundler: Bundler::new(gateway, wallet),
        }
    }

    /// Looks at the blocks.
    ///
    /// # Panics
    /// Where the chain is gone.
    pub async fn look_at(&self, process: Id) -> Victim {
        let chain = self.chain.read().await.expect("the chain");
        let ids = chain.blocks().iter().flat_map(|block| block.txs.iter());
        let logs = ids.filter_map(|tx| chain.ledger().get(*tx));
        let logs = logs.filter(|entry| entry.content.tag("Type") == Some("Log"));
        let bundles = logs.filter_map(|entry| entry.content.data());
        let records = bundles
            .flat_map(records)
            .filter(|record| record.process() == process);
        Victim {
            process,
            records: records.collect(),
            stolen: devnet::node(0).expect("a node of the devnet").scheduler,
            height: chain.tip().map_or(0, |block| block.height),
        }
    }

    /// Posts one Log transaction of each of these contents; gives their ids.
    ///
    /// # Panics
    /// Where the base layer does not take one.
    pub async fn post(&self, contents: Vec<Bytes>) -> Vec<Id> {
        let mut posted = Vec::new();
        for data in contents {
            let tx = self
                .bundler
                .post(Format::One, "Log", Tags::new(), data)
                .await;
            posted.push(tx.expect("a transaction that the base layer takes"));
        }
        posted
    }
}

impl Victim {
    /// Slot and chain at the end of the published log.
    #[must_use]
    pub fn head(&self) -> (u64, Id) {
        let newest = self.records.iter().max_by_key(|record| record.last_slot());
        let head = newest.map(|record| (record.last_slot(), record.head_chain()));
        head.unwrap_or((0, aosec_wire::Chain::genesis(self.process).log))
    }

    /// A record that goes on from `head`, signed by `key`.
    ///
    /// # Panics
    /// Where no record can be so.
    #[must_use]
    pub fn record(&self, key: &SigningKey, head: (u64, Id), entries: Vec<LogEntry>) -> Bytes {
        let (before, previous) = head;
        let chain = |chain, entry: &LogEntry| entry.chain_after(chain);
        let signed = Head {
            process: self.process,
            epoch: 0,
            slot: before.saturating_add(entries.len() as u64),
            chain: entries.iter().fold(previous, chain),
        };
        let signature = HeadSignature::sign(key, &signed, NO_ORIGIN);
        let record = LogRecord::new(self.process, 0, before + 1, previous, entries, signature);
        record.expect("a record within its limits").encode()
    }
}

/// So many entries of messages that nobody has, stamped `height`.
#[must_use]
pub fn entries(count: usize, height: u64, seed: &mut Seed) -> Vec<LogEntry> {
    let entry = |number: usize| LogEntry {
        message: Id::new(seed.bytes()),
        height,
        timestamp: 1_700_000_000_000 + number as u64,
    };
    (0..count).map(entry).collect()
}

/// A bundle of items that carry these records, as a host posts it.
///
/// # Panics
/// Where an item would be over a limit.
#[must_use]
pub fn log_bundle(records: Vec<Bytes>) -> Bytes {
    let key = SigningKey::ed25519([66; 32]);
    let item = |data| {
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Log-Record");
        let draft = Draft {
            tags,
            data,
            ..Draft::default()
        };
        draft.sign(&key).expect("an item within its limits")
    };
    let items: Vec<VerifiedItem> = records.into_iter().map(item).collect();
    bundle::build(&items)
}

fn records(bundle: Bytes) -> Vec<LogRecord> {
    let items = bundle::unbundle(bundle, Strictness::Entrance).unwrap_or_default();
    let items = items.into_iter().flatten();
    items
        .filter_map(|item| LogRecord::decode(&item.data()).ok())
        .collect()
}
