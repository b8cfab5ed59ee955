//! `aosec origin deploy`: makes a court and posts it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aosec_wasm::process_module::WASM;
use aosec_wire::{Address, Tags, bundle};
use clap::Args;
use reqwest::Url;
use serde_json::json;

use super::Output;
use super::amount::Amount;
use super::court::agreed;
use super::exit::CliError;
use super::target::SignerArgs;
use crate::arweave::bundler::{Bundler, bundled_bytes};
use crate::arweave::devchain::genesis::module_item;
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::origin::deploy::{self, Network};

/// Winston in one AR.
const WINSTON_DIGITS: usize = 12;

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
    let balances = balances(&args.balances)?;
    let genesis = deploy::genesis(&founder, spawn.id(), args.network, &balances).map_err(made)?;
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

fn balances(path: &std::path::Path) -> Result<BTreeMap<Address, u128>, CliError> {
    let usage = |error: String| CliError::Usage(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::NotFound(format!("{}: {error}", path.display())))?;
    let listed: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| usage(error.to_string()))?;
    if listed.is_empty() {
        return Err(usage("it lists nobody".to_owned()));
    }
    let entry = |(address, amount): (String, String)| {
        let address: Address = address
            .parse()
            .map_err(|_bad| usage(format!("'{address}' is no address")))?;
        let amount: Amount = amount
            .parse()
            .map_err(|error: super::amount::NoAmount| usage(error.to_string()))?;
        let units: u128 = amount
            .units()
            .parse()
            .map_err(|_long| usage(format!("{amount} are too many")))?;
        Ok((address, units))
    };
    listed.into_iter().map(entry).collect()
}

fn ar(winston: u128) -> String {
    let padded = format!("{winston:0>width$}", width = WINSTON_DIGITS + 1);
    let (whole, fraction) = padded.split_at(padded.len() - WINSTON_DIGITS);
    format!("{whole}.{fraction}")
}
