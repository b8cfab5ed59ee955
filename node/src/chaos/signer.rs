//! Signs what no guard would sign (PROTOCOL 6), with the published key of a devnet node.
//!
//! The one place beside the guard that uses a key which schedulers sign with. It is handed no key: it makes the devnet's own, which
//! anybody can make and nobody trusts, from the node's number. So no way of starting a node leads a real key here.

use aosec_wire::record::{Head, HeadSignature, LogRecord};
use aosec_wire::{Assignment, AssignmentError, Id, KeyError, RecordError};
use bytes::Bytes;

use super::contradiction::Plan;
use crate::keys::devnet;

/// Why a contradiction cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// As an assignment.
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    /// As a record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What was signed.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The slot as a receipt.
    pub receipt: Assignment,
    /// The slot as a log record.
    pub record: Bytes,
}

/// Signs for one node of the devnet.
#[derive(Clone, Copy, Debug)]
pub struct Signer {
    node: usize,
}

impl Signer {
    /// The signer of a devnet node.
    ///
    /// # Errors
    /// Where there is no such node.
    pub fn of_devnet(node: usize) -> Result<Self, KeyError> {
        devnet::node(node).map(|_keys| Self { node })
    }

    /// Signs a plan twice: as a receipt, and as a record for this court.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, plan: &Plan, origin: Id) -> Result<Signed, SignError> {
        let scheduler = devnet::node(self.node)?.scheduler;
        let receipt = plan.assignment.sign(&scheduler)?;
        let head = Head {
            process: receipt.process(),
            epoch: receipt.epoch(),
            slot: receipt.nonce(),
            chain: plan.assignment.chain.log,
        };
        let record = LogRecord::new(
            head.process,
            head.epoch,
            head.slot,
            plan.previous_chain,
            plan.entry().into_iter().collect(),
            HeadSignature::sign(&scheduler, &head, origin),
        )?;
        Ok(Signed {
            receipt,
            record: record.encode(),
        })
    }
}
