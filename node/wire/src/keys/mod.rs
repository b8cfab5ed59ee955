//! Signature kinds, addresses and private keys.
//!
//! 1. Every signature has one accepted form: a second form would give a second id to one signed message.
//! 2. A key that verifies for every message is refused.
//! 3. What is signed is decided per kind here and nowhere else: items hand over their deep hash, base-layer transactions
//!    their own hash, and each kind wraps it as its wallets do.
//! 4. The kind itself is covered by an item's deep hash. Two kinds wrap alike (3 and 101), so whoever lets other things be
//!    signed says which kinds may sign them.
//!
//! Key files, passphrases and where keys live are not this crate's business.

mod address;
mod aptos;
mod curve25519;
mod ethereum;
mod jwk;
mod pss;
mod rsa;
mod signing;

pub use address::Address;
pub use signing::SigningKey;

#[cfg(test)]
pub(crate) use pss::test_key as rsa_test_key;

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
    /// ed25519 over a text with the hex text of the bytes in it.
    Aptos = 5,
    /// As many of up to 32 ed25519 keys as the owner's threshold asks for, each over the bytes.
    MultiAptos = 6,
    /// secp256k1 over typed data (EIP-712); the owner is the text of the address.
    TypedEthereum = 7,
    /// As [`SignatureKind::Ethereum`]. One uploading service's own, so taken from settled items alone.
    Kyve = 101,
}

impl SignatureKind {
    /// Every kind, by its code; the frequent ones happen to come first.
    pub const ALL: [Self; 8] = [
        Self::Arweave,
        Self::Ed25519,
        Self::Ethereum,
        Self::Solana,
        Self::Aptos,
        Self::MultiAptos,
        Self::TypedEthereum,
        Self::Kyve,
    ];

    /// The code on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The kind with this code.
    pub fn from_code(code: u16) -> Result<Self, KeyError> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.code() == code)
            .ok_or(KeyError::UnknownKind(code))
    }

    /// Length of the owner field.
    pub const fn owner_len(self) -> usize {
        match self {
            Self::Arweave => pss::MODULUS_BYTES,
            Self::Ed25519 | Self::Solana | Self::Aptos => curve25519::PUBLIC_KEY_BYTES,
            Self::MultiAptos => aptos::MULTI_OWNER_BYTES,
            Self::Ethereum | Self::Kyve => ethereum::PUBLIC_KEY_BYTES,
            Self::TypedEthereum => ethereum::ADDRESS_TEXT_BYTES,
        }
    }

    /// Length of the signature field.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::Arweave => pss::MODULUS_BYTES,
            Self::Ed25519 | Self::Solana | Self::Aptos => curve25519::SIGNATURE_BYTES,
            Self::MultiAptos => aptos::MULTI_SIGNATURE_BYTES,
            Self::Ethereum | Self::TypedEthereum | Self::Kyve => ethereum::SIGNATURE_BYTES,
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

