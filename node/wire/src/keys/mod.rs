//! Signature kinds, addresses and private keys.
//!
//! 1. Every signature has one accepted form: a second form would give a second id to one signed message.
//! 2. A key that verifies for every message is refused.
//! 3. What is signed is decided per kind here and nowhere else: items hand over their deep hash, base-layer transactions
//!    their own hash, and each kind wraps it as its wallets do.
//!
//! Key files, passphrases and where keys live are not this crate's business.

mod address;
mod curve25519;
mod ethereum;
mod jwk;
mod rsa;
mod signing;

pub use address::Address;
pub use signing::SigningKey;

use crate::error::{KeyError, SignatureError};
use crate::item::Strictness;

/// The signature kinds of ANS-104 that this house carries, with the codes of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum SignatureKind {
    /// RSA-4096, PSS with SHA-256.
    Arweave = 1,
    /// ed25519 over the bytes.
    Ed25519 = 2,
    /// secp256k1 over the Ethereum personal message; the owner is the public key.
    Ethereum = 3,
    /// ed25519 over the lower-case hex text of the bytes.
    Solana = 4,
    /// secp256k1 over typed data (EIP-712); the owner is the text of the address.
    TypedEthereum = 7,
}

impl SignatureKind {
    /// The code on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The kind with this code.
    pub const fn from_code(code: u16) -> Result<Self, KeyError> {
        match code {
            1 => Ok(Self::Arweave),
            2 => Ok(Self::Ed25519),
            3 => Ok(Self::Ethereum),
            4 => Ok(Self::Solana),
            7 => Ok(Self::TypedEthereum),
            other => Err(KeyError::UnknownKind(other)),
        }
    }

    /// Length of the owner field.
    pub const fn owner_len(self) -> usize {
        match self {
            Self::Arweave => rsa::MODULUS_BYTES,
            Self::Ed25519 | Self::Solana => curve25519::PUBLIC_KEY_BYTES,
            Self::Ethereum => ethereum::PUBLIC_KEY_BYTES,
            Self::TypedEthereum => ethereum::ADDRESS_TEXT_BYTES,
        }
    }

    /// Length of the signature field.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Arweave => rsa::MODULUS_BYTES,
            Self::Ed25519 | Self::Solana => curve25519::SIGNATURE_BYTES,
            Self::Ethereum | Self::TypedEthereum => ethereum::SIGNATURE_BYTES,
        }
    }
}

/// Verifies a signature over `message` by the rule of its kind, with any PSS salt length (as base-layer transactions have).
pub fn verify(
    kind: SignatureKind,
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    verify_as(kind, owner, message, signature, Strictness::Settled)
}

/// Verifies a signature as [`verify`] does; at the entrance, PSS salts of unusual length are refused too.
pub fn verify_as(
    kind: SignatureKind,
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
    strictness: Strictness,
) -> Result<(), SignatureError> {
    check_lengths(kind, owner, signature)?;
    match kind {
        SignatureKind::Arweave => rsa::verify(owner, message, signature, strictness),
        SignatureKind::Ed25519 => curve25519::verify(owner, message, signature),
        SignatureKind::Solana => curve25519::verify(owner, &solana_text(message), signature),
        SignatureKind::Ethereum => ethereum::verify_personal(owner, message, signature),
        SignatureKind::TypedEthereum => ethereum::verify_typed(owner, message, signature),
    }
}

fn check_lengths(
    kind: SignatureKind,
    owner: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    if owner.len() != kind.owner_len() {
        return Err(SignatureError::OwnerLength {
            expected: kind.owner_len(),
            found: owner.len(),
        });
    }
    if signature.len() != kind.signature_len() {
        let (expected, found) = (kind.signature_len(), signature.len());
        return Err(SignatureError::SignatureLength { expected, found });
    }
    Ok(())
}

/// Solana wallets sign text only, so the bytes are shown to them in lower-case hex.
fn solana_text(message: &[u8]) -> Vec<u8> {
    alloy_primitives::hex::encode(message).into_bytes()
}
