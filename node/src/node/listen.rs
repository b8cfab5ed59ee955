//! The node's four listeners: bound first, so that a taken port is told before anything else is opened.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use reqwest::Url;
use tokio::net::TcpListener;

use super::{StartError, Urls};
use crate::config::NodeConfig;
use crate::http::{dressed, listener};
use crate::shutdown::Shutdown;

/// Offsets above the base port (SYSTEM, Ports).
const WEB: u16 = 1;
const MU: u16 = 2;
const SU: u16 = 3;
const CU: u16 = 4;

/// Bound, not serving yet.
pub(super) struct Listeners {
    web: TcpListener,
    mu: Option<TcpListener>,
    su: Option<TcpListener>,
    cu: Option<TcpListener>,
    urls: Urls,
}

/// What each listener serves.
pub(super) struct Routers {
    pub(super) web: Router,
    pub(super) mu: Router,
    pub(super) su: Router,
    pub(super) cu: Router,
}

impl Listeners {
    pub(super) async fn bind(config: &NodeConfig) -> Result<Self, StartError> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let roles = config.roles;
        let (web, web_url) = bind(loopback, config.port(WEB)).await?;
        let (mu, mu_url) = bind_if(roles.mu, config.host, config.port(MU)).await?;
        let (su, su_url) = bind_if(roles.su, config.host, config.port(SU)).await?;
        let (cu, cu_url) = bind_if(roles.cu, config.host, config.port(CU)).await?;
        let urls = Urls {
            web: web_url,
            mu: mu_url,
            su: su_url,
            cu: cu_url,
        };
        Ok(Self {
            web,
            mu,
            su,
            cu,
            urls,
        })
    }

    /// Where the units answer; the SU under its public url where one is set.
    pub(super) fn urls(&self, config: &NodeConfig) -> Urls {
        let mut urls = self.urls.clone();
        if let Some(public) = &config.public_url {
            urls.su = public.clone();
        }
        urls
    }

    pub(super) fn serve(self, routers: Routers, shutdown: &Shutdown) {
        let pairs = [
            (Some(self.web), routers.web),
            (self.mu, routers.mu),
            (self.su, routers.su),
            (self.cu, routers.cu),
        ];
        for (socket, router) in pairs {
            if let Some(socket) = socket {
                shutdown.track(listener::serve(socket, dressed(router), shutdown.clone()));
            }
        }
    }
}

async fn bind_if(
    wanted: bool,
    host: IpAddr,
    port: u16,
) -> Result<(Option<TcpListener>, Url), StartError> {
    if !wanted {
        return Ok((None, url(SocketAddr::new(host, port))));
    }
    bind(host, port)
        .await
        .map(|(socket, url)| (Some(socket), url))
}

async fn bind(host: IpAddr, port: u16) -> Result<(TcpListener, Url), StartError> {
    let address = SocketAddr::new(host, port);
    let failed = |source| StartError::Listen {
        address: address.to_string(),
        source,
    };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let bound = socket.local_addr().map_err(failed)?;
    Ok((socket, url(bound)))
}

fn url(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}")).expect("an address and a port are always a url")
}
