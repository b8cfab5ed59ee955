//! What a devnet begins with: the process module, money, and where the schedulers answer (D13, D19).

use std::time::Duration;

use aosec_wasm::process_module::BOOT;
use aosec_wasm::process_module::MODULE_FORMAT;
use aosec_wire::{Address, Draft, Id, ItemError, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;
use reqwest::Url;

use super::{DevchainError, now_ms};
use crate::arweave::location::{self, Location};

/// Seed of the published, throw-away ed25519 key that signs the module: with it, the module's id depends on its bytes and tags alone.
const MODULE_SEED: [u8; 32] = *b"aosec devnet: throw-away key (1)";
/// What the module may use unless a process says otherwise (D19): the memory of a large token ledger, and fuel for some ten seconds of
/// a core. An endless loop costs every honest unit this much, so it is not the reference's 9e12, which takes hours.
const MEMORY_LIMIT: &str = "256-mb";
const COMPUTE_LIMIT: &str = "10000000000";

/// The contents of blocks 0 and 1.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// The process module.
    pub module: Id,
    /// Who owns what at the start, in winston.
    pub funds: Vec<(Address, u128)>,
    /// The items of block 1.
    pub items: Vec<VerifiedItem>,
}

impl Genesis {
    /// A chain with money alone: for tests of the chain itself.
    #[must_use]
    pub fn of_funds(funds: Vec<(Address, u128)>) -> Self {
        Self {
            module: Id::new([0; 32]),
            funds,
            items: Vec::new(),
        }
    }
}

/// The genesis of a devnet: the module `wasm`, `funds`, and a Scheduler-Location of each scheduler, good for `ttl`.
///
/// # Errors
/// [`DevchainError::Item`] where the module is over an item's limits.
pub fn devnet(
    wasm: &[u8],
    funds: Vec<(Address, u128)>,
    locations: &[(SigningKey, Url)],
    ttl: Duration,
) -> Result<Genesis, DevchainError> {
    let module = module_item(wasm)?;
    let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
    let now_ms = now_ms();
    let mut items = vec![module.clone()];
    for (key, url) in locations {
        let location = Location {
            url: url.clone(),
            ttl_ms,
        };
        items.push(location::draft(&location, now_ms).sign(key)?);
    }
    Ok(Genesis {
        module: module.id(),
        funds,
        items,
    })
}

/// The item of the process module. Equal bytes give an equal id.
///
/// # Errors
/// Where the module is over an item's limits.
pub fn module_item(wasm: &[u8]) -> Result<VerifiedItem, ItemError> {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Module")
        .with("Module-Format", MODULE_FORMAT)
        .with("Input-Encoding", "JSON-1")
        .with("Output-Encoding", "JSON-1")
        .with("Memory-Limit", MEMORY_LIMIT)
        .with("Compute-Limit", COMPUTE_LIMIT)
        // The boot text decides results as much as the bytes do, so another one is another module.
        .with("Boot-Hash", Id::sha256(BOOT).to_string())
        .with("Content-Type", "application/wasm");
    let draft = Draft {
        target: None,
        anchor: None,
        tags,
        data: Bytes::copy_from_slice(wasm),
    };
    draft.sign(&SigningKey::ed25519(MODULE_SEED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_has_a_fixed_id() {
        let (a, b) = (
            module_item(b"\0asm").unwrap(),
            module_item(b"\0asm").unwrap(),
        );
        assert_eq!(a, b);
        assert_ne!(a.id(), module_item(b"\0asm2").unwrap().id());
        assert_eq!(a.tags().get("Type"), Some("Module"));
    }

    #[test]
    fn schedulers_say_where_they_answer() {
        let key = SigningKey::ed25519([3; 32]);
        let url: Url = "http://127.0.0.1:4003".parse().unwrap();
        let genesis = devnet(
            b"\0asm",
            vec![],
            &[(key.clone(), url.clone())],
            Duration::from_secs(10),
        )
        .unwrap();
        let item = &genesis.items[1];
        assert_eq!(
            (genesis.items[0].id(), item.owner_address()),
            (genesis.module, key.address())
        );
        assert_eq!(
            location::read(|name| item.tags().get(name)),
            Some(Location {
                url,
                ttl_ms: 10_000
            })
        );
    }
}
