//! How far a url from outside may lead: into the public network, or anywhere on a devnet.
//!
//! A Scheduler-Location or a redirect is a stranger's word; without this rule it could make the node talk to its own machine's private
//! services. A name is judged by the addresses it resolves to, at the moment of connecting too ([`Reach::client`]): between check and
//! use a name may change its mind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Url, redirect};
use thiserror::Error;

/// To reach another unit at all.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// How far requests may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses alone.
    Public,
    /// Everywhere: a devnet lives on loopback.
    Anywhere,
}

impl Reach {
    /// `allow_private` as the configuration says it.
    #[must_use]
    pub const fn of(allow_private: bool) -> Self {
        if allow_private {
            Self::Anywhere
        } else {
            Self::Public
        }
    }

    /// Checks where `url` leads: plain http or https, and only addresses within reach.
    ///
    /// # Errors
    /// [`Unreachable`] with the reason.
    pub async fn check(self, url: &Url) -> Result<(), Unreachable> {
        let host = plain_host(url)?;
        if self == Self::Anywhere {
            return Ok(());
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let resolved = tokio::net::lookup_host((host.as_str(), port)).await;
        let addresses: Vec<SocketAddr> = resolved
            .map_err(|_io| Unreachable::Unresolved(url.clone()))?
            .collect();
        match addresses.iter().find(|address| !is_public(address.ip())) {
            Some(_private) => Err(Unreachable::Private(url.clone())),
            None if addresses.is_empty() => Err(Unreachable::Unresolved(url.clone())),
            None => Ok(()),
        }
    }

    /// A client that connects to addresses within reach alone, follows no redirects and gives up connecting in time. The total
    /// deadline is the caller's choice. A url with a bare address never asks the resolver: [`Self::check`] it.
    pub fn client(self) -> ClientBuilder {
        let builder = ClientBuilder::new()
            .connect_timeout(CONNECT_DEADLINE)
            .redirect(redirect::Policy::none())
            .no_proxy();
        match self {
            Self::Public => builder.dns_resolver(PublicOnly),
            Self::Anywhere => builder,
        }
    }
}

/// The host of a url that is plain http or https and carries no credentials.
fn plain_host(url: &Url) -> Result<String, Unreachable> {
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none();
    let host = url
        .host_str()
        .filter(|host| plain && !host.is_empty())
        .ok_or_else(|| Unreachable::NotPlain(url.clone()))?;
    Ok(host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned())
}

/// A resolver that knows public addresses alone.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let resolved = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> =
                resolved.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public network.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && b & 0xc0 == 64;
    let protocols = a == 192 && b == 0 && c == 0;
    let benchmarks = a == 198 && b & 0xfe == 18;
    let reserved = a == 0 || a >= 240;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || protocols
        || benchmarks
        || reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = embedded_v4(address) {
        return is_public_v4(inner);
    }
    let [first, second, ..] = address.segments();
    let global_unicast = first & 0xe000 == 0x2000;
    let documentation = (first == 0x2001 && second == 0x0db8) || first == 0x3fff;
    // 2001::/23 is for protocols: Teredo and its kin tunnel to addresses of the sender's choice.
    let protocols = first == 0x2001 && second < 0x0200;
    global_unicast && !documentation && !protocols
}

/// The IPv4 address behind a mapped, translated or 6to4 address.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(join(g, h)),
        (0x2002, ..) => Some(join(b, c)),
        _ => None,
    }
}

/// Why the node does not go there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreachable {
    /// Not http or https, or with credentials.
    #[error("{0} is not a plain http or https url")]
    NotPlain(Url),
    /// A private, loopback or reserved address.
    #[error("{0} leads into a private network; only a devnet node goes there")]
    Private(Url),
    /// A name without addresses.
    #[error("the host of {0} cannot be resolved")]
    Unresolved(Url),
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: [&str; 29] = [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "0.1.2.3",
        "255.255.255.255",
        "240.0.0.1",
        "224.0.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "203.0.113.5",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "2001:db8::1",
    ];
    const PUBLIC: [&str; 8] = [
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.32.0.1",
        "198.20.0.1",
        "2606:4700::1",
        "::ffff:1.1.1.1",
        "2002:101:101::",
    ];

    #[test]
    fn addresses_are_told_apart() {
        for text in PRIVATE {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in PUBLIC {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[tokio::test]
    async fn urls_into_a_private_network_are_refused() {
        for host in [
            "localhost",
            "127.0.0.1:80",
            "2130706433",
            "0x7f.1",
            "[::1]:4000",
            "[::ffff:7f00:1]",
        ] {
            let url: Url = format!("http://{host}/x").parse().unwrap();
            assert_eq!(
                Reach::Public.check(&url).await,
                Err(Unreachable::Private(url.clone())),
                "{host}"
            );
            assert_eq!(Reach::Anywhere.check(&url).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn urls_that_are_not_plain_are_refused_everywhere() {
        for text in [
            "ftp://1.1.1.1/",
            "http://user@1.1.1.1/",
            "http://u:p@1.1.1.1/",
            "file:///etc/passwd",
            "data:,x",
        ] {
            let url: Url = text.parse().unwrap();
            assert_eq!(
                Reach::Anywhere.check(&url).await,
                Err(Unreachable::NotPlain(url)),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_that_turns_private_is_not_connected_to() {
        let client = Reach::Public.client().build().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(
            client
                .get(format!("http://localhost:{port}/"))
                .send()
                .await
                .is_err()
        );
    }
}
