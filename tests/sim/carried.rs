//! What a transaction carries, and the law-bearing form of it: a format-1 `Type: Log` bundle of signed items, byte for byte as a
//! reader finds it. Data transactions bear no law; of them it is enough to know what is in them.

use aosec_challenge::derive;
use aosec_wire::{Assignment, Draft, Id, SigningKey, Tags, bundle};
use bytes::Bytes;

use crate::origin::moves::Letter;

/// The content of a transaction.
#[derive(Clone, Debug)]
pub(super) enum Carried {
    /// Messages and their assignments.
    Data(Vec<Assignment>),
    /// Log records, in a bundle.
    Log(Bytes),
    /// A word to the court.
    Inbox(Letter),
}

impl Carried {
    /// A Log transaction's content: each record is an item of the host's wallet.
    pub(super) fn log(records: Vec<Bytes>, wallet: &SigningKey) -> Self {
        let item = |record: Bytes| {
            let draft = Draft {
                tags: tags(&[("Data-Protocol", "ao"), ("Type", "Log-Record")]),
                data: record,
                ..Draft::default()
            };
            draft
                .sign_deterministic(wallet)
                .expect("a record is within the limits of an item")
        };
        let items: Vec<_> = records.into_iter().map(item).collect();
        Self::Log(bundle::build(&items))
    }

    /// What the law reads of it, at a place in a block; nothing of a Data transaction.
    pub(super) fn law(&self, place: usize, id: Id) -> Option<derive::Transaction> {
        let Self::Log(data) = self else {
            return None;
        };
        let named = [
            ("Data-Protocol", "ao"),
            ("Bundle-Format", "binary"),
            ("Bundle-Version", "2.0.0"),
            ("Type", "Log"),
        ];
        let raw = |(name, value): (&'static str, &'static str)| {
            (
                Bytes::from_static(name.as_bytes()),
                Bytes::from_static(value.as_bytes()),
            )
        };
        Some(derive::Transaction {
            place,
            id,
            format: 1,
            tags: named.map(raw).to_vec(),
            data: data.clone(),
        })
    }
}

fn tags(all: &[(&'static str, &'static str)]) -> Tags {
    let none = Tags::new();
    all.iter()
        .fold(none, |tags, (name, value)| tags.with(*name, *value))
}
