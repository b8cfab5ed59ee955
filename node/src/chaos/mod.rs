//! A node of the devnet that breaks the law when it is told to: for those who want to see what the court does then.
//!
//! It signs contradictions ([`signer`]) and keeps from the base layer what it owes to it ([`withhold`]). Such a node is started by
//! `aosec devnet --chaos-unsafe` alone, with the devnet's published keys; every other node has none of this: [`Rogue`] is made of a
//! devnet node's number, and of nothing else. What it is told is forgotten when its process ends.
//!
//! Deliberately absent: any way through the guard. What the guard has recorded stays what it is; a contradiction is made beside it.

pub mod contradiction;
pub mod signer;
pub mod withhold;

use std::fmt;
use std::sync::Arc;

use aosec_wire::message::{DATA_PROTOCOL, VARIANT};
use aosec_wire::{Assignment, Draft, Id, ItemError, KeyError, SigningKey, Tags, VerifiedItem};

use self::contradiction::{Contradiction, Place};
use self::signer::{SignError, Signed, Signer};
use self::withhold::Faults;
use crate::store::StoreError;
use crate::su;
use crate::su::ports::{BaseLayer, PortError};

/// The door to a node's misbehaviour. Clones share it.
#[derive(Clone)]
pub struct Rogue(Arc<Inner>);

struct Inner {
    signer: Signer,
    /// Signs the message that stands in the wrong slot: any key is as good.
    author: SigningKey,
    su: su::Handle,
    /// Past all that is withheld: what is told to be published is.
    base_layer: Arc<dyn BaseLayer>,
    faults: Arc<Faults>,
    origin: Id,
}

impl fmt::Debug for Rogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rogue").field(&self.0.signer).finish()
    }
}

/// What a rogue stands on.
#[expect(
    missing_debug_implementations,
    reason = "it is taken apart where it is made"
)]
pub struct Parts {
    /// The number of the devnet node whose published key signs.
    pub devnet_node: usize,
    /// Any key but the scheduler's.
    pub author: SigningKey,
    /// The scheduler, to read what it has signed.
    pub su: su::Handle,
    /// The base layer.
    pub base_layer: Arc<dyn BaseLayer>,
    /// What is withheld at present.
    pub faults: Arc<Faults>,
    /// The court that records are signed for.
    pub origin: Id,
}

/// What was signed against what.
#[derive(Debug)]
pub struct Evidence {
    /// What the guard has signed.
    pub own: Assignment,
    /// What contradicts it.
    pub other: Signed,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum RogueError {
    /// There is nothing to contradict.
    #[error("this node has signed no slot {0} of the process that another one could contradict")]
    NoSlot(String),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The item.
    #[error(transparent)]
    Item(#[from] ItemError),
    /// What was to be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The base layer.
    #[error(transparent)]
    BaseLayer(#[from] PortError),
}

impl Rogue {
    /// A rogue with the published keys of a devnet node.
    ///
    /// # Errors
    /// Where there is no such node.
    pub fn new(parts: Parts) -> Result<Self, KeyError> {
        Ok(Self(Arc::new(Inner {
            signer: Signer::of_devnet(parts.devnet_node)?,
            author: parts.author,
            su: parts.su,
            base_layer: parts.base_layer,
            faults: parts.faults,
            origin: parts.origin,
        })))
    }

    /// What is withheld.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Signs something that contradicts a slot, the last one where none is named, and publishes it where `publishes` says so.
    ///
    /// # Errors
    /// [`RogueError`].
    pub async fn contradict(
        &self,
        process: Id,
        slot: Option<u64>,
        how: Contradiction,
        publishes: bool,
    ) -> Result<Evidence, RogueError> {
        let (before, own) = self.slots(process, slot).await?;
        let message = self.message(process, own.id())?;
        let place = Place {
            before: &before,
            own: &own,
        };
        let plan = contradiction::plan(how, &place, message.id());
        let other = self.0.signer.sign(&plan, self.0.origin)?;
        if publishes {
            let items = vec![message, other.receipt.item().clone()];
            self.0.base_layer.post_data(items).await?;
            self.0
                .base_layer
                .post_log(vec![other.record.clone()])
                .await?;
        }
        Ok(Evidence { own, other })
    }

    /// A signed slot, not the first one, and the one before it.
    async fn slots(
        &self,
        process: Id,
        slot: Option<u64>,
    ) -> Result<(Assignment, Assignment), RogueError> {
        let named = || RogueError::NoSlot(slot.map_or("above 0".to_owned(), |n| n.to_string()));
        let own = match slot {
            Some(slot) => self.0.su.slot(process, slot).await?,
            None => self.0.su.latest(process).await?,
        };
        let own = own.ok_or_else(named)?.assignment;
        let before = own.nonce().checked_sub(1).ok_or_else(named)?;
        let before = self.0.su.slot(process, before).await?.ok_or_else(named)?;
        Ok((before.assignment, own))
    }

    /// A message that nobody has sent; another one for each slot.
    fn message(&self, process: Id, instead: Id) -> Result<VerifiedItem, ItemError> {
        let tags = Tags::new()
            .with("Data-Protocol", DATA_PROTOCOL)
            .with("Variant", VARIANT)
            .with("Type", "Message")
            .with("Action", "Rogue");
        let draft = Draft {
            target: Some(process),
            anchor: Some(*instead.as_bytes()),
            tags,
            ..Draft::default()
        };
        draft.sign_deterministic(&self.0.author)
    }
}
