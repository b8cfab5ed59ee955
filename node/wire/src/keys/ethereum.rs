//! secp256k1 as Ethereum wallets use it: the personal message (EIP-191) and typed data (EIP-712).
//!
//! One accepted form: `s` in the lower half, the last byte 27 or 28 and the one that recovers the owner. A flipped `s` or
//! another last byte would verify elsewhere and give a second id to one signed message.

use alloy_primitives::{Address, B256, keccak256};
use k256::ecdsa::{RecoveryId, Signature, SigningKey, VerifyingKey};

use crate::error::SignatureError;

/// Uncompressed point: the mark 4, then x and y.
pub(super) const PUBLIC_KEY_BYTES: usize = 65;

const UNCOMPRESSED_POINT: u8 = 4;

/// `0x` and 40 hex digits.
pub(super) const ADDRESS_TEXT_BYTES: usize = 42;

/// r, s and the recovery byte.
pub(super) const SIGNATURE_BYTES: usize = 65;

/// What Ethereum adds to the recovery id.
const RECOVERY_OFFSET: u8 = 27;

/// The typed data that the uploading services of the network chose for items, and every wallet since signs.
const DOMAIN_TYPE: &str = "EIP712Domain(string name,string version)";
const DOMAIN_NAME: &str = "Bundlr";
const DOMAIN_VERSION: &str = "1";
const ITEM_TYPE: &str = "Bundlr(bytes Transaction hash,address address)";

pub(super) fn verify_personal(
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let expected = uncompressed(owner).ok_or(SignatureError::NoKey)?;
    match recover(personal_hash(message), signature)? == expected {
        true => Ok(()),
        false => Err(SignatureError::Mismatch),
    }
}

pub(super) fn verify_typed(
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let expected = address_of_text(owner).ok_or(SignatureError::NoKey)?;
    let key = recover(typed_hash(expected, message), signature)?;
    match Address::from_public_key(&key) == expected {
        true => Ok(()),
        false => Err(SignatureError::Mismatch),
    }
}

pub(super) fn sign_personal(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    sign(key, personal_hash(message))
}

pub(super) fn sign_typed(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    sign(
        key,
        typed_hash(Address::from_public_key(key.verifying_key()), message),
    )
}

/// The owner field of a personal-message signer.
pub(super) fn public_key(key: &SigningKey) -> Vec<u8> {
    key.verifying_key()
        .to_encoded_point(false)
        .as_bytes()
        .to_vec()
}

/// The owner field of a typed-data signer: the address in lower case, as the network's wallets write it.
pub(super) fn address_text(key: &SigningKey) -> Vec<u8> {
    format!("{:#x}", Address::from_public_key(key.verifying_key())).into_bytes()
}

/// The address behind a public key in owner form.
pub(super) fn address_of_key(owner: &[u8]) -> Option<Address> {
    uncompressed(owner).map(|key| Address::from_public_key(&key))
}

/// The address that a typed-data owner spells. Either case of the digits: the owner field is itself signed.
pub(super) fn address_of_text(owner: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(owner).ok()?;
    if text.len() != ADDRESS_TEXT_BYTES || !text.starts_with("0x") {
        return None;
    }
    text.parse().ok()
}

/// Only the uncompressed form is an owner field: shorter forms of the same key would be other owners.
fn uncompressed(owner: &[u8]) -> Option<VerifyingKey> {
    let whole = owner.len() == PUBLIC_KEY_BYTES && owner.first() == Some(&UNCOMPRESSED_POINT);
    whole.then(|| VerifyingKey::from_sec1_bytes(owner).ok())?
}

fn sign(key: &SigningKey, hash: B256) -> Vec<u8> {
    let (signature, recovery) = key
        .sign_prehash_recoverable(hash.as_slice())
        .expect("a 32-byte hash is long enough for this curve");
    let mut out = signature.to_bytes().to_vec();
    out.push(RECOVERY_OFFSET + recovery.to_byte());
    out
}

