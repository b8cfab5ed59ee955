//! What we sign is what others accept: items of all three kinds, and assignments of a real node, before arbundles.

use std::fmt::Write as _;
use std::time::Duration;

use aosec_tests::harness::{World, deadline, draft, http, npm, seed::Seed};
use aosec_wire::{SigningKey, VerifiedItem, id};

/// One request to a ready node on a busy machine.
const STEP: Duration = Duration::from_secs(30);

#[tokio::test]
async fn items_and_assignments_signed_by_us_verify_with_arbundles() {
    let world = World::shared();
    let mut lines = String::new();
    for (kind, key) in keys(world) {
        let process = draft::process(&key, world.devnet(), &world.node(0));
        let message = draft::tagged(
            &key,
            process.id(),
            &[("Action", "Say"), ("Größe", "0 €")],
            "data\0\u{ff}",
        );
        line(&mut lines, kind, &process);
        line(&mut lines, kind, &message);
        line(
            &mut lines,
            "assignment",
            &deadline::within("a slot for a spawn", STEP, receipt(world, &process)).await,
        );
    }
    let file = world.folder().join("items.txt");
    std::fs::write(&file, lines).expect("a file in our own folder");
    tokio::task::spawn_blocking(move || npm::play_with(world, "verify", &[("AOSEC_ITEMS", &file)]))
        .await
        .expect("the story");
}

/// A key of each kind that users hold: the devnet's RSA account, and two made of a seed.
fn keys(world: &World) -> Vec<(&'static str, SigningKey)> {
    let account = world
        .devnet()
        .accounts
        .iter()
        .find(|account| account.kind == "arweave")
        .expect("an RSA account");
    let jwk = std::fs::read_to_string(&account.wallet).expect("its key file");
    let mut seed = Seed::announced("signers");
    vec![
        ("arweave", SigningKey::rsa_from_jwk(&jwk).expect("a JWK")),
        ("ed25519", SigningKey::ed25519(seed.bytes())),
        (
            "ethereum",
            SigningKey::ethereum(seed.bytes()).expect("32 random bytes are a key"),
        ),
    ]
}

/// The signed assignment that the SU gives for a spawn.
async fn receipt(world: &World, process: &VerifiedItem) -> VerifiedItem {
    let answer = http::post_item(&world.node(0).su, process.bytes().clone())
        .await
        .expect("an answer of the SU");
    let json = answer.json();
    let encoded = json["assignment"]
        .as_str()
        .unwrap_or_else(|| panic!("no receipt: {answer:?}"));
    let bytes = id::from_base64url(encoded).expect("base64url");
    aosec_wire::item::verify_bytes(bytes.into(), aosec_wire::Strictness::Entrance)
        .expect("a verified assignment")
}

fn line(lines: &mut String, kind: &str, item: &VerifiedItem) {
    writeln!(
        lines,
        "{kind} {} {}",
        item.id(),
        id::to_base64url(item.bytes())
    )
    .expect("writing to a String");
}
