//! A key at rest: argon2id makes a key of the password, ChaCha20-Poly1305 seals the secret under it.
//!
//! The file is JSON and names its own parameters, so that they can be raised without losing old files. Salt and nonce come from
//! the caller; this file draws no randomness and touches no disk.

use aosec_wire::id::{from_base64url, to_base64url};
use aosec_wire::{KeyError, SignatureKind, SigningKey};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Salt of the password hash.
pub const SALT_BYTES: usize = 16;
/// Nonce of the cipher; each seal has a fresh salt, hence a fresh key, so 12 random bytes never meet twice.
pub const NONCE_BYTES: usize = 12;
/// Memory of one password hash: 19 MiB with 2 passes is OWASP's floor for argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A file that asks for more than this is an attack on the reader, not a stronger seal.
const MEMORY_KIB_MAX: u32 = 1_048_576;
const PASSES_MAX: u32 = 64;
const FORMAT: &str = "aosec-key-1";

/// Why a seal could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The password does not open this seal, or the file was changed.
    #[error("wrong password for key {0}, or its file was changed")]
    Refused(String),
    /// A field of the file is not what it should be.
    #[error("the key file is damaged: {0}")]
    Damaged(&'static str),
    /// The sealed secret is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The kinds of keys that can be made, imported and sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// RSA-4096, an Arweave wallet.
    Arweave,
    /// ed25519, the default for hot keys.
    Ed25519,
    /// secp256k1, an Ethereum account.
    Ethereum,
    /// ed25519 as Solana signs.
    Solana,
}

impl KeyKind {
    /// The kind of a key, by its secret: signature kinds that are not made here have one too.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        match key.kind() {
            SignatureKind::Arweave => Self::Arweave,
            SignatureKind::Ed25519 | SignatureKind::Aptos | SignatureKind::MultiAptos => {
                Self::Ed25519
            }
            SignatureKind::Ethereum | SignatureKind::TypedEthereum | SignatureKind::Kyve => {
                Self::Ethereum
            }
            SignatureKind::Solana => Self::Solana,
        }
    }

    /// The key of this kind with a 32-byte secret.
    ///
    /// # Errors
    /// For an Arweave key, which has no such secret, and for a secret outside the curve's order.
    pub fn key_of(self, secret: &[u8; 32]) -> Result<SigningKey, KeyError> {
        match self {
            Self::Ed25519 => Ok(SigningKey::ed25519(*secret)),
            Self::Solana => Ok(SigningKey::solana(*secret)),
            Self::Ethereum => SigningKey::ethereum(*secret),
            Self::Arweave => SigningKey::rsa_from_jwk(""),
        }
    }
}

/// The file of a sealed key.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sealed {
    format: String,
    kind: KeyKind,
    address: String,
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

impl Sealed {
    /// Seals a key. Salt and nonce must be fresh random bytes.
    ///
    /// # Errors
    /// Where the key gives no secret out.
    pub fn seal(
        key: &SigningKey,
        password: &[u8],
        salt: [u8; SALT_BYTES],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Self, SealError> {
        let address = key.address().to_string();
        let secret = secret_of(key)?;
        let cipher = cipher(password, &salt, MEMORY_KIB, PASSES)?;
        let payload = Payload {
            msg: secret.as_slice(),
            aad: address.as_bytes(),
        };
        let sealed = cipher
            .encrypt(Nonce::from_slice(&nonce), payload)
            .map_err(|_opaque| SealError::Damaged("the secret could not be sealed"))?;
        Ok(Self {
            format: FORMAT.into(),
            kind: KeyKind::of(key),
            address,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            salt: to_base64url(&salt),
            nonce: to_base64url(&nonce),
            sealed: to_base64url(&sealed),
        })
    }

    /// The sealed key in `text`, or none where the text is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text)
            .ok()
            .filter(|sealed| sealed.format == FORMAT)
    }

