//! A full inbox: items of the greatest size, as many as the law runs in some blocks (PROTOCOL 2.3), paid by a node's wallet.

use aosec_challenge::inbox::{BLOCK_BYTES_MAX, ITEM_BYTES_MAX};
use aosec_wire::message::{DATA_PROTOCOL, VARIANT};
use aosec_wire::{Draft, Id, ItemError, SigningKey, Tags, VerifiedItem, bundle};
use bytes::Bytes;
use clap::Args;
use serde_json::json;

use super::Net;
use crate::arweave::bundler::{Bundler, DATA_BYTES_MAX, HEADER_BYTES, ROW_BYTES};
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::cli::Output;
use crate::cli::exit::CliError;
use crate::keys;

/// Blocks that one call fills at most: some 300 MiB on the base layer, which a devnet keeps in memory.
const BLOCKS_MAX: u64 = 30;
/// Header, tags and signature of an item of ours are shorter; an item with so much less data than the law takes is as long as it takes.
const HEAD_BYTES: usize = 1_024;
/// Items that fill what runs of an inbox in a block.
const ITEMS_PER_BLOCK: usize = BLOCK_BYTES_MAX / ITEM_BYTES_MAX;
/// Items of that size in one transaction.
const ITEMS_PER_POST: usize = (DATA_BYTES_MAX - HEADER_BYTES) / (ITEM_BYTES_MAX + ROW_BYTES);

/// Flags of `aosec devnet chaos jam`.
#[derive(Debug, Args)]
pub(super) struct JamArgs {
    /// The node that pays, by name.
    node: String,
    /// The process whose inbox is filled [default: the court].
    #[arg(long, allow_hyphen_values = true)]
    inbox: Option<Id>,
    /// For how many blocks.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=BLOCKS_MAX))]
    blocks: u64,
}

pub(super) async fn run(net: &Net, args: JamArgs, out: Output) -> Result<(), CliError> {
    let (index, _) = net.node(&args.node)?;
    let inbox = args.inbox.or(net.file.origin).ok_or_else(|| {
        CliError::NotFound("this devnet has no court; name a process with --inbox".to_owned())
    })?;
    let items = usize::try_from(args.blocks).unwrap_or(usize::MAX) * ITEMS_PER_BLOCK;
    let bundler = bundler(net, index)?;
    let run = crate::keys::random_secret()?;
    let mut posted = 0;
    while posted < items {
        let count = ITEMS_PER_POST.min(items - posted);
        let numbers = posted..posted + count;
        let made: Result<Vec<_>, ItemError> =
            numbers.map(|number| item(inbox, &run, number)).collect();
        let made = made.map_err(|error| CliError::failure(error.to_string()))?;
        let tags = Tags::new().with("Process", inbox.to_string());
        let post = bundler.post(Format::One, "Inbox", tags, bundle::build(&made));
        post.await
            .map_err(|error| CliError::Unreachable(error.to_string()))?;
        posted += count;
        out.progress(format_args!("{posted} of {items} items are posted"));
    }
    let shown = json!({ "node": args.node, "inbox": inbox, "blocks": args.blocks, "items": items });
    let said = format!(
        "{items} items of a MiB are on their way into the inbox of {inbox}: enough for {} blocks",
        args.blocks
    );
    out.result(&shown, said)
}

/// The published wallet of the node.
fn bundler(net: &Net, index: usize) -> Result<Bundler, CliError> {
    let wallet = keys::devnet::node(index)?.wallet;
    let gateway = Gateway::new(vec![net.file.gateway.clone()]);
    let gateway = gateway.map_err(|error| CliError::failure(error.to_string()))?;
    Ok(Bundler::new(gateway, wallet))
}

/// An item that every inbox takes and no process knows; each call makes others.
fn item(inbox: Id, run: &[u8; 32], number: usize) -> Result<VerifiedItem, ItemError> {
    let draft = Draft {
        target: Some(inbox),
        anchor: Some(*Id::sha256_of(&[run, &(number as u64).to_be_bytes()]).as_bytes()),
        tags: Tags::new()
            .with("Data-Protocol", DATA_PROTOCOL)
            .with("Variant", VARIANT)
            .with("Type", "Message")
            .with("Action", "Jam"),
        data: Bytes::from(vec![b'.'; ITEM_BYTES_MAX - HEAD_BYTES]),
    };
    draft.sign(&SigningKey::ed25519(*run))
}

#[cfg(test)]
mod tests {
    use aosec_challenge::inbox::check_eligible;

    use super::*;

    #[test]
    fn an_item_of_a_jam_is_taken_and_leaves_little_room() {
        let inbox = Id::new([1; 32]);
        let [one, other] = [1, 2].map(|number| item(inbox, &[2; 32], number).unwrap());
        assert!(check_eligible(&one, inbox).is_ok());
        assert_ne!(one.id(), other.id());
        let room = BLOCK_BYTES_MAX - ITEMS_PER_BLOCK * one.bytes().len();
        assert!(room < ITEMS_PER_BLOCK * HEAD_BYTES, "{room} bytes are left");
        let bundle = bundle::build(&vec![one; ITEMS_PER_POST]);
        assert!(bundle.len() <= DATA_BYTES_MAX);
    }
}
