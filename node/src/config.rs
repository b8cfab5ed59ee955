//! What an operator may set, with defaults and one check.
//!
//! Values come from flags (and their environment names); nothing here reads a file or a clock.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use aosec_wire::{Address, Id};
use reqwest::Url;

use crate::mu::fees::Policy;

/// Everything that one node needs to know before it starts.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where keys, store and guard lie.
    pub data: PathBuf,
    /// Gateways of the base layer, asked in turn.
    pub gateways: Vec<Url>,
    /// Interface of SU, CU and MU.
    pub host: IpAddr,
    /// Ports: page `base + 1`, MU `+ 2`, SU `+ 3`, CU `+ 4`; 0 takes free ones.
    pub base_port: u16,
    /// Which units run.
    pub roles: Roles,
    /// Units of other nodes known without asking the base layer (D11).
    pub peers: Vec<Peer>,
    /// The url that clients should use for this node's SU, where it is not `http://host:port`.
    pub public_url: Option<Url>,
    /// The devnet's keys of this node instead of sealed ones, and private addresses allowed.
    pub devnet: Option<usize>,
    /// Mean time between blocks: how often the tip is asked for, and how much a publication waits.
    pub block_time: Duration,
    /// Confirmations until a base-layer transaction may be assigned (Settlement-Depth of a process overrides it).
    pub settlement_depth: u64,
    /// Lifetime of a published Scheduler-Location; published again at half of it.
    pub location_ttl: Duration,
    /// Blocks between saying that this node is here and its first signature; none takes [`Self::doppelganger_wait`]'s default.
    pub doppelganger_wait: Option<u64>,
    /// Where the CU reads logs.
    pub log_source: LogSource,
    /// The first block in which records, and the court's spawn, are looked for.
    pub follow_from: u64,
    /// The court that this node computes.
    pub origin: Option<Id>,
    /// Whether this node says by itself what keeps the pay of its operator's leases going.
    pub heartbeats: bool,
    /// What the node does about cases by itself.
    pub agent: Agent,
    /// What the messenger asks for an item.
    pub mu_fee: Policy,
    /// Whether the node breaks the law when it is told to; a devnet's node alone can.
    pub chaos: bool,
}

/// What a node does about cases by itself, its owner asleep (PROTOCOL 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Agent {
    /// Looks for faults and says so in log and metrics; sends nothing, and answers nothing.
    Watch,
    /// Answers cases against its operator, and gives messages that data cases ask for.
    #[default]
    Defend,
    /// Defends, looks for faults of others, and reports them.
    Hunt,
}

/// Where the CU reads logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogSource {
    /// The scheduler that hosts the process: at once, on its word and signature.
    #[default]
    Scheduler,
    /// The base layer alone: settled slots only, and nobody to trust.
    BaseLayer,
}

/// Which units a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Orders messages.
    pub su: bool,
    /// Computes them.
    pub cu: bool,
    /// Carries what they produce.
    pub mu: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            su: true,
            cu: true,
            mu: true,
        }
    }
}

impl std::str::FromStr for Roles {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let mut roles = Self {
            su: false,
            cu: false,
            mu: false,
        };
        for word in text.split(',').map(str::trim) {
            match word {
                "su" => roles.su = true,
                "cu" => roles.cu = true,
                "mu" => roles.mu = true,
                other => return Err(ConfigError::Role(other.to_owned())),
            }
        }
        Ok(roles)
    }
}

/// Another node's SU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its scheduler address.
    pub scheduler: Address,
    /// The root of its SU.
    pub url: Url,
}

impl std::str::FromStr for Peer {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let bad = || ConfigError::Peer(text.to_owned());
        let (scheduler, url) = text.split_once('=').ok_or_else(bad)?;
        Ok(Self {
            scheduler: scheduler.parse().map_err(|_bad| bad())?,
            url: url.parse().map_err(|_bad| bad())?,
        })
    }
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// A role that no node has.
    #[error("'{0}' is no role: --roles takes su, cu, mu, separated by commas")]
    Role(String),
    /// A peer that is not address=url.
    #[error("'{0}' is no peer: --peer takes <scheduler address>=<url of its SU>")]
    Peer(String),
    /// No gateway.
    #[error("a node needs a base layer: give --gateway <url> at least once")]
    NoGateway,
    /// A url whose scheme is not http or https.
    #[error("{0} is no http or https url")]
    Scheme(Url),
    /// The five ports do not fit below 65,536.
    #[error(
        "--base-port {0} leaves no room for the five ports above it; take one up to 65530, or 0 for free ports"
    )]
    Port(u16),
    /// Fees are paid in a court's token.
    #[error("--mu-fee {0} needs a court whose token pays it: give --origin <id>, or --mu-fee free")]
    FeeWithoutCourt(&'static str),
    /// A node with real keys would be slashed.
    #[error("--chaos-unsafe is for nodes that `aosec devnet --chaos-unsafe` starts")]
    Chaos,
    /// Two seconds and two weeks are the bounds.
    #[error("--block-time must lie between 50 ms and 1 h")]
    BlockTime,
}

