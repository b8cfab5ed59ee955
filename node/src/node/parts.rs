//! The pieces of a node, in the order in which they need one another: base layer, scheduler, locations, compute unit, messenger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aosec_wire::record::NO_ORIGIN;
use aosec_wire::{Address, SigningKey, VerifiedItem};
use reqwest::Url;
use serde_json::json;
use tokio::sync::mpsc;

use super::defender::{self, Defender};
use super::heart::{self, Heart};
use super::hunter::{self, Hunt};
use super::tenure::{Bench, NoCourt};
use super::{StartError, Urls, tip_every};
use crate::arweave::bundler::Bundler;
use crate::arweave::gateway::Gateway;
use crate::arweave::location::{self, Location};
use crate::arweave::tip::{TipSettings, TipWatch};
use crate::chaos::withhold::{Faults, Withholding};
use crate::chaos::{self, Rogue};
use crate::config::{Agent, NodeConfig};
use crate::cu::source::Log;
use crate::keys::NodeKeys;
use crate::locate::{Locations, Reach};
use crate::mu::fees::{Policy, Terms};
use crate::routes::status::About;
use crate::routes::su::{Elsewhere, OtherSchedulers};
use crate::shutdown::Shutdown;
use crate::store::Store;
use crate::su::ports::{BaseLayer, Court};
use crate::su::{
    self,
    adapters::{OwnLogs, Poster},
};
use crate::su::{Guard, Publishing, Standing, SystemClock};
use crate::{mu, origin};

/// Name of the guard file in the node's folder.
pub(crate) const GUARD: &str = "guard";
/// Blocks of `publish_within` on a real network (PROTOCOL 8); half of it stops the SU (D5).
const PUBLISH_WITHIN_BLOCKS: u64 = 60;

/// Between two looks at what the key has published: a look is two questions to each gateway.
const WATCH_EVERY_MIN: Duration = Duration::from_secs(5);
/// A transaction that no gateway knows for so many blocks is posted again, at least: a gateway may be slow to show what it took.
const FORGOTTEN_AFTER_BLOCKS_MIN: u64 = 3;

/// What every unit stands on.
pub(super) struct Base {
    pub(super) store: Store,
    pub(super) guard: Guard,
    pub(super) gateway: Gateway,
    pub(super) tip: TipWatch,
    pub(super) bundler: Bundler,
    pub(super) poster: Poster,
    /// What a rogue node withholds; none in an honest one.
    pub(super) faults: Option<Arc<Faults>>,
}

impl Base {
    pub(super) async fn open(
        config: &NodeConfig,
        keys: &NodeKeys,
        shutdown: &Shutdown,
    ) -> Result<Self, StartError> {
        let store = Store::open(&config.data).await?;
        let guard = Guard::open(&config.data.join(GUARD), keys.scheduler.clone())?;
        let gateway = Gateway::new(config.gateways.clone())?.with_block_time(config.block_time);
        let settings = TipSettings {
            every: tip_every(config.block_time),
            settlement_depth: config.settlement_depth,
        };
        let tip = TipWatch::start(gateway.clone(), settings, shutdown);
        let bundler = Bundler::new(gateway.clone(), keys.wallet.clone());
        let poster = Poster::new(bundler.clone(), keys.authority.clone());
        Ok(Self {
            store,
            guard,
            gateway,
            tip,
            bundler,
            poster,
            faults: config.chaos.then(Arc::default),
        })
    }

    /// The base layer as the scheduler uses it.
    fn base_layer(&self) -> Arc<dyn BaseLayer> {
        let poster = Arc::new(self.poster.clone());
        match &self.faults {
            None => poster,
            Some(faults) => {
                let tip = Arc::new(self.tip.clone());
                Arc::new(Withholding::new(poster, tip, Arc::clone(faults)))
            }
        }
    }

    /// The door to a devnet node's misbehaviour, where it was started for that.
    pub(super) fn rogue(
        &self,
        config: &NodeConfig,
        su: &su::Handle,
        author: &SigningKey,
    ) -> Result<Option<Rogue>, StartError> {
        let Some((faults, devnet_node)) = self.faults.clone().zip(config.devnet) else {
            return Ok(None);
        };
        let parts = chaos::Parts {
            devnet_node,
            author: author.clone(),
            su: su.clone(),
            base_layer: Arc::new(self.poster.clone()),
            faults,
            origin: config.origin.unwrap_or(NO_ORIGIN),
        };
        Ok(Some(Rogue::new(parts)?))
    }
}

/// What the node's page says of it.
pub(super) fn about(keys: &NodeKeys, urls: &Urls) -> About {
    About {
        version: env!("CARGO_PKG_VERSION"),
        operator: keys.operator.address().clone(),
        scheduler: keys.scheduler.address().clone(),
        authority: keys.authority.address().clone(),
        wallet: keys.wallet.address().clone(),
        units: json!({ "mu": urls.mu.as_str(), "su": urls.su.as_str(), "cu": urls.cu.as_str() }),
    }
}

/// What the agents stand on: those who act before the court without a human.
pub(super) struct Agents {
    pub(super) court: Option<origin::Handle>,
    pub(super) su: su::Handle,
    pub(super) log: Arc<dyn Log>,
    pub(super) operator: SigningKey,
    pub(super) seen: mpsc::Receiver<VerifiedItem>,
}

