//! RSA-4096 PSS with SHA-256.
//!
//! 1. The salt length is recovered from the signature, not fixed: real items have 0, 32 and the longest (478), by the
//!    library that signed them, and settled ones any other.
//! 2. Only 4096-bit moduli with exponent 65537 are keys.
//! 3. A signature is a number below the modulus, which libcrypto checks; so it has one form.
//!
//! The arithmetic is libcrypto's; [`super::rsa`] is the only door to it.

use std::ffi::c_int;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::rsa::{ANY_SALT, Key};
use crate::error::{KeyError, SignatureError};
use crate::item::Strictness;

/// Length of a modulus, and so of owner and signature.
pub(super) const MODULUS_BYTES: usize = 512;

/// The same in bits: the highest bit of a modulus is set.
pub(super) const MODULUS_BITS: u32 = 4_096;

/// The one exponent of all Arweave keys.
pub(super) const EXPONENT: u64 = 65_537;

/// Length of a SHA-256 hash.
pub(super) const HASH_BYTES: usize = 32;

/// The longest salt that fits: modulus bytes less the hash, less the marks before and after.
const SALT_BYTES_LONGEST: c_int = (MODULUS_BYTES - HASH_BYTES - 2) as c_int;

/// The salt lengths that signing libraries in use choose: the hash's, the longest, none. Most frequent first.
const USUAL_SALTS: [c_int; 3] = [HASH_BYTES as c_int, SALT_BYTES_LONGEST, 0];

/// One number of a private key, big-endian, wiped when dropped.
pub(super) type Part = Zeroizing<Vec<u8>>;

/// The numbers of a private key, by their JWK names.
pub(super) struct Parts {
    pub(super) n: Part,
    pub(super) e: Part,
    pub(super) d: Part,
    pub(super) p: Part,
    pub(super) q: Part,
    pub(super) dp: Part,
    pub(super) dq: Part,
    pub(super) qi: Part,
}

/// How a signature is salted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Salt {
    /// 32 fresh random bytes.
    Random,
    /// None: the same message gives the same signature.
    Empty,
}

/// Verifies a PSS signature over SHA-256 of `message`.
pub(super) fn verify(
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
    strictness: Strictness,
) -> Result<(), SignatureError> {
    let key = Key::public(owner)
        .filter(Key::has_our_size)
        .ok_or(SignatureError::NoKey)?;
    let encoded = key.open(signature).ok_or(SignatureError::Mismatch)?;
    let digest = Sha256::digest(message).into();
    if !key.pss_holds(&digest, &encoded, ANY_SALT) {
        return Err(SignatureError::Mismatch);
    }
    let usual = || {
        USUAL_SALTS
            .iter()
            .any(|salt| key.pss_holds(&digest, &encoded, *salt))
    };
    match strictness {
        Strictness::Entrance if !usual() => Err(SignatureError::OddSalt),
        _ => Ok(()),
    }
}

/// A checked private key.
pub(super) struct PrivateKey(Key);

impl PrivateKey {
    pub(super) fn from_parts(parts: &Parts) -> Result<Self, KeyError> {
        Key::private(parts)
            .and_then(Self::checked)
            .ok_or(KeyError::Rsa)
    }

    pub(super) fn generate() -> Result<Self, KeyError> {
        Key::generate()
            .and_then(Self::checked)
            .ok_or(KeyError::Generate)
    }

    /// The modulus in owner form.
    pub(super) fn modulus(&self) -> Vec<u8> {
        self.parts().n.to_vec()
    }

    /// The numbers of the key.
    pub(super) fn parts(&self) -> Parts {
        self.0.parts()
    }

    /// Signs SHA-256 of `message`. The salt is drawn by libcrypto's generator, which aborts rather than repeats.
    pub(super) fn sign(&self, message: &[u8], salt: Salt) -> Vec<u8> {
        let digest = Sha256::digest(message).into();
        let salt_bytes = match salt {
            Salt::Random => HASH_BYTES as c_int,
            Salt::Empty => 0,
        };
        self.0
            .sign(&digest, salt_bytes)
            .expect("a checked key signs while there is memory")
    }

    fn checked(key: Key) -> Option<Self> {
        key.has_our_size().then_some(Self(key))
    }
}

