//! A devchain of a test's own: the product's base layer on a free port of loopback, in a folder that goes with it.

use aosec_node::arweave::devchain::{Devchain, Genesis, carrier_key, server};
use aosec_node::http::listener;
use aosec_node::shutdown::Shutdown;
use reqwest::Url;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// What [`carrier_key`] owns beside what the chain gives it: a thousand AR.
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;

/// A running devchain. It ends with the runtime of its test.
#[derive(Debug)]
pub struct BaseLayer {
    /// The chain itself: mine, fork, delay, censor, hide.
    pub chain: Devchain,
    /// Its gateway.
    pub url: Url,
    _folder: TempDir,
}

impl BaseLayer {
    /// Starts a chain of two blocks, on which [`carrier_key`] is rich. Blocks come on demand alone.
    ///
    /// # Panics
    /// Where this machine has no folder or port for it.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let funds = vec![(carrier_key().address().clone(), FUNDS_WINSTON)];
        let chain = Devchain::open(folder.path(), Genesis::of_funds(funds)).await;
        let chain = chain.expect("a new chain");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let serving = listener::serve(listener, server::router(chain.clone()), Shutdown::new());
        tokio::spawn(serving);
        Self {
            chain,
            url: format!("http://{address}")
                .parse()
                .expect("an address is a url"),
            _folder: folder,
        }
    }
}
