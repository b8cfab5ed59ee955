//! What stands in the guard file besides batches: ends of logs known from elsewhere, the network, the tokens of starts, a
//! halt, the operator's word that ended one, and where logs go on under a court. Pure: bytes in, values out.
//!
//! A note is told from a batch by its first 32 bytes, which are zero where a batch names its process: no hash is zero. Then
//! follow `kind 1 · body`; numbers are big-endian:
//!
//! | kind | body |
//! |---|---|
//! | 1 head | `process 32 · epoch 8 · slot 8 · log chain 32 · has-record 1 [· record 32]` |
//! | 2 network | text |
//! | 3 start | `token 16` |
//! | 4 halt | text |
//! | 5 resume | `first height 8` |
//! | 6 joined | `process 32 · first slot 8 · log chain before it 32` |

use std::{fmt, str::FromStr};

use aosec_wire::{
    Id,
    id::{from_base64url, to_base64url},
};

use super::{
    joint::Joint,
    rule::{Head, LogKey},
};

/// Where a batch names its process.
const NO_PROCESS: [u8; 32] = [0; 32];
/// Bytes of a text: a sentence with some ids.
const TEXT_BYTES_MAX: usize = 1_024;
/// Bytes of a network's name: the id of its first block takes 64.
const NETWORK_BYTES_MAX: usize = 128;

/// One note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A log was signed up to here, as somebody else or an earlier form of this file tells.
    Head(LogKey, Head),
    /// The key signs for this network.
    Network(Network),
    /// A node started with this file, under this token; or an operator said that the token was this key's own.
    Start(Token),
    /// Nothing is signed any more, because of this.
    Halt(String),
    /// The operator ended the halt: signing goes on from this height of the base layer.
    Resume(u64),
    /// The log of this process goes on under a court (PROTOCOL 5.15).
    Joined(Id, Joint),
}

/// What tells one start of a node from all others, published with the scheduler's location.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token([u8; Token::BYTES]);

/// The name of a network: the id of its first block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network(String);

/// A text that is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no {0}")]
pub struct NotOne(&'static str);

impl Token {
    /// Enough that no two starts ever share one.
    pub const BYTES: usize = 16;

    /// The token with these bytes, which the caller drew.
    #[must_use]
    pub const fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_base64url(&self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Token {
    type Err = NotOne;

    fn from_str(text: &str) -> Result<Self, NotOne> {
        let bytes = from_base64url(text).map_err(|_| NotOne("token"))?;
        let exact = bytes.as_slice().try_into().map_err(|_| NotOne("token"))?;
        Ok(Self(exact))
    }
}

impl Network {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Network {
    type Err = NotOne;

    fn from_str(text: &str) -> Result<Self, NotOne> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (1..=NETWORK_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_word);
        fits.then(|| Self(text.to_owned()))
            .ok_or(NotOne("name of a network"))
    }
}

impl Note {
    /// The record of a note.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = NO_PROCESS.to_vec();
        match self {
            Self::Head((process, epoch), head) => {
                out.push(1);
                out.extend_from_slice(process.as_bytes());
                out.extend_from_slice(&epoch.to_be_bytes());
                out.extend_from_slice(&head.slot.to_be_bytes());
                out.extend_from_slice(head.log_chain.as_bytes());
                out.push(u8::from(head.record.is_some()));
                out.extend(head.record.iter().flat_map(|record| *record.as_bytes()));
            }
            Self::Network(network) => {
                out.push(2);
                out.extend_from_slice(network.0.as_bytes());
            }
            Self::Start(token) => {
                out.push(3);
                out.extend_from_slice(&token.0);
            }
            Self::Halt(why) => {
                out.push(4);
                let end = why.floor_char_boundary(TEXT_BYTES_MAX);
                out.extend_from_slice(&why.as_bytes()[..end]);
            }
            Self::Resume(from) => {
                out.push(5);
                out.extend_from_slice(&from.to_be_bytes());
            }
            Self::Joined(process, joint) => {
                out.push(6);
                out.extend_from_slice(process.as_bytes());
                out.extend_from_slice(&joint.first.to_be_bytes());
                out.extend_from_slice(joint.log_chain.as_bytes());
            }
        }
        out
    }

    /// The note of a record; none where it is a batch.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn decode(record: &[u8]) -> Result<Option<Self>, &'static str> {
        let Some(rest) = record.strip_prefix(&NO_PROCESS) else {
            return Ok(None);
        };
        let note = match rest.split_first() {
            Some((1, body)) => head(body),
            Some((2, body)) => text(body).and_then(|name| name.parse().ok().map(Self::Network)),
            Some((3, body)) => body.try_into().ok().map(|token| Self::Start(Token(token))),
            Some((4, body)) if body.len() <= TEXT_BYTES_MAX => {
                text(body).map(|why| Self::Halt(why.to_owned()))
            }
            Some((5, body)) => body
                .try_into()
                .ok()
                .map(|from| Self::Resume(u64::from_be_bytes(from))),
            Some((6, body)) => joined(body),
            _ => None,
        };
        note.map(Some).ok_or("a note is not readable")
    }
}

fn joined(body: &[u8]) -> Option<Note> {
    let (process, rest) = body.split_first_chunk()?;
    let (first, rest) = rest.split_first_chunk()?;
    let joint = Joint {
        first: u64::from_be_bytes(*first),
        log_chain: Id::new(rest.try_into().ok()?),
    };
    Some(Note::Joined(Id::new(*process), joint))
}

fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok()
}

