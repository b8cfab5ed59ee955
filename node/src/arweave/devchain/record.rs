//! Events as records of the journal: a head in JSON that says what happened, then the bulk as it is.
//!
//! Reading verifies again what the network had to prove; the file is ours, but nothing in the chain exists without a signature.

use aosec_wire::{Address, ItemError, Strictness, item};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::chain::{ChunkShape, Event, Fault, Offer, Orphans, Piece, PieceError};
use crate::arweave::transaction::{TransactionError, UnverifiedTransaction};

/// What happened.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Head {
    Genesis {
        time_s: u64,
        funds: Vec<(Address, Winston)>,
    },
    /// The bulk is the data, if `with_data`.
    Transaction {
        json: serde_json::Value,
        with_data: bool,
    },
    /// The bulk is the item.
    Item,
    /// The bulk is nothing: the chunk is in the shape.
    Piece(ChunkShape),
    Mint {
        wallet: Address,
        winston: Winston,
    },
    Mine {
        time_s: u64,
    },
    Fork {
        depth: u64,
        orphans: Orphans,
        time_s: u64,
    },
    Fault(Fault),
}

/// Decimal text: JSON numbers end at 64 bits.
#[derive(Debug, Serialize, Deserialize)]
struct Winston(String);

impl Winston {
    fn of(winston: u128) -> Self {
        Self(winston.to_string())
    }

    fn read(&self) -> Result<u128, RecordError> {
        self.0.parse().map_err(|_text| RecordError::Form)
    }
}

/// The record of an event.
pub(super) fn write(event: &Event) -> Vec<u8> {
    let (head, bulk) = parts(event);
    let head = serde_json::to_vec(&head).expect("a head is plain data");
    let length = u32::try_from(head.len()).expect("a head is a transaction's head or one chunk");
    [&length.to_le_bytes()[..], &head, &bulk].concat()
}

fn parts(event: &Event) -> (Head, Bytes) {
    match event {
        Event::Genesis { time_s, funds } => {
            let funds = funds
                .iter()
                .map(|(wallet, winston)| (wallet.clone(), Winston::of(*winston)));
            (
                Head::Genesis {
                    time_s: *time_s,
                    funds: funds.collect(),
                },
                Bytes::new(),
            )
        }
        Event::Submit(offer) => {
            let transaction = offer.transaction();
            let head = Head::Transaction {
                json: transaction.to_json_without_data(),
                with_data: transaction.data().is_some(),
            };
            (head, transaction.data().cloned().unwrap_or_default())
        }
        Event::Hold(item) => (Head::Item, item.bytes().clone()),
        Event::Piece(piece) => (Head::Piece(piece.to_shape()), Bytes::new()),
        Event::Mint { wallet, winston } => (
            Head::Mint {
                wallet: wallet.clone(),
                winston: Winston::of(*winston),
            },
            Bytes::new(),
        ),
        Event::Mine { time_s } => (Head::Mine { time_s: *time_s }, Bytes::new()),
        Event::Fork {
            depth,
            orphans,
            time_s,
        } => (
            Head::Fork {
                depth: *depth,
                orphans: *orphans,
                time_s: *time_s,
            },
            Bytes::new(),
        ),
        Event::Fault(fault) => (Head::Fault(fault.clone()), Bytes::new()),
    }
}