/// The first throw-away key of the vectors.
#[cfg(test)]
pub(crate) fn test_key() -> super::SigningKey {
    super::SigningKey::rsa_from_jwk(&tests::jwk().to_string()).expect("the key of the vectors")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{SignatureKind, SigningKey, verify as verify_kind};
    use serde_json::Value;

    const KEYS: &str = include_str!("../../../../tests/vectors/ans104/test-keys.json");

    pub(super) fn jwk() -> Value {
        let mut keys: Value = serde_json::from_str(KEYS).unwrap();
        keys["rsa"][0].take()
    }

    #[test]
    fn a_key_file_comes_back_as_it_was() {
        let written = test_key().to_jwk().unwrap();
        let (written, read): (Value, Value) = (serde_json::from_str(&written).unwrap(), jwk());
        for member in ["kty", "n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            assert_eq!(written[member], read[member], "{member}");
        }
        assert!(test_key().secret().is_none());
    }

    #[test]
    fn numbers_that_do_not_fit_together_are_no_key() {
        for member in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            for other in ["", "AQAB", "AA", "not base64", &"A".repeat(700)] {
                let mut file = jwk();
                if file[member] == other {
                    continue;
                }
                file[member] = other.into();
                assert!(
                    SigningKey::rsa_from_jwk(&file.to_string()).is_err(),
                    "{member} {other}"
                );
            }
        }
        let mut swapped = jwk();
        (swapped["p"], swapped["q"]) = (swapped["q"].take(), swapped["p"].take());
        let odd = [swapped.to_string(), "{}".to_owned(), " ".repeat(20_000)];
        assert!(
            odd.iter()
                .all(|file| SigningKey::rsa_from_jwk(file).is_err())
        );
    }

    /// A throw-away key that is sound but has 1024 bits.
    const SHORT_KEY: &str = r#"{"kty":"RSA","e":"AQAB",
        "n":"l0e5dNLJsR2h2FaWIn_YF_iAInsDyU4PxRYo7PiigT3l_ZWP0CFtiAXozYIuQrwuvVaQUYiFRz8MJh3ua5nglRVoIp-hSeYaOqiYoWupR0lscd-bilVV0TN_hrYvZjhNb9G0FgGiNKPzqEQ_AFKWB4XV9OuSfUqngdzYlYxqHbE",
        "d":"ETAO_Bzu2Xa6aq_7wtOvo5mSRVigp4B8_jF0WOgu3mw_8z3I5ybFIQ061A6UXvSugsiRARJ3wg6BvNrtub_z6g-Zg6GjO9qP5nMgPNOJCdJefJDmA9uzYJa8W0VK4Qw-7BPXiDYRtqzQFTsRqr-1lXwA-OLcthHvmkgUy07-aRk",
        "p":"x6xXGPsyWGSZ5GYMRJDQtgJ_rN9pgW5FkxQhe_vsQ8jevwz0mWuPxcz0fDv8PydisxqvVJkWcEGdcSlHkS1vJw",
        "q":"wfSeYPAHQ5fAJ72wdX0Vb5QQnK0_6vdIKt-IptbpT32cUtIsbDRH0KXXXDszVjA8Y2P7if36DL4sxNTwMpmTZw",
        "dp":"PO5zebUWDPFOIOufLMFAX3ptubRHfu7GnnZTLYGX_KtshcKPVc4EBqlfphWsCR2cuekXveoldcYgJGsjYsMJmw",
        "dq":"YvNEldn_KrnRu7SnwNjmxbz5WKV-tYYg2FagZdXAw-Amj45QQYfOl6D0JUbCoxcKx_4rRzQ-jJ-9QVINlRMKww",
        "qi":"jYk1sY5dC9_h7LCkHdy14boWwFns3U6HZY_FLXylnxBGw2HjDT1qeqDAwypD8G_N4p4r8GvhyBTuw_Hdwycs0Q"}"#;

    #[test]
    fn a_sound_key_of_another_size_is_no_key_here() {
        assert!(Key::private(&crate::keys::jwk::parse(SHORT_KEY).unwrap()).is_some());
        assert!(SigningKey::rsa_from_jwk(SHORT_KEY).is_err());
    }

    #[test]
    fn a_made_key_signs() {
        let key = SigningKey::rsa_generate().unwrap();
        let again = SigningKey::rsa_from_jwk(&key.to_jwk().unwrap()).unwrap();
        assert_eq!(again.owner(), key.owner());
        let signature = again.sign(b"m");
        assert_eq!(
            verify_kind(SignatureKind::Arweave, key.owner(), b"m", &signature),
            Ok(())
        );
        assert_ne!(key.sign(b"m"), signature, "the salt is fresh");
    }

    #[test]
    fn an_owner_that_is_no_modulus_is_refused_without_harm() {
        let key = test_key();
        let signature = key.sign(b"m");
        let with = |at: usize, byte: u8| {
            let mut owner = key.owner().to_vec();
            owner[at] = byte;
            owner
        };
        let judged = |owner: &[u8]| verify_kind(SignatureKind::Arweave, owner, b"m", &signature);
        let even = with(511, key.owner()[511] & 0xfe);
        let mut one = vec![0; MODULUS_BYTES];
        one[511] = 1;
        for shorter in [with(0, 0), with(0, 1), with(0, 0x7f), one, vec![0; 512]] {
            assert_eq!(judged(&shorter), Err(SignatureError::NoKey));
        }
        for other in [even, vec![0xff; 512], with(0, 0x80), with(3, 1)] {
            assert!(judged(&other).is_err());
        }
    }

    #[test]
    fn a_signature_above_the_modulus_is_refused() {
        let key = test_key();
        let all = [vec![0xff; 512], vec![0; 512], key.owner().to_vec()];
        for signature in all {
            let judged = verify_kind(SignatureKind::Arweave, key.owner(), b"m", &signature);
            assert_eq!(judged, Err(SignatureError::Mismatch));
        }
    }
}