fn head(body: &[u8]) -> Option<Note> {
    let (process, rest) = body.split_first_chunk()?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (slot, rest) = rest.split_first_chunk()?;
    let (log_chain, rest) = rest.split_first_chunk()?;
    let record = match rest {
        [0] => None,
        [1, record @ ..] => Some(Id::new(record.try_into().ok()?)),
        _ => return None,
    };
    let head = Head {
        slot: u64::from_be_bytes(*slot),
        log_chain: Id::new(*log_chain),
        record,
    };
    Some(Note::Head(
        (Id::new(*process), u64::from_be_bytes(*epoch)),
        head,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Vec<Note> {
        let (key, chain) = ((Id::new([1; 32]), 7), Id::new([2; 32]));
        let signed = Head {
            record: Some(Id::new([3; 32])),
            ..Head::learned(u64::MAX, chain)
        };
        vec![
            Note::Head(key, Head::learned(0, chain)),
            Note::Head(key, signed),
            Note::Network("block-zero".parse().unwrap()),
            Note::Start(Token::new([9; 16])),
            Note::Halt("somebody else signs".to_owned()),
            Note::Resume(1_500_000),
            Note::Joined(
                key.0,
                Joint {
                    first: 9,
                    log_chain: chain,
                },
            ),
        ]
    }

    #[test]
    fn notes_survive_their_records_and_no_cut_one_reads_as_the_same() {
        for note in notes() {
            let record = note.encode();
            assert_eq!(Note::decode(&record), Ok(Some(note.clone())));
            for cut in 0..record.len() {
                assert_ne!(Note::decode(&record[..cut]), Ok(Some(note.clone())));
            }
        }
        assert_eq!(Note::decode(&[7; 40]), Ok(None), "a batch is no note");
        assert!(Note::decode(&[0; 40]).is_err(), "nor is every other thing");
    }

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        let long = Note::Halt("ä".repeat(TEXT_BYTES_MAX)).encode();
        let Ok(Some(Note::Halt(why))) = Note::decode(&long) else {
            panic!("it does not read");
        };
        assert_eq!(why.len(), TEXT_BYTES_MAX);
    }

    #[test]
    fn tokens_and_networks_are_words() {
        let token = Token::new([5; 16]);
        assert_eq!(token.to_string().parse(), Ok(token));
        assert!("short".parse::<Token>().is_err());
        assert!("a b".parse::<Network>().is_err());
        assert!("".parse::<Network>().is_err());
    }
}
