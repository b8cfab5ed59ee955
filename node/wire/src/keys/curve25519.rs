//! ed25519, always verified strictly.
//!
//! Plain verification accepts a small-order key for any message; the strict one refuses such keys and such nonces.

use std::cell::RefCell;

use ed25519_dalek::{Signature, VerifyingKey};

use crate::error::SignatureError;

pub(super) const PUBLIC_KEY_BYTES: usize = ed25519_dalek::PUBLIC_KEY_LENGTH;
pub(super) const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

pub(super) fn verify(owner: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    verify_with(&key(owner)?, message, signature)
}

/// Keys that each thread remembers, by their first byte: to decode one takes a tenth of a verification, and the items of a log
/// have few signers.
const REMEMBERED: usize = 16;

thread_local! {
    static GOOD: RefCell<[Option<VerifyingKey>; REMEMBERED]> = const { RefCell::new([None; REMEMBERED]) };
}

/// The key with these bytes, if it is not of small order.
pub(super) fn key(bytes: &[u8]) -> Result<VerifyingKey, SignatureError> {
    let bytes: &[u8; PUBLIC_KEY_BYTES] = bytes.try_into().map_err(|_| SignatureError::NoKey)?;
    let place = usize::from(bytes[0]) % REMEMBERED;
    let known = GOOD.with_borrow(|good| good[place]);
    if let Some(key) = known.filter(|key| key.as_bytes() == bytes) {
        return Ok(key);
    }
    let key = decoded(bytes)?;
    GOOD.with_borrow_mut(|good| good[place] = Some(key));
    Ok(key)
}

fn decoded(bytes: &[u8; PUBLIC_KEY_BYTES]) -> Result<VerifyingKey, SignatureError> {
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| SignatureError::NoKey)?;
    match key.is_weak() {
        true => Err(SignatureError::WeakKey),
        false => Ok(key),
    }
}

pub(super) fn verify_with(
    key: &VerifyingKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError::Mismatch)?;
    key.verify_strict(message, &signature)
        .map_err(|_| SignatureError::Mismatch)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::hex;
    use ed25519_dalek::Verifier;

    use super::*;
    use crate::keys::SigningKey;

    /// The order of the base point, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    /// Signs `m` with the seed of threes and the neutral point as the nonce: plain verification takes it.
    const SCALAR_WITHOUT_NONCE: [u8; 32] =
        hex!("5bcdf94e641fc55b9fa837efc7a4c9d0edd08d75d2a7f90118ad14408c420803");

    #[test]
    fn a_scalar_above_the_order_is_refused() {
        let key = SigningKey::ed25519([3; 32]);
        let mut signature = key.sign(b"m");
        assert!(verify(key.owner(), b"m", &signature).is_ok());
        let mut carry = 0;
        for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        assert_eq!(
            verify(key.owner(), b"m", &signature),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn a_nonce_of_small_order_is_refused() {
        let key = SigningKey::ed25519([3; 32]);
        let mut signature = [0; 64];
        signature[0] = 1;
        signature[32..].copy_from_slice(&SCALAR_WITHOUT_NONCE);
        let lax = VerifyingKey::from_bytes(key.owner().try_into().unwrap()).unwrap();
        assert!(Verifier::verify(&lax, b"m", &Signature::from_bytes(&signature)).is_ok());
        assert_eq!(
            verify(key.owner(), b"m", &signature),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut forged = [0; 64];
        forged[0] = 1;
        let minus_one = [[0xec].as_slice(), &[0xff; 30], &[0x7f]].concat();
        let not_canonical = [[0xee].as_slice(), &[0xff; 30], &[0x7f]].concat();
        for key in [identity.as_slice(), &[0; 32], &minus_one, &not_canonical] {
            assert_eq!(
                verify(key, b"any", &forged),
                Err(SignatureError::WeakKey),
                "{key:?}"
            );
        }
        assert_eq!(
            verify(&[2; 32], b"any", &forged),
            Err(SignatureError::NoKey)
        );
    }

    #[test]
    fn a_remembered_key_stands_for_its_own_bytes_alone() {
        let keys = || (0..=255).map(|seed| SigningKey::ed25519([seed; 32]));
        for _round in 0..2 {
            for (key, other) in keys().zip(keys().skip(1)) {
                let signature = key.sign(b"m");
                assert_eq!(verify(key.owner(), b"m", &signature), Ok(()));
                let mismatch = Err(SignatureError::Mismatch);
                assert_eq!(verify(other.owner(), b"m", &signature), mismatch);
            }
        }
    }
}
