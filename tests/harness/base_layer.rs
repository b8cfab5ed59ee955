//! A devchain of a test's own: the product's base layer on a free port of loopback, in a folder that goes with it.

use std::time::Duration;

use aosec_node::arweave::devchain::{Devchain, Genesis, carrier_key, genesis, server};
use aosec_node::http::listener;
use aosec_node::keys::devnet;
use aosec_node::shutdown::Shutdown;
use aosec_wire::Address;
use reqwest::Url;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::descriptor::{Devnet, Node};

/// What [`carrier_key`], or each wallet of a node, owns beside what the chain gives it: a thousand AR.
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;
/// Between two blocks where they come by themselves: as on the devnet of the other tests.
const BLOCK_TIME: Duration = Duration::from_millis(500);
/// How long a location would be good for; tests that use this chain name their nodes themselves.
const LOCATION_TTL: Duration = Duration::from_secs(10);

/// A running devchain. It ends with its owner, at the latest with the runtime of its test.
#[derive(Debug)]
pub struct BaseLayer {
    /// The chain itself: mine, fork, delay, censor, hide.
    pub chain: Devchain,
    /// Its gateway.
    pub url: Url,
    module: String,
    shutdown: Shutdown,
    _folder: TempDir,
}

impl BaseLayer {
    /// Starts a chain of two blocks, on which [`carrier_key`] is rich. Blocks come on demand alone.
    ///
    /// # Panics
    /// Where this machine has no folder or port for it.
    pub async fn start() -> Self {
        let funds = vec![(carrier_key().address().clone(), FUNDS_WINSTON)];
        Self::of(Genesis::of_funds(funds)).await
    }

    /// Starts a chain with the process module, on which the wallets of the devnet's first `nodes` nodes are rich. Blocks come
    /// twice a second.
    ///
    /// # Panics
    /// Where this machine has no folder or port for it.
    pub async fn for_nodes(nodes: usize) -> Self {
        let wasm = aosec_wasm::process_module::WASM;
        let genesis = genesis::devnet(wasm, funds(nodes), &[], LOCATION_TTL);
        let base = Self::of(genesis.expect("the module is an item")).await;
        let (mining, stop) = (base.chain.mine_every(BLOCK_TIME), base.shutdown.clone());
        base.shutdown.track(async move {
            tokio::select! { () = stop.told() => {}, () = mining => {} }
        });
        base
    }

    async fn of(genesis: Genesis) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let module = genesis.module.to_string();
        let chain = Devchain::open(folder.path(), genesis).await;
        let chain = chain.expect("a new chain");
        let shutdown = Shutdown::new();
        let url = serve(&chain, &shutdown).await;
        Self {
            chain,
            url,
            module,
            shutdown,
            _folder: folder,
        }
    }

    /// Another gateway of the same chain, on a port of its own.
    ///
    /// # Panics
    /// Where this machine has no port for it.
    pub async fn another_gateway(&self) -> Url {
        serve(&self.chain, &self.shutdown).await
    }

    /// What a devnet of this base layer would say of itself.
    #[must_use]
    pub fn devnet(&self) -> Devnet {
        Devnet {
            gateway: self.url.to_string(),
            module: self.module.clone(),
            origin: String::new(),
            authorities: Vec::new(),
            nodes: Vec::new(),
            accounts: Vec::new(),
        }
    }
}

impl Drop for BaseLayer {
    fn drop(&mut self) {
        self.shutdown.tell();
    }
}

async fn serve(chain: &Devchain, shutdown: &Shutdown) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let router = server::router(chain.clone());
    shutdown.track(listener::serve(listener, router, shutdown.clone()));
    let url = format!("http://{address}").parse();
    url.expect("an address is a url")
}

fn funds(nodes: usize) -> Vec<(Address, u128)> {
    let wallet = |index| devnet::node(index).map(|keys| keys.wallet.address().clone());
    (0..nodes)
        .map(|index| (wallet(index).expect("a node of the devnet"), FUNDS_WINSTON))
        .collect()
}

/// Node `index` of the devnet's keys, as far as a spawn needs to know it.
///
/// # Panics
/// Where there is no such node.
#[must_use]
pub fn scheduler(index: usize) -> Node {
    let keys = devnet::node(index).expect("a node of the devnet");
    Node {
        name: format!("node{}", index + 1),
        web: String::new(),
        mu: String::new(),
        su: String::new(),
        cu: String::new(),
        owner: keys.owner.address().to_string(),
        operator: keys.operator.address().to_string(),
        scheduler: keys.scheduler.address().to_string(),
        wallet: String::new(),
        pid: 0,
    }
}
