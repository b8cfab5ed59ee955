//! Messages to the court, as operators and anybody else sign them (contracts-lua/origin/README.md). Pure.

use aosec_wire::{Address, Draft, Id, ItemError, SigningKey, Tags, VerifiedItem, bundle};

/// The three keys of an operator (4.3).
#[derive(Clone, Copy, Debug)]
pub struct OperatorKeys<'a> {
    /// Its money.
    pub owner: &'a SigningKey,
    /// Bids and leases.
    pub operator: &'a SigningKey,
    /// Assignments.
    pub hot: &'a SigningKey,
}

/// A first `Bond`: from the owner, with the word of the hot key and of the operator enclosed. An `anchor` tells the same words said
/// again, after an exit or a refusal, from the first time; without one the item is the same, and an id runs once (2.2).
///
/// # Errors
/// Where the url is over an item's limits.
pub fn first_bond(
    keys: OperatorKeys<'_>,
    origin: Id,
    quantity: u128,
    url: &str,
    anchor: Option<[u8; 32]>,
) -> Result<VerifiedItem, ItemError> {
    let (owner, operator) = (keys.owner.address(), keys.operator.address());
    let word = |key| willing(key, "Origin-Key", origin, owner, operator);
    let mut words = vec![word(keys.hot)?];
    if operator != owner {
        words.push(word(keys.operator)?);
    }
    let mut draft = enclosing(message(origin, "Bond"), &words);
    draft.anchor = anchor;
    draft.tags = draft
        .tags
        .with("Quantity", quantity.to_string())
        .with("Url", url);
    draft.sign_deterministic(keys.owner)
}

/// `Authorize`: the owner lets a key speak for what the operator's node sends (4.7); the key's own word is enclosed.
///
/// # Errors
/// None of these fields is over an item's limits.
pub fn authorize(
    owner: &Address,
    operator: &Address,
    key: &SigningKey,
    origin: Id,
) -> Result<Draft, ItemError> {
    let word = willing(key, "Origin-Authority", origin, owner, operator)?;
    Ok(enclosing(message(origin, "Authorize"), &[word]))
}

/// `Revoke`: the owner or the operator takes an authority key back, for ever (4.7).
#[must_use]
pub fn revoke(origin: Id, key: &Address) -> Draft {
    let mut draft = message(origin, "Revoke");
    draft.tags = draft.tags.with("Key", key.as_str());
    draft
}

/// The word of a key that it is willing to serve this owner and operator.
fn willing(
    key: &SigningKey,
    action: &str,
    origin: Id,
    owner: &Address,
    operator: &Address,
) -> Result<VerifiedItem, ItemError> {
    let tags = Tags::new()
        .with("Action", action)
        .with("Origin", origin.to_string())
        .with("Owner", owner.as_str())
        .with("Operator", operator.as_str());
    let draft = Draft {
        tags,
        ..Draft::default()
    };
    draft.sign_deterministic(key)
}

/// A message to the court with this action.
#[must_use]
pub fn message(origin: Id, action: &str) -> Draft {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Message")
        .with("Action", action);
    Draft {
        target: Some(origin),
        tags,
        ..Draft::default()
    }
}

/// The message with items enclosed (2.5).
pub(super) fn enclosing(mut draft: Draft, items: &[VerifiedItem]) -> Draft {
    draft.tags = draft
        .tags
        .with("Bundle-Format", "binary")
        .with("Bundle-Version", "2.0.0");
    draft.data = bundle::build(items);
    draft
}

/// What a host asks for (5.1), in units of the token.
#[derive(Clone, Copy, Debug)]
pub struct Bid<'a> {
    /// Pay a block.
    pub rate: &'a str,
    /// Most for a message.
    pub fee_cap: &'a str,
    /// Most for an answer.
    pub answer_cap: &'a str,
}

/// `Host`: the operator takes the process that `spawn` made, at this price.
#[must_use]
pub fn host(origin: Id, spawn: &VerifiedItem, bid: Bid<'_>) -> Draft {
    let mut draft = enclosing(message(origin, "Host"), std::slice::from_ref(spawn));
    draft.tags = draft
        .tags
        .with("Rate", bid.rate)
        .with("Fee-Cap", bid.fee_cap)
        .with("Answer-Cap", bid.answer_cap);
    draft
}

/// What an owner registers a process with (5.15): the first slot under the court, the legacy chain at the slot before, and the terms,
/// amounts in units of the token.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// The first slot under the court.
    pub first: u64,
    /// The legacy chain at the slot before.
    pub legacy: Id,
    /// Blocks that a host has to answer; those of the court where none are named.
    pub period: Option<u64>,
    /// Most that a host may ask a block, and for a message or an answer.
    pub max_fee: &'a str,
    /// What a host puts up.
    pub min_allocation: &'a str,
    /// What the escrow must hold before anybody hosts.
    pub deposit: &'a str,
}

impl Registration<'_> {
    fn name(&self, draft: &mut Draft) {
        draft.tags.push("First-Slot", self.first.to_string());
        draft.tags.push("Legacy-Chain", self.legacy.to_string());
        if let Some(period) = self.period {
            draft.tags.push("Challenge-Period", period.to_string());
        }
        draft.tags.push("Max-Fee", self.max_fee);
        draft.tags.push("Min-Allocation", self.min_allocation);
        draft.tags.push("Hosting-Deposit", self.deposit);
    }
}

/// `Register`: the owner of the spawn brings the process under the court.
#[must_use]
pub fn register(origin: Id, spawn: &VerifiedItem, registration: &Registration<'_>) -> Draft {
    let mut draft = enclosing(message(origin, "Register"), std::slice::from_ref(spawn));
    registration.name(&mut draft);
    draft
}

/// `Host` of a process that was registered so.
#[must_use]
pub fn host_registered(
    origin: Id,
    spawn: &VerifiedItem,
    bid: Bid<'_>,
    registration: &Registration<'_>,
) -> Draft {
    let mut draft = host(origin, spawn, bid);
    registration.name(&mut draft);
    draft
}

/// Where a log stands, as a heartbeat says it (5.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// The process.
    pub process: Id,
    /// The epoch of the lease.
    pub epoch: u64,
    /// The last canonical slot.
    pub slot: u64,
    /// The log chain there.
    pub chain: Id,
    /// The height at which this is said.
    pub height: u64,
}

/// A hot key's word that nothing new has come.
#[must_use]
pub fn beat(origin: Id, beat: Beat) -> Draft {
    let tags = Tags::new()
        .with("Action", "Heartbeat")
        .with("Origin", origin.to_string())
        .with("Process", beat.process.to_string())
        .with("Epoch", beat.epoch.to_string())
        .with("Slot", beat.slot.to_string())
        .with("Log-Chain", beat.chain.to_string())
        .with("Height", beat.height.to_string());
    Draft {
        tags,
        ..Draft::default()
    }
}

/// `Heartbeat`: a message of anyone that encloses such words, 1 to 64.
#[must_use]
pub fn heartbeats(origin: Id, words: &[VerifiedItem]) -> Draft {
    enclosing(message(origin, "Heartbeat"), words)
}

/// The same with one word, by a hot key at hand.
///
/// # Errors
/// None of its fields is over an item's limits.
pub fn heartbeat(hot: &SigningKey, origin: Id, said: Beat) -> Result<Draft, ItemError> {
    let word = beat(origin, said).sign_deterministic(hot)?;
    Ok(heartbeats(origin, &[word]))
}
