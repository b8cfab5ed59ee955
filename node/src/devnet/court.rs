//! The court that a devnet begins with (PROTOCOL 2.10): its token in the accounts' hands, and its first operators bonded.
//!
//! Its spawn is signed by a published key and depends on the binary alone, so nodes can be told its id before it is mined.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id, ItemError, SigningKey, Tags, VerifiedItem, bundle};

use super::DevnetError;
use super::ports::Ports;
use super::setup::url;
use crate::arweave::bundler::Bundler;
use crate::arweave::devchain::{Devchain, carrier_key};
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::keys;
use crate::origin::deploy::{self, Network, TOKEN};
use crate::origin::messages::{self, OperatorKeys};

/// Nodes whose operators are bonded from the start; further ones may bond themselves.
pub const BONDED: usize = 3;
/// Blocks from the founding to where the first bonds count, and are settled: `activation` (2 on the devnet) + 1, and the settlement depth.
const BONDED_AFTER: u32 = 4;
/// What each of them bonds.
const BOND: u128 = 1_000 * TOKEN;
/// What its owner has beside that.
const OWNER_TOKENS: u128 = 9_000 * TOKEN;
/// What each account has.
pub const ACCOUNT_TOKENS: u128 = 1_000_000 * TOKEN;

/// What the operator of the node of that index bonded at the founding, in tokens; none for those who may bond themselves.
#[must_use]
pub fn first_bond(index: usize) -> Option<u128> {
    (index < BONDED).then_some(BOND / TOKEN)
}

/// The id of the court that [`found`] makes.
///
/// # Errors
/// Where the contract is over an item's limits.
pub fn id(module: Id) -> Result<Id, DevnetError> {
    Ok(spawn(module)?.id())
}

fn spawn(module: Id) -> Result<VerifiedItem, ItemError> {
    deploy::spawn(&keys::devnet::founder(), module)
}

/// Posts the court and has it mined, with blocks behind it until its first operators are bonded: whoever reads that the devnet is ready
/// may host at once, however slow its blocks are. Gives the height up to which that is.
///
/// # Errors
/// Where the chain does not take it.
pub async fn found(chain: &Devchain, ports: &Ports, module: Id) -> Result<u64, DevnetError> {
    let items = items(ports, module)?;
    let gateway = Gateway::new(vec![url(ports.gateway, 0)])?;
    let tags = Tags::new().with("Process", items[0].id().to_string());
    let bundler = Bundler::new(gateway.clone(), carrier_key());
    bundler
        .post(Format::One, "Inbox", tags, bundle::build(&items))
        .await?;
    chain.mine(1 + BONDED_AFTER).await?;
    Ok(gateway.tip().await?.height)
}

/// The spawn, the genesis, and the first bonds with their authority keys.
fn items(ports: &Ports, module: Id) -> Result<Vec<VerifiedItem>, DevnetError> {
    let spawn = spawn(module)?;
    let origin = spawn.id();
    let (mut balances, mut bonds) = (BTreeMap::new(), Vec::new());
    for account in keys::devnet::accounts()? {
        balances.insert(account.key.address().clone(), ACCOUNT_TOKENS);
    }
    for (index, base) in ports.nodes.iter().enumerate().take(BONDED) {
        let keys = keys::devnet::node(index)?;
        balances.insert(keys.owner.address().clone(), OWNER_TOKENS + BOND);
        bonds.push(bond(&keys, origin, url(*base, 3).as_str())?);
        bonds.push(authorize(&keys, origin)?);
    }
    let genesis = genesis(origin, &balances)?;
    Ok([spawn, genesis].into_iter().chain(bonds).collect())
}

fn genesis(origin: Id, balances: &BTreeMap<Address, u128>) -> Result<VerifiedItem, ItemError> {
    deploy::genesis(&keys::devnet::founder(), origin, Network::Devnet, balances)
}

fn bond(keys: &keys::NodeKeys, origin: Id, url: &str) -> Result<VerifiedItem, ItemError> {
    let [owner, operator, hot]: [&SigningKey; 3] = [&keys.owner, &keys.operator, &keys.scheduler];
    let keys = OperatorKeys {
        owner,
        operator,
        hot,
    };
    // Without an anchor: the same devnet begins with the same items.
    messages::first_bond(keys, origin, BOND, url, None)
}

/// The key that signs what the node pushes speaks for its operator (4.7).
fn authorize(keys: &keys::NodeKeys, origin: Id) -> Result<VerifiedItem, ItemError> {
    let (owner, operator) = (keys.owner.address(), keys.operator.address());
    let draft = messages::authorize(owner, operator, &keys.authority, origin)?;
    draft.sign_deterministic(&keys.owner)
}