fn recover(hash: B256, signature: &[u8]) -> Result<VerifyingKey, SignatureError> {
    let (&last, rs) = signature.split_last().ok_or(SignatureError::Malleable)?;
    let recovery = match last.checked_sub(RECOVERY_OFFSET) {
        Some(odd @ (0 | 1)) => RecoveryId::new(odd == 1, false),
        _ => return Err(SignatureError::Malleable),
    };
    let signature = Signature::from_slice(rs).map_err(|_| SignatureError::Mismatch)?;
    if signature.normalize_s().is_some() {
        return Err(SignatureError::Malleable);
    }
    VerifyingKey::recover_from_prehash(hash.as_slice(), &signature, recovery)
        .map_err(|_| SignatureError::Mismatch)
}

fn personal_hash(message: &[u8]) -> B256 {
    let mut text = format!("\x19Ethereum Signed Message:\n{}", message.len()).into_bytes();
    text.extend_from_slice(message);
    keccak256(text)
}

fn typed_hash(address: Address, message: &[u8]) -> B256 {
    let domain = keccak256(
        [
            keccak256(DOMAIN_TYPE),
            keccak256(DOMAIN_NAME),
            keccak256(DOMAIN_VERSION),
        ]
        .concat(),
    );
    let content = keccak256(
        [
            keccak256(ITEM_TYPE),
            keccak256(message),
            address.into_word(),
        ]
        .concat(),
    );
    keccak256([&[0x19, 0x01], domain.as_slice(), content.as_slice()].concat())
}

/// Of a signature: every last byte but the right one, and with each the flipped `s`.
#[cfg(test)]
pub(super) fn other_forms(signature: &[u8]) -> Vec<Vec<u8>> {
    let parsed = Signature::from_slice(&signature[..64]).unwrap();
    let flipped = Signature::from_scalars(parsed.r(), -parsed.s())
        .unwrap()
        .to_bytes();
    let with = |rs: &[u8], last| [rs, &[last]].concat();
    let same = (0..=255).map(|last| with(&signature[..64], last));
    let other = (0..=255).map(|last| with(&flipped, last));
    same.chain(other).filter(|form| form != signature).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::hex;

    fn key() -> SigningKey {
        SigningKey::from_slice(&[7; 32]).unwrap()
    }

    fn verdicts(signature: &[u8]) -> (Result<(), SignatureError>, Result<(), SignatureError>) {
        let key = key();
        let personal = verify_personal(&public_key(&key), b"m", signature);
        (personal, verify_typed(&address_text(&key), b"m", signature))
    }

    #[test]
    fn the_personal_message_is_the_one_of_the_wallets() {
        let hash = hex!("a1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2");
        assert_eq!(personal_hash(b"Hello World").as_slice(), hash);
    }

    #[test]
    fn a_second_form_of_a_signature_is_refused() {
        for signature in [sign_personal(&key(), b"m"), sign_typed(&key(), b"m")] {
            let (personal, typed) = verdicts(&signature);
            assert_ne!(personal.is_ok(), typed.is_ok());
            for form in other_forms(&signature) {
                let (personal, typed) = verdicts(&form);
                assert!(personal.is_err() && typed.is_err(), "{form:?}");
            }
        }
    }

    #[test]
    fn the_owner_field_has_one_shape() {
        let (key, signature) = (key(), sign_personal(&key(), b"m"));
        let mut hybrid = public_key(&key);
        assert!(verify_personal(&hybrid, b"m", &signature).is_ok());
        hybrid[0] = 6 + (hybrid[64] & 1);
        let compressed = key.verifying_key().to_encoded_point(true);
        for owner in [hybrid.as_slice(), compressed.as_bytes(), &[4; 65], &[0; 65]] {
            assert_eq!(
                verify_personal(owner, b"m", &signature),
                Err(SignatureError::NoKey)
            );
        }
        for owner in [
            "",
            "0x",
            "0Xaabbccddeeaabbccddeeaabbccddeeaabbccddeeaa",
            &"g".repeat(42),
        ] {
            let typed = sign_typed(&key, b"m");
            assert_eq!(
                verify_typed(owner.as_bytes(), b"m", &typed),
                Err(SignatureError::NoKey)
            );
        }
    }
}
