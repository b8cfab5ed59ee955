//! The embedded base layer.

use aosec_wire::SigningKey;

/// The published, throw-away key that signs the devchain's own bundles.
const CARRIER_JWK: &str = include_str!("carrier.jwk.json");

/// The devchain's own key.
#[must_use]
pub fn carrier_key() -> SigningKey {
    SigningKey::rsa_from_jwk(CARRIER_JWK)
        .expect("the key file is part of the source and its test reads it")
}
