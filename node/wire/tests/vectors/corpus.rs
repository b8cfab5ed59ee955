//! The vectors and test keys as Rust values.

use aosec_wire::id::from_base64url;
use aosec_wire::{SigningKey, Tags};
use bytes::Bytes;
use serde_json::Value;

const VECTORS: &str = include_str!("../../../../tests/vectors/ans104/vectors.json");
const KEYS: &str = include_str!("../../../../tests/vectors/ans104/test-keys.json");

/// One vector: an item or a bundle.
pub(crate) struct Vector(Value);

impl Vector {
    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    pub(crate) fn expect(&self) -> &str {
        self.text("expect")
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let text = self.0.get("item_b64").or(self.0.get("bundle_b64")).unwrap();
        from_base64url(text.as_str().unwrap()).unwrap().into()
    }

    pub(crate) fn number(&self, member: &str) -> u64 {
        self.0[member].as_u64().unwrap()
    }

    pub(crate) fn tags(&self) -> Tags {
        let tags = self.0["tags"].as_array().unwrap();
        tags.iter()
            .map(|tag| {
                (
                    tag["name"].as_str().unwrap(),
                    tag["value"].as_str().unwrap(),
                )
            })
            .collect()
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.0["ids"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect()
    }
}

pub(crate) fn items() -> Vec<Vector> {
    vectors("items")
}

pub(crate) fn bundles() -> Vec<Vector> {
    vectors("bundles")
}

/// The items that a reader of settled items accepts.
pub(crate) fn valid_items() -> Vec<Vector> {
    items()
        .into_iter()
        .filter(|vector| vector.expect() != "reject")
        .collect()
}

/// The keys that signed the vectors.
pub(crate) fn keys() -> Vec<SigningKey> {
    let keys: Value = serde_json::from_str(KEYS).unwrap();
    let secret = |text: &Value| {
        let bytes = alloy_primitives::hex::decode(text.as_str().unwrap()).unwrap();
        <[u8; 32]>::try_from(bytes).unwrap()
    };
    let rsa = keys["rsa"].as_array().unwrap().iter();
    let seeds = keys["seeds"].as_array().unwrap().iter().map(secret);
    let ethereum = keys["eth"].as_array().unwrap().iter().map(secret);
    rsa.map(|jwk| SigningKey::rsa_from_jwk(&jwk.to_string()).unwrap())
        .chain(seeds.flat_map(|seed| {
            [
                SigningKey::ed25519(seed),
                SigningKey::solana(seed),
                SigningKey::aptos(seed),
            ]
        }))
        .chain(ethereum.flat_map(|secret| {
            [
                SigningKey::ethereum(secret).unwrap(),
                SigningKey::typed_ethereum(secret).unwrap(),
            ]
        }))
        .collect()
}

fn vectors(list: &str) -> Vec<Vector> {
    let mut all: Value = serde_json::from_str(VECTORS).unwrap();
    let Value::Array(list) = all[list].take() else {
        panic!("no list of {list}")
    };
    list.into_iter().map(Vector).collect()
}
