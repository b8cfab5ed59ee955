//! Aptos wallets: one ed25519 key over a wrapped text, or several of up to 32 keys over the bytes.
//!
//! A multi-signature owner is 32 slots of keys and the threshold; its signature is 32 slots of signatures and a bitmap of
//! the slots in use, the first one in the highest bit. One accepted form, stricter than the network's readers, which look at
//! the announced signatures alone:
//!
//! 1. The keys fill the first slots; none is weak, none stands there twice: its signature would be good in either slot.
//! 2. The threshold is at least one and at most the number of keys.
//! 3. There are exactly as many signatures as it asks for: out of a surplus anybody could take one away.
//! 4. Slots that are not in use hold zeros.
//!
//! Which of the signers sign is their choice and gives the content another id, as a salt does.

use std::collections::BTreeSet;

use alloy_primitives::hex;
use ed25519_dalek::VerifyingKey;

use super::curve25519::{self, PUBLIC_KEY_BYTES, SIGNATURE_BYTES};
use crate::error::SignatureError;

/// Slots of a multi-signature: what Aptos itself allows.
const SLOTS: usize = 32;

const BITMAP_BYTES: usize = size_of::<u32>();

/// The keys, then the threshold.
pub(super) const MULTI_OWNER_BYTES: usize = SLOTS * PUBLIC_KEY_BYTES + 1;

/// The signatures, then the bitmap.
pub(super) const MULTI_SIGNATURE_BYTES: usize = SLOTS * SIGNATURE_BYTES + BITMAP_BYTES;

/// The bit of the first slot.
const FIRST_SLOT: u32 = 1 << (u32::BITS - 1);

/// What a wallet with one key signs: it shows text, and the uploading services of the network chose the nonce.
pub(super) fn text(message: &[u8]) -> Vec<u8> {
    format!("APTOS\nmessage: {}\nnonce: bundlr", hex::encode(message)).into_bytes()
}

/// Costs at most 32 single verifications; the form is judged before the first of them.
pub(super) fn verify_multi(
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let (&threshold, keys) = owner.split_last().ok_or(SignatureError::NoKey)?;
    let signed = Signed::parse(signature)?;
    signed.check_count(threshold)?;
    let keys = listed(keys)?;
    if usize::from(threshold) > keys.len() {
        return Err(SignatureError::NoKey);
    }
    for (slot, signature) in signed.signatures {
        let key = keys.get(slot).ok_or(SignatureError::Mismatch)?;
        curve25519::verify_with(key, message, signature)?;
    }
    Ok(())
}

/// The announced signatures with their slots.
struct Signed<'a> {
    signatures: Vec<(usize, &'a [u8])>,
}

impl<'a> Signed<'a> {
    fn parse(field: &'a [u8]) -> Result<Self, SignatureError> {
        let (slots, bitmap) = field
            .split_last_chunk::<BITMAP_BYTES>()
            .ok_or(SignatureError::Malleable)?;
        let bitmap = u32::from_be_bytes(*bitmap);
        let slots = slots.chunks_exact(SIGNATURE_BYTES).take(SLOTS).enumerate();
        let (signatures, unused): (Vec<_>, Vec<_>) =
            slots.partition(|(slot, _)| bitmap & (FIRST_SLOT >> slot) != 0);
        match unused.iter().all(|(_, slot)| is_empty(slot)) {
            true => Ok(Self { signatures }),
            false => Err(SignatureError::Malleable),
        }
    }

    fn check_count(&self, threshold: u8) -> Result<(), SignatureError> {
        let found = self.signatures.len();
        match threshold {
            0 => Err(SignatureError::WeakKey),
            _ if usize::from(threshold) == found => Ok(()),
            _ => Err(SignatureError::Threshold { threshold, found }),
        }
    }
}

fn listed(slots: &[u8]) -> Result<Vec<VerifyingKey>, SignatureError> {
    let slots: Vec<_> = slots.chunks_exact(PUBLIC_KEY_BYTES).collect();
    let count = slots.iter().take_while(|slot| !is_empty(slot)).count();
    let (keys, unused) = slots.split_at(count);
    let distinct = keys.iter().collect::<BTreeSet<_>>().len() == count;
    if !distinct || !unused.iter().all(|slot| is_empty(slot)) {
        return Err(SignatureError::NoKey);
    }
    keys.iter().map(|key| curve25519::key(key)).collect()
}

