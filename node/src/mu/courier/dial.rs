//! The two HTTP clients of the messenger: one for places the operator named, one for places that strangers named.
//!
//! The second resolves names itself and connects only to addresses that it has found public, so a name cannot be answered one
//! way when it is checked and another way when it is used.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::road::{self, RoadError};

/// To an open connection: three round trips to the far side of the world, with room for one lost packet.
const CONNECT_DEADLINE: Duration = Duration::from_secs(3);
/// One whole request: a scheduler that has not answered in the first hop's own ten seconds is asked again later.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// Idle connections kept to one place.
const IDLE_PER_HOST: usize = 8;

/// The pair of clients.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    open: Client,
    screened: Client,
}

impl Dial {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        Ok(Self {
            open: base().build()?,
            screened: base()
                .dns_resolver(std::sync::Arc::new(PublicOnly))
                .build()?,
        })
    }

    /// The client that may ask `url`.
    pub(super) fn towards(&self, url: &Url, trusted: bool) -> Result<&Client, RoadError> {
        if trusted {
            return Ok(&self.open);
        }
        road::check_written_address(url)?;
        Ok(&self.screened)
    }
}

fn base() -> reqwest::ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(REQUEST_DEADLINE)
        .redirect(Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(IDLE_PER_HOST)
}

/// Resolves names to public addresses alone.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found
                .filter(|address| road::is_public(address.ip()))
                .collect();
            if public.is_empty() {
                let text = format!("{} has no public address", name.as_str());
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, text).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
