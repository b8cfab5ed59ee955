//! Private keys behind one type, of every kind but two: multi-signatures (6) have no one key, Kyve (101) no entrance here.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Address, SignatureKind, aptos, ethereum, jwk, pss, solana_text};
use crate::error::KeyError;

/// A private key with its owner field and address. Cloning shares the secret; it is wiped when the last clone goes.
#[derive(Clone)]
pub struct SigningKey {
    secret: Secret,
    owner: Arc<[u8]>,
    address: Address,
}

#[derive(Clone)]
enum Secret {
    Rsa(Arc<pss::PrivateKey>),
    Ed25519(Arc<ed25519_dalek::SigningKey>),
    Solana(Arc<ed25519_dalek::SigningKey>),
    Aptos(Arc<ed25519_dalek::SigningKey>),
    Ethereum(Arc<k256::ecdsa::SigningKey>),
    TypedEthereum(Arc<k256::ecdsa::SigningKey>),
}

impl SigningKey {
    /// The ed25519 key with this seed.
    pub fn ed25519(seed: [u8; 32]) -> Self {
        Self::new(Secret::Ed25519(curve25519(seed)))
    }

    /// The Solana key with this seed.
    pub fn solana(seed: [u8; 32]) -> Self {
        Self::new(Secret::Solana(curve25519(seed)))
    }

    /// The Aptos key with this seed.
    pub fn aptos(seed: [u8; 32]) -> Self {
        Self::new(Secret::Aptos(curve25519(seed)))
    }

    /// The Ethereum key with this secret, signing personal messages.
    pub fn ethereum(secret: [u8; 32]) -> Result<Self, KeyError> {
        Ok(Self::new(Secret::Ethereum(secp256k1(secret)?)))
    }

    /// The Ethereum key with this secret, signing typed data.
    pub fn typed_ethereum(secret: [u8; 32]) -> Result<Self, KeyError> {
        Ok(Self::new(Secret::TypedEthereum(secp256k1(secret)?)))
    }

    /// The RSA key of an Arweave key file.
    pub fn rsa_from_jwk(json: &str) -> Result<Self, KeyError> {
        let key = pss::PrivateKey::from_parts(&jwk::parse(json)?)?;
        Ok(Self::new(Secret::Rsa(Arc::new(key))))
    }

    /// A new RSA-4096 key, from the cryptographic library's own random source. Takes seconds.
    pub fn rsa_generate() -> Result<Self, KeyError> {
        Ok(Self::new(Secret::Rsa(Arc::new(
            pss::PrivateKey::generate()?
        ))))
    }

    /// The key file of an RSA key.
    pub fn to_jwk(&self) -> Option<Zeroizing<String>> {
        match &self.secret {
            Secret::Rsa(key) => Some(jwk::write(&key.parts())),
            _ => None,
        }
    }

    /// The 32 secret bytes of a key that is not RSA.
    pub fn secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        match &self.secret {
            Secret::Rsa(_) => None,
            Secret::Ed25519(key) | Secret::Solana(key) | Secret::Aptos(key) => {
                Some(Zeroizing::new(key.to_bytes()))
            }
            Secret::Ethereum(key) | Secret::TypedEthereum(key) => {
                Some(Zeroizing::new(key.to_bytes().into()))
            }
        }
    }

    /// The kind of its signatures.
    pub fn kind(&self) -> SignatureKind {
        self.secret.kind()
    }

    /// The owner field of what it signs.
    pub fn owner(&self) -> &[u8] {
        &self.owner
    }

    /// The address of its owner field.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Signs by the rule of its kind. RSA signatures take a fresh random salt of 32 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.sign_salted(message, pss::Salt::Random)
    }

    /// Signs so that the same message gives the same bytes again: RSA signatures have no salt, all other kinds are
    /// deterministic anyway. Assignments are signed this way, so that a crash between plan and answer changes no id.
    pub fn sign_deterministic(&self, message: &[u8]) -> Vec<u8> {
        self.sign_salted(message, pss::Salt::Empty)
    }

    fn sign_salted(&self, message: &[u8], salt: pss::Salt) -> Vec<u8> {
        use ed25519_dalek::Signer as _;
        match &self.secret {
            Secret::Rsa(key) => key.sign(message, salt),
            Secret::Ed25519(key) => key.sign(message).to_vec(),
            Secret::Solana(key) => key.sign(&solana_text(message)).to_vec(),
            Secret::Aptos(key) => key.sign(&aptos::text(message)).to_vec(),
            Secret::Ethereum(key) => ethereum::sign_personal(key, message),
            Secret::TypedEthereum(key) => ethereum::sign_typed(key, message),
        }
    }

    fn new(secret: Secret) -> Self {
        let owner = secret.owner();
        let address = Address::of(secret.kind(), &owner);
        Self {
            secret,
            owner: owner.into(),
            address,
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kind", &self.kind())
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Secret {
    fn kind(&self) -> SignatureKind {
        match self {
            Self::Rsa(_) => SignatureKind::Arweave,
            Self::Ed25519(_) => SignatureKind::Ed25519,
            Self::Solana(_) => SignatureKind::Solana,
            Self::Aptos(_) => SignatureKind::Aptos,
            Self::Ethereum(_) => SignatureKind::Ethereum,
            Self::TypedEthereum(_) => SignatureKind::TypedEthereum,
        }
    }

    fn owner(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => key.modulus(),
            Self::Ed25519(key) | Self::Solana(key) | Self::Aptos(key) => {
                key.verifying_key().to_bytes().to_vec()
            }
            Self::Ethereum(key) => ethereum::public_key(key),
            Self::TypedEthereum(key) => ethereum::address_text(key),
        }
    }
}

fn curve25519(seed: [u8; 32]) -> Arc<ed25519_dalek::SigningKey> {
    let seed = Zeroizing::new(seed);
    Arc::new(ed25519_dalek::SigningKey::from_bytes(&seed))
}

fn secp256k1(secret: [u8; 32]) -> Result<Arc<k256::ecdsa::SigningKey>, KeyError> {
    let secret = Zeroizing::new(secret);
    k256::ecdsa::SigningKey::from_slice(secret.as_slice())
        .map(Arc::new)
        .map_err(|_| KeyError::NotSecp256k1)
}
