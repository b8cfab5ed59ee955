//! Assignments to be: all that is decided before the signature.

use super::{Assignment, Chain};
use crate::error::AssignmentError;
use crate::id::Id;
use crate::item::Draft;
use crate::keys::SigningKey;
use crate::message::{DATA_PROTOCOL, VARIANT};
use crate::tags::Tags;

/// What an assignment will say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentPlan {
    /// The process in whose log it stands.
    pub process: Id,
    /// The epoch of the signing host.
    pub epoch: u64,
    /// The slot.
    pub nonce: u64,
    /// The message; none for the process's own slot 0.
    pub message: Option<Id>,
    /// The stamped block height.
    pub height: u64,
    /// The stamped time in milliseconds.
    pub timestamp: u64,
    /// Both chains at this slot.
    pub chain: Chain,
    /// The fields of the message that evaluation leaves out.
    pub exclude: Vec<String>,
    /// Whether the message is a base-layer transaction. The network has no tag for it, so it changes no byte of the
    /// assignment; it is kept for those who must find the message later.
    pub base_layer: bool,
}

impl AssignmentPlan {
    /// The content, with the tags in the order in which the network's schedulers write them.
    pub fn draft(&self) -> Draft {
        let mut tags = Tags::new()
            .with("Process", self.process.to_string())
            .with("Epoch", self.epoch.to_string())
            .with("Nonce", self.nonce.to_string())
            .with("Hash-Chain", self.chain.hash.to_string())
            .with("Block-Height", format!("{:012}", self.height))
            .with("Timestamp", self.timestamp.to_string())
            .with("Data-Protocol", DATA_PROTOCOL)
            .with("Type", "Assignment")
            .with("Variant", VARIANT);
        if let Some(message) = self.message {
            tags.push("Message", message.to_string());
        }
        for field in &self.exclude {
            tags.push("Exclude", field.as_str());
        }
        tags.push("Log-Chain", self.chain.log.to_string());
        Draft {
            tags,
            ..Draft::default()
        }
    }

    /// The signed assignment, read back as others will read it; signing the same plan again gives the same bytes.
    pub fn sign(&self, key: &SigningKey) -> Result<Assignment, AssignmentError> {
        let item = self.draft().sign_deterministic(key)?;
        Assignment::from_item(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{EXCLUDES_MAX, HEIGHT_MAX};

    fn plan() -> AssignmentPlan {
        let process = Id::new([1; 32]);
        let (chain, message) = (Chain::genesis(process), Some(Id::new([2; 32])));
        let exclude = vec!["Data".to_owned(), "Anchor".to_owned()];
        let (height, timestamp) = (1_500_000, 1_700_000_000_123);
        AssignmentPlan {
            process,
            epoch: 0,
            nonce: 7,
            message,
            height,
            timestamp,
            chain,
            exclude,
            base_layer: false,
        }
    }

    #[test]
    fn the_tags_stand_in_the_order_of_the_network() {
        let names: Vec<_> = plan()
            .draft()
            .tags
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        let order = "Process Epoch Nonce Hash-Chain Block-Height Timestamp Data-Protocol Type Variant Message Exclude Exclude Log-Chain";
        assert_eq!(names.join(" "), order);
        assert_eq!(
            plan().draft().tags.get("Block-Height"),
            Some("000001500000")
        );
    }

    #[test]
    fn signing_again_gives_the_same_bytes() {
        let key = SigningKey::ed25519([5; 32]);
        let (once, again) = (plan().sign(&key).unwrap(), plan().sign(&key).unwrap());
        assert_eq!(once.item().bytes(), again.item().bytes());
        assert!(once.item().anchor().is_none() && once.item().data().is_empty());
    }

    #[test]
    fn a_plan_that_no_assignment_can_hold_is_refused() {
        let key = SigningKey::ed25519([5; 32]);
        let tall = AssignmentPlan {
            height: HEIGHT_MAX + 1,
            ..plan()
        };
        let wide = AssignmentPlan {
            exclude: vec!["x".to_owned(); EXCLUDES_MAX + 1],
            ..plan()
        };
        let empty = AssignmentPlan {
            message: None,
            ..plan()
        };
        assert!(
            [tall, wide, empty]
                .iter()
                .all(|plan| plan.sign(&key).is_err())
        );
    }
}