impl Agents {
    /// Lets cases against the operator be answered, its leases be spoken for, and faults of others be found, as the operator wants it.
    pub(super) fn start(self, config: &NodeConfig, base: &Base, shutdown: &Shutdown) {
        let Some(court) = self.court else {
            return;
        };
        let agent = config.agent;
        if config.heartbeats && config.roles.su {
            let heart = Heart {
                court: court.clone(),
                su: self.su.clone(),
                guard: base.guard.clone(),
                operator: self.operator.clone(),
            };
            shutdown.track(heart::run(heart, shutdown.clone()));
        }
        if agent != Agent::Watch {
            let defender = Defender {
                court: court.clone(),
                su: self.su.clone(),
                operator: self.operator.clone(),
            };
            shutdown.track(defender::run(defender, shutdown.clone()));
        }
        if agent != Agent::Defend {
            let hunt = Hunt {
                court,
                store: base.store.clone(),
                su: self.su,
                log: self.log,
                gateway: base.gateway.clone(),
                operator: self.operator,
                seen: self.seen,
                reports: agent == Agent::Hunt,
            };
            shutdown.track(hunter::run(hunt, shutdown.clone()));
        }
    }
}

/// What the operator has set for the messenger. A fee without a court is refused before ([`NodeConfig::check`]).
pub(super) fn messenger(
    config: &NodeConfig,
    court: Option<&origin::Handle>,
    keys: &NodeKeys,
) -> mu::Settings {
    let fees = court.filter(|_court| config.mu_fee != Policy::Free);
    let fees = fees.map(|court| {
        Arc::new(mu::Charging {
            terms: Terms {
                policy: config.mu_fee,
                payee: keys.operator.address().clone(),
                court: court.id(),
            },
            court: Arc::new(court.clone()),
        })
    });
    mu::Settings {
        fees,
        ..mu::Settings::default()
    }
}

/// Who is asked about processes that name a court.
pub(super) fn court(court: Option<&origin::Handle>, keys: &NodeKeys) -> Arc<dyn Court> {
    match court {
        None => Arc::new(NoCourt),
        Some(court) => Arc::new(Bench {
            court: court.clone(),
            operator: keys.operator.address().clone(),
            scheduler: keys.scheduler.address().clone(),
        }),
    }
}

pub(super) async fn scheduler(
    config: &NodeConfig,
    base: &Base,
    court: Arc<dyn Court>,
) -> Result<su::Handle, StartError> {
    let publishing = Publishing {
        every: tip_every(config.block_time),
        forgotten_after_blocks: (config.settlement_depth / 2).max(FORGOTTEN_AFTER_BLOCKS_MIN),
        repost_after_blocks: config.settlement_depth.saturating_mul(2).max(10),
        // The devnet's blocks last a second: there a busy machine is no outage.
        stop_after_blocks: config.devnet.is_none().then_some(PUBLISH_WITHIN_BLOCKS / 2),
        settlement_depth: config.settlement_depth,
        block_time: config.block_time,
    };
    let parts = su::Parts {
        store: base.store.clone(),
        guard: base.guard.clone(),
        tip: Arc::new(base.tip.clone()),
        base_layer: base.base_layer(),
        clock: Arc::new(SystemClock),
        court,
        settings: su::Settings {
            settlement_depth: config.settlement_depth,
            publishing,
        },
    };
    let watch = su::Watch {
        sources: Arc::new(base.gateway.clone()),
        wait_blocks: config.doppelganger_wait(),
        look_every: tip_every(config.block_time),
        watch_every: config.block_time.max(WATCH_EVERY_MIN),
    };
    Ok(su::Handle::start_watched(parts, watch).await?)
}

pub(super) fn locations(
    config: &NodeConfig,
    su: &su::Handle,
    urls: &Urls,
    base: &Base,
) -> Locations {
    let own = OwnLogs {
        su: su.clone(),
        url: urls.su.clone(),
    };
    let mut peers: BTreeMap<Address, Url> = config
        .peers
        .iter()
        .map(|peer| (peer.scheduler.clone(), peer.url.clone()))
        .collect();
    peers.insert(su.address().clone(), urls.su.clone());
    Locations::new(
        own,
        peers,
        base.gateway.clone(),
        Reach::of(config.devnet.is_some()),
    )
}

/// The SUs that the operator named: this node's own and the peers'.
pub(super) fn named(config: &NodeConfig, urls: &Urls) -> Vec<Url> {
    config
        .peers
        .iter()
        .map(|peer| peer.url.clone())
        .chain([urls.su.clone()])
        .collect()
}

/// Where the SU sends those who ask for a process of somebody else.
pub(super) fn elsewhere(locations: &Locations, urls: &Urls) -> Arc<dyn Elsewhere> {
    Arc::new(OtherSchedulers {
        locations: locations.clone(),
        own: urls.su.clone(),
    })
}

/// Says on the base layer where this node's SU answers, again at half of the time to live (D11): from the first look at who
/// else has the key on, and for as long as this node does not merely observe.
pub(super) fn announce(
    config: &NodeConfig,
    urls: &Urls,
    base: &Base,
    su: &su::Handle,
    shutdown: &Shutdown,
) {
    if !config.roles.su {
        return;
    }
    let ttl_ms = u64::try_from(config.location_ttl.as_millis()).unwrap_or(u64::MAX);
    let location = Location {
        url: urls.su.clone(),
        ttl_ms,
    };
    let announcing = location::announce(
        location,
        base.guard.clone(),
        base.bundler.clone(),
        now_ms,
        shutdown.clone(),
    );
    let (mut here, mut observes, told) = (su.standings(), su.standings(), shutdown.clone());
    shutdown.track(async move {
        let is_here =
            here.wait_for(|now| matches!(now, Standing::Waiting { .. } | Standing::Signing));
        tokio::select! {
            // The senders live as long as the scheduler does.
            Ok(_) = is_here => {}
            () = told.told() => return,
        }
        tokio::select! {
            () = announcing => {}
            _ = observes.wait_for(|now| matches!(now, Standing::Observer(_))) => {}
        }
    });
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