fn is_empty(slot: &[u8]) -> bool {
    slot.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    const MESSAGE: &[u8] = b"m";

    fn signer(seed: u8) -> SigningKey {
        SigningKey::ed25519([seed; 32])
    }

    /// The owner with the keys of these seeds, slot by slot; seed 0 leaves its slot empty.
    fn owner(seeds: &[u8], threshold: u8) -> Vec<u8> {
        let mut owner = vec![0; MULTI_OWNER_BYTES];
        for (slot, seed) in seeds.iter().enumerate().filter(|(_, seed)| **seed != 0) {
            put(&mut owner, slot * PUBLIC_KEY_BYTES, signer(*seed).owner());
        }
        owner[MULTI_OWNER_BYTES - 1] = threshold;
        owner
    }

    /// The signatures of these seeds in these slots, announced.
    fn signature(signers: &[(usize, u8)]) -> Vec<u8> {
        let mut field = vec![0; MULTI_SIGNATURE_BYTES];
        for (slot, seed) in signers {
            let signed = signer(*seed).sign(MESSAGE);
            put(&mut field, slot * SIGNATURE_BYTES, &signed);
            field[SLOTS * SIGNATURE_BYTES + slot / 8] |= 0x80 >> (slot % 8);
        }
        field
    }

    fn put(field: &mut [u8], at: usize, bytes: &[u8]) {
        field[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn judge(owner: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        verify_multi(owner, MESSAGE, signature)
    }

    #[test]
    fn the_text_is_the_one_of_the_wallets() {
        let shown = b"APTOS\nmessage: 00abff\nnonce: bundlr";
        assert_eq!(text(&[0, 0xab, 0xff]), shown);
    }

    #[test]
    fn as_many_signers_as_the_threshold_asks_for_sign_together() {
        let owner = owner(&[1, 2, 3], 2);
        for pair in [[(0, 1), (1, 2)], [(0, 1), (2, 3)], [(1, 2), (2, 3)]] {
            assert_eq!(judge(&owner, &signature(&pair)), Ok(()));
            assert_eq!(
                verify_multi(&owner, b"another", &signature(&pair)),
                Err(SignatureError::Mismatch)
            );
        }
    }

    #[test]
    fn all_slots_can_be_in_use() {
        let seeds: Vec<_> = (1..=32).collect();
        let signers: Vec<_> = (0..).zip(seeds.iter().copied()).collect();
        assert_eq!(judge(&owner(&seeds, 32), &signature(&signers)), Ok(()));
        assert_eq!(judge(&owner(&seeds, 1), &signature(&[(31, 32)])), Ok(()));
    }

    #[test]
    fn another_number_of_signatures_than_the_threshold_is_refused() {
        let all = [(0, 1), (1, 2), (2, 3)];
        for found in [0, 1, 3] {
            let judged = judge(&owner(&[1, 2, 3], 2), &signature(&all[..found]));
            let threshold = 2;
            assert_eq!(judged, Err(SignatureError::Threshold { threshold, found }));
        }
    }

    #[test]
    fn every_signature_counts() {
        let owner = owner(&[1, 2, 3], 2);
        let mismatch = Err(SignatureError::Mismatch);
        for wrong in [
            [(0, 1), (1, 3)], // Another signer's.
            [(0, 9), (1, 2)], // Nobody's, and the first.
            [(0, 1), (3, 9)], // In a slot without a key.
        ] {
            assert_eq!(judge(&owner, &signature(&wrong)), mismatch, "{wrong:?}");
        }
    }

    #[test]
    fn a_flipped_bit_of_bitmap_or_unused_slot_is_refused() {
        let (owner, good) = (owner(&[1, 2, 3], 2), signature(&[(0, 1), (2, 3)]));
        let used = |byte: usize| matches!(byte / SIGNATURE_BYTES, 0 | 2);
        for byte in (0..MULTI_SIGNATURE_BYTES).filter(|byte| !used(*byte)) {
            for bit in 0..8 {
                let mut flipped = good.clone();
                flipped[byte] ^= 1 << bit;
                assert!(judge(&owner, &flipped).is_err(), "byte {byte} bit {bit}");
            }
        }
        let mut junk = good;
        junk[SIGNATURE_BYTES + 5] = 9;
        assert_eq!(judge(&owner, &junk), Err(SignatureError::Malleable));
    }

    #[test]
    fn a_moved_bit_does_not_move_the_signature() {
        let mut moved = signature(&[(0, 1), (2, 3)]);
        moved[SLOTS * SIGNATURE_BYTES] = 0b1100_0000;
        let judged = judge(&owner(&[1, 2, 3], 2), &moved);
        assert_eq!(judged, Err(SignatureError::Malleable));
    }

    #[test]
    fn an_owner_that_anybody_or_too_few_could_sign_for_is_none() {
        let signed = signature(&[(0, 1), (1, 2)]);
        let nobody = judge(&owner(&[1, 2], 0), &signature(&[]));
        assert_eq!(nobody, Err(SignatureError::WeakKey));
        let no_key = Err(SignatureError::NoKey);
        assert_eq!(judge(&owner(&[1], 2), &signed), no_key);
        assert_eq!(judge(&owner(&[1, 2, 0, 3], 2), &signed), no_key, "a gap");
        let twice = signature(&[(0, 1), (1, 1)]);
        assert_eq!(judge(&owner(&[1, 1], 2), &twice), no_key);
        assert_eq!(judge(&owner(&[1, 2, 3, 2], 2), &signed), no_key);
    }

    #[test]
    fn a_listed_key_that_is_weak_or_none_spoils_the_owner() {
        let signed = signature(&[(0, 1), (1, 2)]);
        let mut neutral = [0; PUBLIC_KEY_BYTES];
        neutral[0] = 1;
        let no_point = [2; PUBLIC_KEY_BYTES];
        for (third, wrong) in [
            (neutral, SignatureError::WeakKey),
            (no_point, SignatureError::NoKey),
        ] {
            let mut owner = owner(&[1, 2], 2);
            assert_eq!(judge(&owner, &signed), Ok(()));
            put(&mut owner, 2 * PUBLIC_KEY_BYTES, &third);
            assert_eq!(judge(&owner, &signed), Err(wrong));
        }
    }

    #[test]
    fn fields_of_any_length_are_judged_calmly() {
        for length in [0, 1, 3, 4, 5, 63, 64, 68, MULTI_SIGNATURE_BYTES + 64] {
            let field = vec![0xff; length];
            assert!(judge(&field, &field).is_err());
            assert!(judge(&owner(&[1], 1), &field).is_err());
        }
    }
}
