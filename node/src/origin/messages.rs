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
    let mut words = vec![willing(keys.hot, origin, owner, operator)?];
    if operator != owner {
        words.push(willing(keys.operator, origin, owner, operator)?);
    }
    let mut draft = enclosing(message(origin, "Bond"), &words);
    draft.anchor = anchor;
    draft.tags = draft
        .tags
        .with("Quantity", quantity.to_string())
        .with("Url", url);
    draft.sign_deterministic(keys.owner)
}

/// The word of a key that it is willing to serve this owner and operator.
fn willing(
    key: &SigningKey,
    origin: Id,
    owner: &Address,
    operator: &Address,
) -> Result<VerifiedItem, ItemError> {
    let tags = Tags::new()
        .with("Action", "Origin-Key")
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

/// `Heartbeat`: a message of anyone that encloses the hot key's word that nothing new has come.
///
/// # Errors
/// None of these fields is over an item's limits.
pub fn heartbeat(hot: &SigningKey, origin: Id, beat: Beat) -> Result<Draft, ItemError> {
    let tags = Tags::new()
        .with("Action", "Heartbeat")
        .with("Origin", origin.to_string())
        .with("Process", beat.process.to_string())
        .with("Epoch", beat.epoch.to_string())
        .with("Slot", beat.slot.to_string())
        .with("Log-Chain", beat.chain.to_string())
        .with("Height", beat.height.to_string());
    let word = Draft {
        tags,
        ..Draft::default()
    };
    let word = word.sign_deterministic(hot)?;
    Ok(enclosing(message(origin, "Heartbeat"), &[word]))
}
