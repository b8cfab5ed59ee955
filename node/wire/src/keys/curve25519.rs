//! ed25519, always verified strictly.
//!
//! Plain verification accepts a small-order key for any message; the strict one refuses such keys and such nonces.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::error::SignatureError;

pub(super) const PUBLIC_KEY_BYTES: usize = ed25519_dalek::PUBLIC_KEY_LENGTH;
pub(super) const SIGNATURE_BYTES: usize = ed25519_dalek::SIGNATURE_LENGTH;

pub(super) fn verify(owner: &[u8], message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
    let bytes = owner.try_into().map_err(|_| SignatureError::NoKey)?;
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| SignatureError::NoKey)?;
    if key.is_weak() {
        return Err(SignatureError::WeakKey);
    }
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError::Mismatch)?;
    key.verify_strict(message, &signature)
        .map_err(|_| SignatureError::Mismatch)
}
