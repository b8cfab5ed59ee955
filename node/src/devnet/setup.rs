//! The pieces of a devnet, in the order in which they are put together: folder, accounts, base layer, children, `devnet.json`.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use aosec_wire::{Address, Id, SigningKey};
use clap::ValueEnum as _;
use reqwest::Url;

use super::child::{ChildPlan, NodeChild};
use super::court;
use super::file::{AccountEntry, DevnetFile, DevnetFileError, NAME, NodeEntry};
use super::ports::{DOOR, Ports};
use super::{DevnetConfig, DevnetError};
use crate::arweave::devchain::{self, Devchain, genesis};
use crate::config::Agent;
use crate::keys::{self, sealed::KeyKind};
use crate::shutdown::Shutdown;

/// Funds of every account and wallet at genesis: 1,000 AR, in winston.
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;
/// A location on the devnet is stale after this (D11).
const LOCATION_TTL: Duration = Duration::from_secs(10);
/// Confirmations on the devnet (PROTOCOL 8, in brackets).
pub const SETTLEMENT_DEPTH: u64 = 1;
const LOCK: &str = "devnet.lock";
const ACCOUNTS: &str = "accounts";

/// Makes the folder (emptied first where `--fresh` asks for it) and locks it.
pub(super) fn folder(config: &DevnetConfig) -> Result<File, DevnetError> {
    let folder = &config.data;
    let failed = |source| DevnetError::File {
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(LOCK))
        .map_err(failed)?;
    if lock.try_lock().is_err() {
        return Err(DevnetError::FolderTaken(folder.clone()));
    }
    if config.fresh {
        empty(folder)?;
    }
    Ok(lock)
}

/// Deletes what a devnet made, and nothing where the folder was made by somebody else.
fn empty(folder: &Path) -> Result<(), DevnetError> {
    let failed = |source| DevnetError::File {
        path: folder.to_owned(),
        source,
    };
    let entries: Vec<_> = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<_>>)
        .map_err(failed)?;
    let ours = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(is_ours);
    if !entries.iter().all(ours) {
        return Err(DevnetError::NotOurs(folder.to_owned()));
    }
    for entry in entries.iter().filter(|entry| entry.file_name() != LOCK) {
        let path = entry.path();
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(|source| DevnetError::File { path, source })?;
    }
    Ok(())
}

fn is_ours(name: &str) -> bool {
    let node = |rest: &str| {
        !rest.is_empty()
            && rest
                .trim_end_matches(".log")
                .bytes()
                .all(|byte| byte.is_ascii_digit())
    };
    matches!(name, NAME | LOCK | ACCOUNTS | "chain" | "devnet.json.part")
        || name.strip_prefix("node").is_some_and(node)
}

/// Writes the accounts' key files and lists them.
pub(super) fn accounts(folder: &Path) -> Result<Vec<AccountEntry>, DevnetError> {
    let folder = folder.join(ACCOUNTS);
    fs::create_dir_all(&folder).map_err(|source| DevnetError::File {
        path: folder.clone(),
        source,
    })?;
    keys::devnet::accounts()?
        .into_iter()
        .map(|account| entry(&folder, account))
        .collect()
}

fn entry(folder: &Path, account: keys::devnet::Account) -> Result<AccountEntry, DevnetError> {
    let (kind, suffix, content) = key_file(&account.key);
    let path = folder.join(format!("{}.{suffix}", account.name));
    if !path.exists() {
        keys::write_private(&path, content.as_bytes())?;
    }
    Ok(AccountEntry {
        name: account.name.to_owned(),
        address: account.key.address().clone(),
        kind: kind.to_owned(),
        wallet: fs::canonicalize(&path)
            .unwrap_or(path)
            .display()
            .to_string(),
        balance: FUNDS_WINSTON.to_string(),
        tokens: court::ACCOUNT_TOKENS.to_string(),
    })
}

fn key_file(key: &SigningKey) -> (&'static str, &'static str, String) {
    let hex = || {
        key.secret()
            .map(|secret| secret.iter().map(|byte| format!("{byte:02x}")).collect())
            .unwrap_or_default()
    };
    match KeyKind::of(key) {
        KeyKind::Arweave => (
            "arweave",
            "json",
            key.to_jwk().map(|jwk| jwk.to_string()).unwrap_or_default(),
        ),
        KeyKind::Ethereum => ("ethereum", "key", hex()),
        KeyKind::Ed25519 | KeyKind::Solana => ("ed25519", "key", hex()),
    }
}