    /// The file's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The address of the sealed key, readable without the password.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Opens the seal.
    ///
    /// # Errors
    /// [`SealError::Refused`] for a wrong password or a changed file.
    pub fn open(&self, password: &[u8]) -> Result<SigningKey, SealError> {
        if self.memory_kib > MEMORY_KIB_MAX || self.passes > PASSES_MAX {
            return Err(SealError::Damaged(
                "it asks for more work than any seal of ours",
            ));
        }
        let salt = bytes(&self.salt, "salt")?;
        let nonce = bytes(&self.nonce, "nonce")?;
        if nonce.len() != NONCE_BYTES {
            return Err(SealError::Damaged("nonce"));
        }
        let cipher = cipher(password, &salt, self.memory_kib, self.passes)?;
        let sealed = bytes(&self.sealed, "sealed")?;
        let payload = Payload {
            msg: &sealed,
            aad: self.address.as_bytes(),
        };
        let secret = cipher
            .decrypt(Nonce::from_slice(&nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_opaque| SealError::Refused(self.address.clone()))?;
        self.key(&secret)
    }

    fn key(&self, secret: &[u8]) -> Result<SigningKey, SealError> {
        if self.kind == KeyKind::Arweave {
            let jwk =
                std::str::from_utf8(secret).map_err(|_bad| SealError::Damaged("the sealed JWK"))?;
            return Ok(SigningKey::rsa_from_jwk(jwk)?);
        }
        let secret: &[u8; 32] = secret
            .try_into()
            .map_err(|_bad| SealError::Damaged("the sealed secret"))?;
        Ok(self.kind.key_of(secret)?)
    }
}

fn secret_of(key: &SigningKey) -> Result<Zeroizing<Vec<u8>>, SealError> {
    if let Some(jwk) = key.to_jwk() {
        return Ok(Zeroizing::new(jwk.as_bytes().to_vec()));
    }
    let secret = key
        .secret()
        .ok_or(SealError::Damaged("the key gives no secret out"))?;
    Ok(Zeroizing::new(secret.to_vec()))
}

fn bytes(text: &str, name: &'static str) -> Result<Vec<u8>, SealError> {
    from_base64url(text).map_err(|_bad| SealError::Damaged(name))
}

fn cipher(
    password: &[u8],
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<ChaCha20Poly1305, SealError> {
    let params = Params::new(memory_kib, passes, LANES, Some(32))
        .map_err(|_bad| SealError::Damaged("parameters"))?;
    let mut key = Zeroizing::new([0_u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, key.as_mut_slice())
        .map_err(|_bad| SealError::Damaged("salt or parameters"))?;
    Ok(ChaCha20Poly1305::new(Key::from_slice(key.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (SigningKey, Sealed) {
        let key = SigningKey::ed25519([7; 32]);
        let sealed = Sealed::seal(&key, b"correct horse", [1; 16], [2; 12]).expect("seals");
        (key, sealed)
    }

    #[test]
    fn the_right_password_opens_and_another_does_not() {
        let (key, sealed) = sealed();
        assert_eq!(
            sealed.open(b"correct horse").expect("opens").address(),
            key.address()
        );
        assert!(matches!(sealed.open(b"wrong"), Err(SealError::Refused(_))));
    }

    #[test]
    fn a_file_survives_its_text_and_notices_a_changed_address() {
        let (key, sealed) = sealed();
        let mut read = Sealed::parse(&sealed.to_json()).expect("parses");
        assert_eq!(read.address(), key.address().to_string());
        read.address = "somebody else".into();
        assert!(matches!(
            read.open(b"correct horse"),
            Err(SealError::Refused(_))
        ));
    }

    #[test]
    fn a_greedy_file_is_refused_before_any_work() {
        let (_key, mut sealed) = sealed();
        sealed.memory_kib = u32::MAX;
        assert!(matches!(
            sealed.open(b"correct horse"),
            Err(SealError::Damaged(_))
        ));
    }
}
