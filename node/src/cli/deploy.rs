//! `aosec origin deploy`: makes a court and posts it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aosec_challenge::inbox::{Unfit, eligible};
use aosec_wasm::process_module::WASM;
use aosec_wire::{Address, Id, SigningKey, Tags, VerifiedItem, bundle};
use clap::Args;
use reqwest::Url;
use serde_json::json;

use super::court::agreed;
use super::exit::CliError;
use super::target::SignerArgs;
use super::{Output, balances};
use crate::arweave::bundler::{Bundler, bundled_bytes};
use crate::arweave::devchain::genesis::module_item;
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::arweave::winston::ar;
use crate::origin::deploy::{self, Network};

/// Flags of `aosec origin deploy`.
#[derive(Debug, Args)]
pub struct DeployArgs {
    /// Gateways to post to.
    #[arg(long, required = true, value_delimiter = ',')]
    gateway: Vec<Url>,
    /// Whose parameters: blocks of two minutes, or of a second.
    #[arg(long, value_enum)]
    network: Network,
    /// JSON file of who begins with how many tokens: {"<address>": "1000", ...}.
    #[arg(long)]
    balances: PathBuf,
    /// Arweave key file (JWK) that pays for the transaction.
    #[arg(long)]
    wallet: PathBuf,
    /// Go ahead.
    #[arg(long)]
    yes: bool,
    /// Key that signs the spawn and the genesis, and has no power afterwards.
    #[command(flatten)]
    founder: SignerArgs,
}

pub(super) async fn run(args: DeployArgs, out: Output) -> Result<(), CliError> {
    let founder = args.founder.open()?;
    let made = |error: aosec_wire::ItemError| CliError::Usage(error.to_string());
    let module = module_item(WASM).map_err(made)?.id();
    let spawn = deploy::spawn(&founder, module).map_err(made)?;
    let balances = balances::read(&args.balances)?;
    let genesis = genesis(&founder, spawn.id(), args.network, &balances)?;
    let items = [spawn, genesis];
    let wallet = crate::keys::open(&args.wallet, None, None)?;
    let failed = |error: String| CliError::Unreachable(error);
    let gateway = Gateway::new(args.gateway).map_err(|error| failed(error.to_string()))?;
    let bytes: usize = items.iter().map(|item| bundled_bytes(item.bytes())).sum();
    let price = gateway
        .price(u64::try_from(bytes).unwrap_or(u64::MAX))
        .await;
    let price = price.map_err(|error| failed(error.to_string()))?;
    let tip = gateway.tip().await;
    let from = tip.map_err(|error| failed(error.to_string()))?.height;
    let origin = items[0].id();
    agreed(
        args.yes,
        &format!(
            "this posts a court of {bytes} bytes for {} AR out of {}; its id will be {origin}, its parameters and balances can never be changed, and module {module} must stay available",
            ar(price),
            wallet.address()
        ),
    )?;
    let tags = Tags::new().with("Process", origin.to_string());
    let bundler = Bundler::new(gateway, wallet);
    let posted = bundler.post(Format::One, "Inbox", tags, bundle::build(&items));
    let posted = posted.await.map_err(|error| failed(error.to_string()))?;
    out.result(
        &json!({
            "origin": origin, "transaction": posted, "module": module, "winston": price.to_string(), "follow_from": from,
        }),
        format_args!("{origin}\nposted in transaction {posted}; nodes compute it with --origin={origin} --follow-from {from}"),
    )
}

/// The genesis message, if the inbox of the court would take it (2.2): what it passes by is paid for, and makes no court.
fn genesis(
    founder: &SigningKey,
    origin: Id,
    network: Network,
    balances: &BTreeMap<Address, u128>,
) -> Result<VerifiedItem, CliError> {
    let genesis = deploy::genesis(founder, origin, network, balances);
    let genesis = genesis.map_err(|error| CliError::Usage(error.to_string()))?;
    let taken = eligible(genesis.bytes().clone(), origin);
    taken.map_err(|unfit| {
        let next = match unfit {
            Unfit::TooLong { .. } => {
                "list fewer balances, and send the rest from one of them later"
            }
            Unfit::Kind(_) => "sign with another --key",
            _ => "this is a fault of aosec",
        };
        CliError::Usage(format!(
            "the court would pass its genesis by: {unfit}; {next}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_genesis_that_the_court_would_pass_by_is_not_paid_for() {
        let origin = Id::new([1; 32]);
        let made = |key: &SigningKey, count: u32| {
            let address = |number: u32| {
                let id = Id::sha256(&number.to_le_bytes()).to_string();
                id.parse().unwrap()
            };
            let balances = (0..count).map(|number| (address(number), 1)).collect();
            genesis(key, origin, Network::Devnet, &balances)
        };
        let founder = SigningKey::ed25519([2; 32]);
        assert!(made(&founder, 2).is_ok());
        // 43 characters, a digit and six signs each.
        let long = made(&founder, 1024 * 1024 / 50).unwrap_err().to_string();
        assert!(long.contains("an inbox takes 1048576"), "{long}");
        let foreign = made(&SigningKey::solana([2; 32]), 2).unwrap_err();
        assert!(foreign.to_string().contains("another --key"), "{foreign}");
    }
}
