//! A devchain on loopback, for tests: a fresh folder, one rich wallet, blocks on demand.

use std::net::SocketAddr;

use aosec_wire::{Address, SigningKey, VerifiedItem};
use reqwest::{Client, Url};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::{Devchain, DevchainError, Genesis, JournalError, carrier_key, server};
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::{Format, Transaction, TransactionDraft};
use crate::http::listener;
use crate::shutdown::Shutdown;

/// What the rich wallet owns: a thousand AR.
pub(crate) const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;

/// A running devchain with its gateway.
pub(crate) struct Loopback {
    pub(crate) chain: Devchain,
    pub(crate) url: Url,
    client: Client,
    shutdown: Shutdown,
    folder: TempDir,
}

/// The rich wallet.
pub(crate) fn wallet() -> SigningKey {
    carrier_key()
}

impl Loopback {
    pub(crate) async fn start(items: Vec<VerifiedItem>) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), items).await
    }

    async fn in_folder(folder: TempDir, items: Vec<VerifiedItem>) -> Self {
        let chain = open(&folder, items).await;
        let shutdown = Shutdown::new();
        let address = serve(server::router(chain.clone()), &shutdown).await;
        let url = format!("http://{address}").parse().unwrap();
        Self {
            chain,
            url,
            client: Client::new(),
            shutdown,
            folder,
        }
    }

    /// Another process on the same folder, so to speak.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            chain,
            shutdown,
            folder,
            ..
        } = self;
        shutdown.tell();
        shutdown.finished().await;
        drop(chain);
        Self::in_folder(folder, Vec::new()).await
    }

    pub(crate) fn gateway(&self) -> Gateway {
        Gateway::new(vec![self.url.clone()]).unwrap()
    }

    /// Status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = self
            .client
            .get(self.url.join(path).unwrap())
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn get_json(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
        let response = self
            .client
            .post(self.url.join(path).unwrap())
            .body(body)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        let body = serde_json::json!({ "query": query, "variables": variables }).to_string();
        let (status, body) = self.post("/graphql", body).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A signed transaction of the rich wallet that is fit to be taken.
    pub(crate) async fn transaction(
        &self,
        format: Format,
        data: Vec<u8>,
        tags: &[(&str, &str)],
    ) -> Transaction {
        let gateway = self.gateway();
        let reward_winston = gateway.price(data.len() as u64).await.unwrap();
        let anchor = gateway.anchor().await.unwrap();
        let mut draft = TransactionDraft::of_data(format, anchor, reward_winston, data.into());
        draft.tags = tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        draft.sign(&wallet()).unwrap()
    }

    pub(crate) async fn balance(&self, wallet: &Address) -> u128 {
        self.gateway().balance(wallet).await.unwrap()
    }
}

/// Opens the chain; the lock of one that was there before goes with its thread, which ends when nobody can ask it any more.
async fn open(folder: &TempDir, items: Vec<VerifiedItem>) -> Devchain {
    loop {
        let funds = vec![(wallet().address().clone(), FUNDS_WINSTON)];
        let genesis = Genesis {
            items: items.clone(),
            ..Genesis::of_funds(funds)
        };
        match Devchain::open(folder.path(), genesis).await {
            Err(DevchainError::Journal(JournalError::Taken(_))) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

/// Serves a router on a free port.
pub(crate) async fn serve(router: axum::Router, shutdown: &Shutdown) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    shutdown.track(listener::serve(listener, router, shutdown.clone()));
    address
}