/// Verifies a signature as [`verify`] does; at the entrance, PSS salts of unusual length and Kyve's kind are refused too.
pub fn verify_as(
    kind: SignatureKind,
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
    strictness: Strictness,
) -> Result<(), SignatureError> {
    check_lengths(kind, owner, signature)?;
    match kind {
        SignatureKind::Arweave => pss::verify(owner, message, signature, strictness),
        SignatureKind::Ed25519 => curve25519::verify(owner, message, signature),
        SignatureKind::Solana => curve25519::verify(owner, &solana_text(message), signature),
        SignatureKind::Aptos => curve25519::verify(owner, &aptos::text(message), signature),
        SignatureKind::MultiAptos => aptos::verify_multi(owner, message, signature),
        SignatureKind::Kyve if strictness == Strictness::Entrance => {
            Err(SignatureError::SettledOnly)
        }
        SignatureKind::Ethereum | SignatureKind::Kyve => {
            ethereum::verify_personal(owner, message, signature)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"what is signed";

    fn one_of_each() -> Vec<SigningKey> {
        vec![
            rsa_test_key(),
            SigningKey::ed25519([1; 32]),
            SigningKey::solana([1; 32]),
            SigningKey::aptos([1; 32]),
            SigningKey::ethereum([1; 32]).unwrap(),
            SigningKey::typed_ethereum([1; 32]).unwrap(),
        ]
    }

    #[test]
    fn every_kind_verifies_what_it_signs_and_nothing_else() {
        for key in one_of_each() {
            let (kind, owner) = (key.kind(), key.owner());
            for signature in [key.sign(MESSAGE), key.sign_deterministic(MESSAGE)] {
                let judged = verify_as(kind, owner, MESSAGE, &signature, Strictness::Entrance);
                assert_eq!(judged, Ok(()), "{kind:?}");
                assert!(
                    verify(kind, owner, b"another", &signature).is_err(),
                    "{kind:?}"
                );
            }
            assert_eq!(
                key.sign_deterministic(MESSAGE),
                key.sign_deterministic(MESSAGE)
            );
        }
    }

    #[test]
    fn a_signature_of_one_kind_is_none_of_another() {
        let keys = one_of_each();
        for (key, other) in keys
            .iter()
            .flat_map(|key| keys.iter().map(move |other| (key, other)))
        {
            let holds = verify(other.kind(), other.owner(), MESSAGE, &key.sign(MESSAGE)).is_ok();
            assert_eq!(holds, key.kind() == other.kind(), "{key:?} {other:?}");
        }
    }

    #[test]
    fn fields_of_a_wrong_length_are_no_fields() {
        for key in one_of_each() {
            let (kind, owner, signature) = (key.kind(), key.owner(), key.sign(MESSAGE));
            let short = &owner[1..];
            let length = (owner.len(), signature.len());
            assert_eq!(length, (kind.owner_len(), kind.signature_len()));
            assert!(matches!(
                verify(kind, short, MESSAGE, &signature),
                Err(SignatureError::OwnerLength { .. })
            ));
            let long = [signature.as_slice(), &[0]].concat();
            assert!(matches!(
                verify(kind, owner, MESSAGE, &long),
                Err(SignatureError::SignatureLength { .. })
            ));
        }
    }

    #[test]
    fn codes_are_those_of_the_wire() {
        for code in 0..=u16::MAX {
            let kind = SignatureKind::from_code(code);
            assert_eq!(kind.is_ok(), matches!(code, 1..=7 | 101), "{code}");
            assert!(kind.is_err() || kind.unwrap().code() == code);
        }
    }

    #[test]
    fn a_kyve_signature_is_a_personal_message_for_settled_items_alone() {
        let key = SigningKey::ethereum([1; 32]).unwrap();
        let signature = key.sign(MESSAGE);
        let judge = |message: &[u8], strictness| {
            verify_as(
                SignatureKind::Kyve,
                key.owner(),
                message,
                &signature,
                strictness,
            )
        };
        assert_eq!(judge(MESSAGE, Strictness::Settled), Ok(()));
        assert!(judge(b"another", Strictness::Settled).is_err());
        let refused = Err(SignatureError::SettledOnly);
        assert_eq!(judge(MESSAGE, Strictness::Entrance), refused);
        for form in ethereum::other_forms(&signature) {
            assert!(verify(SignatureKind::Kyve, key.owner(), MESSAGE, &form).is_err());
        }
    }

    #[test]
    fn secrets_come_back_but_are_not_shown() {
        let secret = [0xab; 32];
        let keys = [
            SigningKey::ed25519(secret),
            SigningKey::ethereum(secret).unwrap(),
        ];
        for key in keys {
            assert_eq!(*key.secret().unwrap(), secret);
            let shown = format!("{key:?}");
            assert!(shown.contains(key.address().as_str()), "{shown}");
            assert!(
                !shown.contains("171") && !shown.contains("ab, ab"),
                "{shown}"
            );
        }
        assert!(SigningKey::ethereum([0; 32]).is_err());
        assert!(SigningKey::typed_ethereum([0xff; 32]).is_err());
    }
}