/// What an earlier start noted; none at the first one.
pub(super) fn noted(folder: &Path) -> Result<Option<DevnetFile>, DevnetError> {
    match DevnetFile::read(folder) {
        Ok(file) => Ok(Some(file)),
        Err(DevnetFileError::Absent(_)) => Ok(None),
        Err(error @ DevnetFileError::Unreadable { .. }) => Err(error.into()),
    }
}

/// The court of this devnet, and whether it is new: the one that was noted, none where that knew none.
pub(super) fn origin(
    noted: Option<DevnetFile>,
    module: Id,
) -> Result<(Option<Id>, bool), DevnetError> {
    match noted {
        Some(file) => Ok((file.origin, false)),
        None => Ok((Some(court::id(module)?), true)),
    }
}

/// Starts the chain, its gateway and its miner; gives the id of the module that block 1 holds.
pub(super) async fn base_layer(
    config: &DevnetConfig,
    ports: &Ports,
    shutdown: &Shutdown,
) -> Result<(Id, Devchain), DevnetError> {
    let mut funds: Vec<(Address, u128)> = Vec::new();
    for account in keys::devnet::accounts()? {
        funds.push((account.key.address().clone(), FUNDS_WINSTON));
    }
    let mut locations = Vec::new();
    for (index, base) in ports.nodes.iter().enumerate() {
        let keys = keys::devnet::node(index)?;
        funds.push((keys.wallet.address().clone(), FUNDS_WINSTON));
        locations.push((keys.scheduler, url(*base, 3)));
    }
    let genesis = genesis::devnet(
        aosec_wasm::process_module::WASM,
        funds,
        &locations,
        LOCATION_TTL,
    )?;
    let module = genesis.module;
    let chain = devchain::start(
        &config.data.join("chain"),
        genesis,
        ports.gateway,
        config.block_time,
        shutdown,
    )
    .await?;
    Ok((module, chain))
}

/// Opens each node's own door to the gateway, so that one node can be cut off from the base layer.
pub(super) async fn doors(
    ports: &Ports,
    chain: &Devchain,
    shutdown: &Shutdown,
) -> Result<(), DevnetError> {
    for (index, base) in ports.nodes.iter().enumerate() {
        let port = base.saturating_add(DOOR);
        devchain::server::open_door(chain, &name(index), port, shutdown).await?;
    }
    Ok(())
}

