//! A court that says what the test wants, for tests alone: payments as its outcomes in the node's real store, and how firm they are.

use std::sync::{Arc, Mutex};

use aosec_wire::{Address, Id, SigningKey};
use serde_json::json;
use tokio::sync::watch;

use super::fakes::Node;
use crate::mu::Charging;
use crate::mu::fees::{Policy, Terms};
use crate::mu::ports::{Court, Pending};
use crate::store::court::{CourtOutcome, Sat, keep};

pub(super) const COURT: Id = Id::new([6; 32]);

/// Whom users of the messenger pay.
pub(super) fn payee() -> Address {
    SigningKey::ed25519([21; 32]).address().clone()
}

/// What the messenger asks, and the fake court; shared by all incarnations of the node.
#[derive(Clone)]
pub(super) struct Till {
    policy: Arc<Mutex<Policy>>,
    firm: watch::Sender<Option<u64>>,
}

impl Default for Till {
    fn default() -> Self {
        Self {
            policy: Arc::default(),
            firm: watch::Sender::new(None),
        }
    }
}

impl Till {
    pub(super) fn ask(&self, policy: Policy) {
        *self.policy.lock().unwrap() = policy;
    }

    pub(super) fn charging(&self) -> Option<Arc<Charging>> {
        let policy = *self.policy.lock().unwrap();
        let terms = Terms {
            policy,
            payee: payee(),
            court: COURT,
        };
        let charging = Charging {
            terms,
            court: Arc::new(self.clone()),
        };
        (policy != Policy::Free).then(|| Arc::new(charging))
    }

    /// The block at `height` comes to these transfers: from, to, units and a tag. It is not firm yet.
    pub(super) async fn block(&self, node: &Node, height: u64, transfers: &[Transfer<'_>]) {
        let outcomes = transfers.iter().enumerate().map(|(index, transfer)| {
            let slot = height * 100 + index as u64;
            CourtOutcome {
                message: Id::sha256(&slot.to_be_bytes()),
                slot,
                height,
                json: transfer.outcome(),
            }
        });
        let sat = Sat {
            height,
            root: None,
            outcomes: outcomes.collect(),
        };
        let kept = async move |db: &mut _| keep(db, &[sat]).await;
        node.store.write(kept).await.unwrap();
    }

    pub(super) fn settle(&self, height: u64) {
        self.firm.send_replace(Some(height));
    }
}

impl Court for Till {
    fn firm_above(&self, height: Option<u64>) -> Pending<'_, Option<u64>> {
        Box::pin(async move {
            let mut firm = self.firm.subscribe();
            let risen = firm.wait_for(|firm| *firm > height).await;
            risen.ok().and_then(|firm| *firm)
        })
    }
}

/// One Transfer that has run.
#[derive(Clone)]
pub(super) struct Transfer<'a> {
    pub(super) from: &'a Address,
    pub(super) to: &'a Address,
    pub(super) units: u128,
    pub(super) tag: (&'a str, &'a str),
}

impl Transfer<'_> {
    fn outcome(&self) -> String {
        let (name, value) = self.tag;
        json!({
            "Messages": [{ "Target": self.to, "Tags": [
                { "name": "Action", "value": "Credit-Notice" },
                { "name": "Sender", "value": self.from },
                { "name": "Quantity", "value": self.units.to_string() },
                { "name": name, "value": value },
            ] }],
            "Output": { "data": r#"{"ok":true}"# },
        })
        .to_string()
    }
}
