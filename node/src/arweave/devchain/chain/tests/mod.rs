//! Stories of the chain, told in events.

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem, bundle};
use bytes::Bytes;

mod chunks;
mod faults;
mod forks;
mod items;
mod pages;
mod transactions;

use super::*;
use crate::arweave::devchain::carrier_key;
use crate::arweave::transaction::{Anchor, Format, TransactionDraft};

const FUNDS: u128 = 1_000_000_000_000_000;

/// A chain with one rich wallet.
#[derive(Clone)]
struct Story {
    chain: Chain,
    wallet: SigningKey,
    now_s: u64,
}

impl Story {
    fn begin() -> Self {
        let wallet = carrier_key();
        let mut chain = Chain::default();
        let funds = vec![(wallet.address().clone(), FUNDS)];
        chain
            .step(Event::Genesis {
                time_s: 1_000,
                funds,
            })
            .unwrap();
        Self {
            chain,
            wallet,
            now_s: 1_000,
        }
    }

    fn anchor(&self) -> Anchor {
        Anchor::Block(*self.chain.tip().unwrap().id.as_bytes())
    }

    fn draft(&self, format: Format, data: Bytes) -> TransactionDraft {
        TransactionDraft::of_data(
            format,
            self.anchor(),
            price_winston(data.len() as u64),
            data,
        )
    }

    fn bundle(&self, items: &[VerifiedItem]) -> Transaction {
        let draft = self.draft(Format::One, bundle::build(items));
        self.sign(
            draft
                .with_tag("Bundle-Format", "binary")
                .with_tag("Bundle-Version", "2.0.0"),
        )
    }

    fn sign(&self, draft: TransactionDraft) -> Transaction {
        draft.sign(&self.wallet).unwrap()
    }

    fn submit(&mut self, transaction: &Transaction) -> Result<Vec<Effect>, Refusal> {
        self.chain
            .step(Event::Submit(Box::new(Offer::new(transaction.clone()))))
    }

    fn mine(&mut self) -> Vec<Effect> {
        self.now_s += 1;
        let effects = self.chain.step(Event::Mine { time_s: self.now_s }).unwrap();
        assert!(self.chain.wallets.adds_up());
        effects
    }

    fn height_of(&self, id: Id) -> Option<Option<u64>> {
        self.chain
            .ledger()
            .get(id)
            .map(|entry| entry.position.height())
    }
}

fn item(number: u8) -> VerifiedItem {
    let tags = Tags::new().with("Number", number.to_string());
    let draft = Draft {
        target: Some(Id::new([number; 32])),
        anchor: None,
        tags,
        data: vec![number; 3].into(),
    };
    draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
}