/// A mode as its flag takes it.
fn word(agent: Agent) -> String {
    let value = agent.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// What each child is started with.
pub(super) fn plans(
    config: &DevnetConfig,
    ports: &Ports,
    origin: Option<Id>,
) -> Result<Vec<ChildPlan>, DevnetError> {
    let mut peers = Vec::new();
    for (index, base) in ports.nodes.iter().enumerate() {
        peers.push(format!(
            "{}={}",
            keys::devnet::node(index)?.scheduler.address(),
            url(*base, 3)
        ));
    }
    let plan = |(index, base): (usize, &u16)| {
        let name = name(index);
        let data = config.data.join(&name);
        let flags = [
            ("--gateway", url(*base, DOOR).to_string()),
            ("--data", data.display().to_string()),
            ("--base-port", base.to_string()),
            ("--devnet-node", index.to_string()),
            ("--peer", peers.join(",")),
            ("--block-time-ms", config.block_time.as_millis().to_string()),
            ("--settlement-depth", SETTLEMENT_DEPTH.to_string()),
            ("--location-ttl", LOCATION_TTL.as_secs().to_string()),
            ("--log-level", "info".to_owned()),
        ];
        let mut args: Vec<String> = vec!["node".into(), "run".into(), "--stop-with-stdin".into()];
        args.extend(
            flags
                .into_iter()
                .flat_map(|(flag, value)| [flag.to_owned(), value]),
        );
        if let Some(origin) = origin {
            args.push(format!("--origin={origin}"));
        }
        args.extend(["--agent".to_owned(), word(config.agent)]);
        if config.chaos {
            args.push("--chaos-unsafe".to_owned());
        }
        ChildPlan {
            log: config.data.join(format!("{name}.log")),
            name,
            args,
        }
    };
    Ok(ports.nodes.iter().enumerate().map(plan).collect())
}

/// `devnet.json` as it will be once all are ready.
pub(super) fn file(
    ports: &Ports,
    (module, origin): (Id, Option<Id>),
    children: &[NodeChild],
    accounts: Vec<AccountEntry>,
    chaos: bool,
) -> Result<DevnetFile, DevnetError> {
    let mut nodes = Vec::new();
    for (index, (base, child)) in ports.nodes.iter().zip(children).enumerate() {
        let keys = keys::devnet::node(index)?;
        nodes.push(NodeEntry {
            name: name(index),
            web: url(*base, 1),
            mu: url(*base, 2),
            su: url(*base, 3),
            cu: url(*base, 4),
            owner: Some(keys.owner.address().clone()),
            operator: keys.operator.address().clone(),
            scheduler: keys.scheduler.address().clone(),
            authority: keys.authority.address().clone(),
            wallet: keys.wallet.address().clone(),
            pid: child.pid(),
        });
    }
    let authorities = nodes.iter().map(|node| node.authority.clone()).collect();
    Ok(DevnetFile {
        gateway: url(ports.gateway, 0),
        origin,
        token: origin,
        module,
        chaos,
        authorities,
        nodes,
        accounts,
    })
}

fn name(index: usize) -> String {
    format!("node{}", index + 1)
}

pub(super) fn url(base: u16, offset: u16) -> Url {
    let port = base.saturating_add(offset);
    Url::parse(&format!("http://127.0.0.1:{port}")).expect("an address and a port are always a url")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_never_emptied() {
        let folder = std::env::temp_dir().join(format!("aosec-setup-{}", std::process::id()));
        fs::create_dir_all(folder.join("node1")).expect("temp folder");
        fs::write(folder.join("thesis.txt"), "ten years of work").expect("writes");
        assert!(matches!(empty(&folder), Err(DevnetError::NotOurs(_))));
        assert!(folder.join("node1").exists());
        fs::remove_file(folder.join("thesis.txt")).expect("own file");
        empty(&folder).expect("only ours is left");
        assert!(!folder.join("node1").exists());
        fs::remove_dir_all(&folder).expect("own folder");
    }

    #[test]
    fn a_devnet_whose_note_is_damaged_does_not_begin_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let noted = || noted(folder.path());
        assert!(matches!(noted(), Ok(None)), "a first start");
        fs::write(folder.path().join(NAME), "{ \"gateway\": ").expect("our own folder");
        let said = noted().expect_err("no first start").to_string();
        assert!(said.contains(NAME) && said.contains("--fresh"), "{said}");
    }

    #[test]
    fn a_devnet_from_before_the_court_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ports, _claim) = Ports::free(1, std::process::id()).expect("a stretch is free");
        let accounts = accounts(folder.path()).expect("their keys are written");
        let file = file(&ports, (Id::new([1; 32]), None), &[], accounts, false)
            .expect("it is put together");
        let mut text = serde_json::to_value(&file).expect("JSON");
        let keys = keys::devnet::node(0).expect("published keys");
        let (address, url) = (keys.operator.address().to_string(), "http://127.0.0.1:1");
        text["nodes"] = serde_json::json!([{
            "name": "node1", "web": url, "mu": url, "su": url, "cu": url, "operator": address,
            "scheduler": address, "authority": address, "wallet": address, "pid": 1,
        }]);
        fs::write(folder.path().join(NAME), text.to_string()).expect("our own folder");
        let noted = noted(folder.path())
            .expect("it is read")
            .expect("it is there");
        assert_eq!(noted.nodes[0].owner, None);
        let found = origin(Some(noted), Id::new([1; 32]));
        assert!(
            matches!(found, Ok((None, false))),
            "it goes on without a court"
        );
    }

    #[test]
    fn names_of_ours_are_exact() {
        assert!(is_ours("node1") && is_ours("node12.log") && is_ours("chain"));
        assert!(!is_ours("node") && !is_ours("node_modules") && !is_ours("notes"));
    }
}
