//! Asking the peers that the operator named which of them orders a process that no gateway has yet.
//!
//! A process is on the base layer a block after its spawn at the earliest; its scheduler knows it at once. Only those who look for a
//! log ask peers. Whoever answers a peer's question never does: two nodes would ask one another for ever.

use std::collections::BTreeMap;
use std::time::Duration;

use aosec_wire::{Address, Id};
use reqwest::{Client, Url};
use tokio::task::JoinSet;

use super::Reach;
use crate::http::error::is_success;

/// For one answer: a healthy peer reads one row.
const PEER_DEADLINE: Duration = Duration::from_secs(2);
/// Peers asked at once: a network of this size knows its processes from the base layer.
const PEERS_ASKED_MAX: usize = 32;

/// The client for such questions; none where this machine cannot make one, and then nobody is asked.
pub(super) fn client() -> Option<Client> {
    // The operator named the peers: they may be anywhere.
    let built = Reach::Anywhere.client().timeout(PEER_DEADLINE).build();
    built
        .inspect_err(|error| tracing::warn!(%error, "peers cannot be asked for processes"))
        .ok()
}

/// The scheduler of `process` among `peers`; the first that has it.
pub(super) async fn scheduler(
    client: &Client,
    peers: &BTreeMap<Address, Url>,
    process: Id,
) -> Option<Address> {
    let mut questions = JoinSet::new();
    for (scheduler, root) in peers.iter().take(PEERS_ASKED_MAX) {
        let Ok(url) = root.join(&format!("processes/{process}")) else {
            continue;
        };
        let (client, scheduler) = (client.clone(), scheduler.clone());
        questions.spawn(async move { has(&client, url).await.then_some(scheduler) });
    }
    while let Some(answer) = questions.join_next().await {
        if let Ok(Some(scheduler)) = answer {
            return Some(scheduler);
        }
    }
    None
}

async fn has(client: &Client, url: Url) -> bool {
    matches!(client.get(url).send().await, Ok(response) if is_success(response.status().as_u16()))
}