/// Ports used above the base port.
const PORTS: u16 = 4;
const BLOCK_TIME_MIN: Duration = Duration::from_millis(50);
const BLOCK_TIME_MAX: Duration = Duration::from_secs(3_600);

/// Our location is mined one block after the start and seen by another node of the same key within the same block; what that
/// one signed until then is gathered for a block, mined in the next, and seen here in the fourth.
const DOPPELGANGER_WAIT_BLOCKS: u64 = 4;

impl NodeConfig {
    /// A configuration for loopback with the defaults of a real network.
    #[must_use]
    pub fn new(data: PathBuf, gateways: Vec<Url>) -> Self {
        Self {
            data,
            gateways,
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            base_port: 4_000,
            roles: Roles::default(),
            peers: Vec::new(),
            public_url: None,
            devnet: None,
            block_time: Duration::from_secs(120),
            settlement_depth: 20,
            location_ttl: Duration::from_secs(3_600),
            log_source: LogSource::default(),
            follow_from: 0,
            heartbeats: true,
            origin: None,
            agent: Agent::default(),
            mu_fee: Policy::Free,
            chaos: false,
            doppelganger_wait: None,
        }
    }

    /// The one check of all values together.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.gateways.is_empty() {
            return Err(ConfigError::NoGateway);
        }
        let urls = self
            .gateways
            .iter()
            .chain(self.peers.iter().map(|peer| &peer.url))
            .chain(&self.public_url);
        for url in urls {
            if !matches!(url.scheme(), "http" | "https") {
                return Err(ConfigError::Scheme(url.clone()));
            }
        }
        if self.chaos && self.devnet.is_none() {
            return Err(ConfigError::Chaos);
        }
        if self.mu_fee != Policy::Free && self.origin.is_none() {
            return Err(ConfigError::FeeWithoutCourt(self.mu_fee.word()));
        }
        if self.base_port.checked_add(PORTS).is_none() {
            return Err(ConfigError::Port(self.base_port));
        }
        if !(BLOCK_TIME_MIN..=BLOCK_TIME_MAX).contains(&self.block_time) {
            return Err(ConfigError::BlockTime);
        }
        Ok(())
    }

    /// Blocks that a start waits before it signs.
    #[must_use]
    pub fn doppelganger_wait(&self) -> u64 {
        let default = match self.devnet {
            // Its nodes are children of one supervisor, each with a key of its own.
            Some(_) => 0,
            None => DOPPELGANGER_WAIT_BLOCKS,
        };
        self.doppelganger_wait.unwrap_or(default)
    }

    /// The port of a unit: base + offset, or 0 for a free one.
    #[must_use]
    pub fn port(&self, offset: u16) -> u16 {
        if self.base_port == 0 {
            0
        } else {
            self.base_port.saturating_add(offset)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> NodeConfig {
        NodeConfig::new(
            "data".into(),
            vec!["http://127.0.0.1:4000".parse().expect("a url")],
        )
    }

    #[test]
    fn the_defaults_pass_and_each_fault_is_named() {
        assert_eq!(config().check(), Ok(()));
        assert_eq!(
            NodeConfig {
                gateways: vec![],
                ..config()
            }
            .check(),
            Err(ConfigError::NoGateway)
        );
        assert_eq!(
            NodeConfig {
                base_port: 65_535,
                ..config()
            }
            .check(),
            Err(ConfigError::Port(65_535))
        );
        let rogue = NodeConfig {
            chaos: true,
            ..config()
        };
        assert_eq!(rogue.check(), Err(ConfigError::Chaos));
        let greedy = NodeConfig {
            mu_fee: Policy::Fixed(1),
            ..config()
        };
        assert_eq!(greedy.check(), Err(ConfigError::FeeWithoutCourt("fixed")));
        let paid = NodeConfig {
            origin: Some(Id::new([1; 32])),
            ..greedy
        };
        assert_eq!(paid.check(), Ok(()));
        let slow = NodeConfig {
            block_time: Duration::from_secs(7_200),
            ..config()
        };
        assert_eq!(slow.check(), Err(ConfigError::BlockTime));
    }

    #[test]
    fn roles_are_words_with_commas() {
        assert_eq!(
            "su,mu".parse(),
            Ok(Roles {
                su: true,
                cu: false,
                mu: true
            })
        );
        assert_eq!(
            "su,xu".parse::<Roles>(),
            Err(ConfigError::Role("xu".into()))
        );
    }

    #[test]
    fn zero_means_free_ports() {
        assert_eq!(
            NodeConfig {
                base_port: 0,
                ..config()
            }
            .port(3),
            0
        );
        assert_eq!(config().port(3), 4_003);
    }
}
