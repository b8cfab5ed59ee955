//! The gateway client against ArLocal: what we sign is taken, what we read is whole, what is forged is refused.

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::devchain::carrier_key;
use aosec_node::arweave::gateway::{Gateway, TransactionStatus};
use aosec_node::arweave::transaction::{Format, Transaction, TransactionDraft};
use aosec_tests::harness::arlocal::ArLocal;
use aosec_wire::{Draft, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

/// A hundred AR.
const FUNDS_WINSTON: u128 = 100_000_000_000_000;

async fn funded() -> Option<(ArLocal, Gateway)> {
    let arlocal = ArLocal::start().await?;
    arlocal.mint(carrier_key().address(), FUNDS_WINSTON).await;
    let gateway = Gateway::new(vec![arlocal.url.clone()]).expect("a plain url");
    Some((arlocal, gateway))
}

fn data(bytes: usize) -> Bytes {
    (0..bytes).map(|at| (at % 251).to_le_bytes()[0]).collect()
}

async fn draft(gateway: &Gateway, format: Format, bytes: usize) -> TransactionDraft {
    let reward = gateway.price(bytes as u64).await.expect("a price");
    let anchor = gateway.anchor().await.expect("an anchor");
    TransactionDraft::of_data(format, anchor, reward, data(bytes))
        .with_tag("Type", "Test")
        .with_tag("Größe", "0 €")
}

async fn sent(gateway: &Gateway, format: Format, bytes: usize) -> Transaction {
    let draft = draft(gateway, format, bytes).await;
    let signed = draft.sign(&carrier_key()).expect("an RSA key");
    gateway.post(&signed).await.expect("it takes ours");
    signed
}

#[tokio::test]
async fn what_we_sign_is_taken_mined_and_read_back_equal() {
    let Some((arlocal, gateway)) = funded().await else {
        return;
    };
    let mut all = Vec::new();
    for (format, bytes) in [
        (Format::One, 300),
        (Format::One, 600_000),
        (Format::Two, 1),
        (Format::Two, 300),
        (Format::Two, 600_000),
        (Format::Two, 10 * 1024 * 1024 + 1),
    ] {
        let transaction = sent(&gateway, format, bytes).await;
        let status = gateway.status(transaction.id()).await.expect("a status");
        assert_eq!(
            status,
            Some(TransactionStatus::Pending),
            "{format:?} {bytes}"
        );
        all.push(transaction);
    }
    let height = arlocal.mine().await;
    assert_eq!(gateway.tip().await.expect("a tip").height, height);
    let block = gateway.block(height).await.expect("a block");
    let block = block.expect("the block that was mined");
    for transaction in all {
        let id = transaction.id();
        assert!(block.txs.contains(&id), "{block:?}");
        let status = gateway.status(id).await.expect("a status");
        let Some(TransactionStatus::Mined { height: mined, .. }) = status else {
            panic!("{status:?}");
        };
        assert_eq!(mined, height);
        let found = gateway.transaction(id).await.expect("an answer");
        assert!(found == Some(transaction), "{id} came back otherwise");
    }
}

#[tokio::test]
async fn what_is_forged_is_refused_there_too() {
    let Some((_arlocal, gateway)) = funded().await else {
        return;
    };
    for format in [Format::One, Format::Two] {
        let signed = draft(&gateway, format, 300).await.sign(&carrier_key());
        let mut json = signed.expect("an RSA key").to_json();
        json["quantity"] = "1".into();
        let client = reqwest::Client::new();
        let url = gateway
            .urls()
            .next()
            .expect("one")
            .join("tx")
            .expect("a path");
        let answer = client
            .post(url)
            .json(&json)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 400, "{format:?}");
    }
}

fn item(key: &SigningKey, text: &'static str) -> VerifiedItem {
    let draft = Draft {
        tags: Tags::new().with("Type", "Message").with("Größe", "0 €"),
        data: text.into(),
        ..Draft::default()
    };
    draft.sign(key).expect("a small item")
}

#[tokio::test]
async fn items_in_our_bundles_are_found_by_their_ids() {
    let Some((arlocal, gateway)) = funded().await else {
        return;
    };
    let ethereum = SigningKey::ethereum([7; 32]).expect("a key");
    let items = [
        item(&carrier_key(), "one"),
        item(&SigningKey::ed25519([7; 32]), "two"),
        item(&ethereum, "three"),
    ];
    let bundler = Bundler::new(gateway.clone(), carrier_key());
    let bytes = items.iter().map(|item| item.bytes().clone()).collect();
    let bundle = bundler.post_data(bytes, Tags::new()).await;
    bundle.expect("it takes our bundle");
    let height = arlocal.mine().await;
    for item in items {
        let found = gateway.found(item.id()).await.expect("an answer");
        let found = found.expect("the item");
        assert_eq!((found.item, found.height), (item, Some(height)));
    }
}
