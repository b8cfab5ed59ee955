//! One node put together from its units: store, guard, base layer, SU, CU, MU, and a listener for each.
//!
//! The only place where units meet. It holds no rule: it opens parts in the order in which they need one another, and hands each
//! the ports it declares. The scheduler key goes to the guard here and to nobody else (A2).

pub mod audit;
pub mod checkpoints;
pub(crate) mod compute;
mod defender;
mod heart;
mod hunter;
mod listen;
mod parts;
mod tenure;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::arweave::gateway::GatewayError;
use crate::chaos::Rogue;
use crate::config::{ConfigError, NodeConfig};
use crate::keys::NodeKeys;
use crate::routes::{self, status};
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::su::guard::GuardFileError;
use crate::{mu, origin, su};
use listen::Listeners;
use parts::Base;
pub(crate) use parts::GUARD;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A port is taken or may not be used.
    #[error("{address} cannot be listened on: {source}; choose another --base-port")]
    Listen {
        /// Host and port.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store.
    #[error("the store does not open: {0}")]
    Store(#[from] StoreError),
    /// The guard.
    #[error("the guard of the scheduler key does not open: {0}")]
    Guard(#[from] GuardFileError),
    /// The gateways.
    #[error("the base layer: {0}")]
    Gateway(#[from] GatewayError),
    /// The messenger.
    #[error("the messenger: {0}")]
    Messenger(#[from] mu::StartError),
    /// A published key of the devnet.
    #[error("the devnet's keys: {0}")]
    Key(#[from] aosec_wire::KeyError),
    /// The compute unit's folder or engine.
    #[error("the compute unit: {0}")]
    Compute(String),
}

/// Roots of the units.
#[derive(Clone, Debug)]
pub struct Urls {
    /// Status and metrics.
    pub web: Url,
    /// Messenger unit.
    pub mu: Url,
    /// Scheduler unit.
    pub su: Url,
    /// Compute unit.
    pub cu: Url,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    urls: Urls,
    su: su::Handle,
    store: crate::store::Store,
}

impl Node {
    /// Opens everything and begins to serve. It is ready (`/ready`) once the base layer has a firm height.
    ///
    /// # Errors
    /// The first part that does not open, by name; nothing runs then.
    pub async fn start(
        config: NodeConfig,
        keys: NodeKeys,
        shutdown: Shutdown,
    ) -> Result<Self, StartError> {
        config.check()?;
        let listeners = Listeners::bind(&config).await?;
        let urls = listeners.urls(&config);
        let about = parts::about(&keys, &urls);
        let base = Base::open(&config, &keys, &shutdown).await?;
        let follow = compute::follow(&config, &base, &shutdown).await?;
        let workshop = compute::workshop(config.roles.cu).await?;
        let court = compute::court(&config, &base, follow.as_ref(), &workshop, &shutdown);
        let asked = parts::court(court.as_ref(), &keys);
        let su = parts::scheduler(&config, &base, asked).await?;
        let locations = parts::locations(&config, &su, &urls, &base);
        let log = compute::logs(&su, &locations)?;
        let (log, seen) = hunter::witness::Witness::of(log);
        let sources = compute::sources(&config, &log, &base, follow, court.clone());
        let orders = |_court| routes::su::Ordered::by(Arc::clone(&sources.0));
        let ordered = court.as_ref().map(orders).unwrap_or_default();
        let machine = (workshop, court.as_ref());
        let cu = compute::start(&config, &su, sources, &base, machine, &shutdown).await?;
        let neighbours = mu::adapters::Neighbours {
            named: parts::named(&config, &urls),
            bundler: base.bundler.clone(),
            cu: cu.clone(),
            locations: locations.clone(),
            log: log.clone(),
            su: su.clone(),
            court: court.clone(),
            store: base.store.clone(),
        };
        let rogue = base.rogue(&config, &su, &keys.authority)?;
        let settings = parts::messenger(&config, court.as_ref(), &keys);
        let mu = mu::start(
            base.store.clone(),
            neighbours.into_ports(),
            keys.authority,
            settings,
            shutdown.clone(),
        )
        .await?;
        parts::announce(&config, &urls, &base, &su, &shutdown);
        let agents = parts::Agents {
            court: court.clone(),
            su: su.clone(),
            log,
            operator: keys.operator,
            seen,
        };
        agents.start(&config, &base, &shutdown);
        listeners.serve(
            listen::Routers {
                web: with_rogue(
                    rogue,
                    status::router(about, base.tip.clone(), config.roles.su.then(|| su.clone()))
                        .merge(routes::fees::of_page(mu.clone())),
                ),
                mu: routes::mu::router(mu, court.clone()),
                su: routes::su::router_with(
                    su.clone(),
                    parts::elsewhere(&locations, &urls),
                    ordered,
                ),
                cu: with_court(court, su.clone(), routes::cu::router(cu)),
            },
            &shutdown,
        );
        Ok(Self {
            urls,
            su,
            store: base.store,
        })
    }

    /// Where its units answer.
    #[must_use]
    pub fn urls(&self) -> &Urls {
        &self.urls
    }

    /// After the stop was told: signs what is planned, writes what waits, closes the store.
    pub async fn close(self) {
        self.su.close().await;
        self.store.close().await;
    }
}

fn with_rogue(rogue: Option<Rogue>, page: axum::Router) -> axum::Router {
    match rogue {
        Some(rogue) => routes::chaos::beside(rogue, page),
        None => page,
    }
}

fn with_court(court: Option<origin::Handle>, su: su::Handle, cu: axum::Router) -> axum::Router {
    match court {
        Some(court) => routes::joining::before(su, routes::origin::before(court, cu)),
        None => cu,
    }
}

/// How often the tip is asked for: four times a block, so that a stamp is late by a quarter of one at most.
pub(crate) fn tip_every(block_time: Duration) -> Duration {
    (block_time / 4).clamp(Duration::from_millis(20), Duration::from_secs(5))
}