/// The event of a record.
pub(super) fn read(record: &Bytes) -> Result<Event, RecordError> {
    let length = record
        .first_chunk()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .ok_or(RecordError::Form)?;
    let end = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(4))
        .ok_or(RecordError::Form)?;
    let head = record.get(4..end).ok_or(RecordError::Form)?;
    let bulk = record.slice(end..);
    Ok(match serde_json::from_slice(head)? {
        Head::Genesis { time_s, funds } => {
            let funds = funds
                .into_iter()
                .map(|(wallet, winston)| Ok((wallet, winston.read()?)));
            Event::Genesis {
                time_s,
                funds: funds.collect::<Result<_, RecordError>>()?,
            }
        }
        Head::Transaction { json, with_data } => {
            let mut transaction = UnverifiedTransaction::from_json(json.to_string().as_bytes())?;
            if with_data {
                transaction = transaction.carrying(bulk);
            }
            Event::Submit(Box::new(Offer::new(transaction.verify()?)))
        }
        Head::Item => Event::Hold(item::verify_bytes(bulk, Strictness::Settled)?),
        Head::Piece(shape) => Event::Piece(Piece::verify(&shape)?),
        Head::Mint { wallet, winston } => Event::Mint {
            wallet,
            winston: winston.read()?,
        },
        Head::Mine { time_s } => Event::Mine { time_s },
        Head::Fork {
            depth,
            orphans,
            time_s,
        } => Event::Fork {
            depth,
            orphans,
            time_s,
        },
        Head::Fault(fault) => Event::Fault(fault),
    })
}

/// Why a record with a good checksum is no event.
#[derive(Debug, Error)]
pub enum RecordError {
    /// Not the form of a record.
    #[error("a record has another form")]
    Form,
    /// The head is not the JSON of a head.
    #[error("the head of a record: {0}")]
    Head(#[from] serde_json::Error),
    /// A transaction that does not verify.
    #[error("a transaction in the journal: {0}")]
    Transaction(#[from] TransactionError),
    /// An item that does not verify.
    #[error("an item in the journal: {0}")]
    Item(#[from] ItemError),
    /// A chunk that does not belong to its root.
    #[error("a chunk in the journal: {0}")]
    Piece(#[from] PieceError),
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey};

    use super::*;
    use crate::arweave::devchain::carrier_key;
    use crate::arweave::transaction::{Anchor, Format, TransactionDraft};

    fn transaction(format: Format, data: &'static str) -> crate::arweave::transaction::Transaction {
        TransactionDraft::of_data(format, Anchor::First, 3, data.into())
            .sign(&carrier_key())
            .unwrap()
    }

    #[test]
    fn events_come_back_from_their_records() {
        let item = Draft {
            data: "x".into(),
            ..Draft::default()
        }
        .sign(&SigningKey::ed25519([1; 32]))
        .unwrap();
        let wallet = item.owner_address().clone();
        let submit = |transaction| Event::Submit(Box::new(Offer::new(transaction)));
        let events = [
            Event::Genesis {
                time_s: 9,
                funds: vec![(wallet.clone(), u128::MAX)],
            },
            submit(transaction(Format::One, "one")),
            submit(transaction(Format::Two, "two")),
            submit(transaction(Format::Two, "two").without_data()),
            submit(transaction(Format::Two, "")),
            Event::Hold(item),
            Event::Mint {
                wallet: wallet.clone(),
                winston: 1 << 100,
            },
            Event::Mine { time_s: 10 },
            Event::Fork {
                depth: 3,
                orphans: Orphans::Drop,
                time_s: 11,
            },
            Event::Fault(Fault::Delay(7)),
            Event::Fault(Fault::Censor(wallet)),
            Event::Fault(Fault::Show(aosec_wire::Id::new([4; 32]))),
        ];
        for event in events {
            let again = read(&write(&event).into()).unwrap();
            assert_eq!(format!("{again:?}"), format!("{event:?}"));
        }
    }

    #[test]
    fn what_does_not_hold_is_no_event() {
        let event = Event::Submit(Box::new(Offer::new(transaction(Format::One, "one"))));
        let mut record = write(&event);
        *record.last_mut().unwrap() ^= 1;
        assert!(matches!(
            read(&record.into()),
            Err(RecordError::Transaction(_))
        ));
        for bad in [vec![], vec![255; 4], vec![2, 0, 0, 0, b'{', b'}']] {
            assert!(read(&bad.into()).is_err());
        }
    }
}
