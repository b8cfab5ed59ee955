//! Base-layer transactions before npm `arweave`: ours hold there, and its own are read by our gateway client.

use std::fmt::Write as _;
use std::path::Path;

use aosec_node::arweave::gateway::Gateway;
use aosec_node::arweave::transaction::{Anchor, Format, TransactionDraft};
use aosec_tests::harness::{World, npm, seed::Seed};
use aosec_wire::{Id, SigningKey};
use bytes::Bytes;

/// Sizes at which trees of chunks change their shape: none, one, a tail that is shared out, several.
const SIZES: [usize; 7] = [
    0,
    1,
    32 * 1024,
    256 * 1024,
    256 * 1024 + 1,
    288 * 1024,
    3 * 256 * 1024 + 5,
];

#[tokio::test]
async fn transactions_signed_by_us_hold_with_arweave_js_and_its_own_with_us() {
    let world = World::shared();
    let key = key(world);
    let mut seed = Seed::announced("transactions");
    let mut lines = String::new();
    for format in [Format::One, Format::Two] {
        for size in SIZES {
            let draft = draft(format, size, &mut seed);
            let signed = draft.sign(&key).expect("within every limit");
            writeln!(lines, "{}", signed.to_json()).expect("writing to a String");
        }
    }
    let (file, ids) = (
        world.folder().join("transactions.txt"),
        world.folder().join("ids.txt"),
    );
    std::fs::write(&file, lines).expect("a file in our own folder");
    let found = ids.clone();
    let story = move || {
        let files: [(&str, &Path); 2] = [("AOSEC_TRANSACTIONS", &file), ("AOSEC_IDS", &found)];
        npm::play_with(world, "transactions", &files);
    };
    tokio::task::spawn_blocking(story).await.expect("the story");
    // Without Node there is no story, and npm::play has said so.
    let Ok(ids) = std::fs::read_to_string(&ids) else {
        return;
    };
    let url = world.devnet().gateway.parse().expect("a url");
    let gateway = Gateway::new(vec![url]).expect("a gateway");
    for id in ids.lines().map(|line| line.parse::<Id>().expect("an id")) {
        let found = gateway.transaction(id).await.expect("an answer");
        let found = found.expect("it is mined");
        assert_eq!(found.tag("Type"), Some("Test"));
        assert!(found.data().is_some_and(|data| !data.is_empty()));
    }
}

/// Tags, target, anchor and amounts all differ.
fn draft(format: Format, size: usize, seed: &mut Seed) -> TransactionDraft {
    let noise = seed.bytes();
    let data: Bytes = (0..size)
        .map(|at| noise[at % noise.len()] ^ (at / 7 % 256).to_le_bytes()[0])
        .collect();
    let mut anchor = [0; 48];
    anchor[..32].copy_from_slice(&seed.bytes());
    let mut draft = TransactionDraft::of_data(format, Anchor::Block(anchor), 123_456_789, data)
        .with_tag("Data-Protocol", "ao")
        .with_tag("Größe", "0 €");
    if size.is_multiple_of(2) {
        draft.target = Some(Id::new(seed.bytes()));
        draft.quantity_winston = 1_000_000_000_000;
        draft.anchor = Anchor::Last(Id::new(seed.bytes()));
    }
    draft
}

/// The devnet's published RSA account.
fn key(world: &World) -> SigningKey {
    let mut accounts = world.devnet().accounts.iter();
    let account = accounts.find(|account| account.kind == "arweave");
    let file = &account.expect("an RSA account").wallet;
    let jwk = std::fs::read_to_string(file).expect("its key file");
    SigningKey::rsa_from_jwk(&jwk).expect("a JWK")
}
