//! The JWK text of an RSA private key (RFC 7517, RFC 7518 6.3), the key file of Arweave wallets.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::pss::{Part, Parts};
use crate::error::KeyError;
use crate::id::{from_base64url, to_base64url};
use crate::limits::JWK_BYTES_MAX;

/// The members of the text, in the order in which Arweave wallets write them.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    n: String,
    e: String,
    d: String,
    p: String,
    q: String,
    dp: String,
    dq: String,
    qi: String,
}

impl Drop for Jwk {
    fn drop(&mut self) {
        let Self {
            kty: _,
            n: _,
            e: _,
            d,
            p,
            q,
            dp,
            dq,
            qi,
        } = self;
        for secret in [d, p, q, dp, dq, qi] {
            secret.zeroize();
        }
    }
}

pub(super) fn parse(json: &str) -> Result<Parts, KeyError> {
    if json.len() > JWK_BYTES_MAX {
        return Err(KeyError::JwkLength { bytes: json.len() });
    }
    let jwk: Jwk = serde_json::from_str(json).map_err(|_| KeyError::Jwk)?;
    if jwk.kty != "RSA" {
        return Err(KeyError::Jwk);
    }
    Ok(Parts {
        n: part(&jwk.n)?,
        e: part(&jwk.e)?,
        d: part(&jwk.d)?,
        p: part(&jwk.p)?,
        q: part(&jwk.q)?,
        dp: part(&jwk.dp)?,
        dq: part(&jwk.dq)?,
        qi: part(&jwk.qi)?,
    })
}

pub(super) fn write(parts: &Parts) -> Zeroizing<String> {
    let jwk = Jwk {
        kty: "RSA".to_owned(),
        n: to_base64url(&parts.n),
        e: to_base64url(&parts.e),
        d: to_base64url(&parts.d),
        p: to_base64url(&parts.p),
        q: to_base64url(&parts.q),
        dp: to_base64url(&parts.dp),
        dq: to_base64url(&parts.dq),
        qi: to_base64url(&parts.qi),
    };
    Zeroizing::new(serde_json::to_string(&jwk).expect("nine texts are always JSON"))
}

fn part(text: &str) -> Result<Part, KeyError> {
    from_base64url(text)
        .map(Part::new)
        .map_err(|_| KeyError::Jwk)
}
