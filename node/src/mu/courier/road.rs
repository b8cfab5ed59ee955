//! Where a request may go: which origins a redirect may lead to, and which addresses a stranger's name may stand for.
//!
//! A scheduler's place comes from records that anybody can publish, so a name in them must not lead into this machine's own
//! network, and a redirect must not make us carry a body somewhere that nobody vouches for (RELIABILITY 2.1). Redirects between
//! units keep only the origin: path and query stay ours. Pure: names are resolved by [`super::dial`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Redirects followed for one request: a router and one takeover, and one more.
pub(super) const HOPS_MAX: usize = 3;

/// Why a place is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RoadError {
    /// Not http, or with credentials inside.
    #[error("'{0}' is no plain http(s) address")]
    NotPlain(String),
    /// More than [`HOPS_MAX`].
    #[error("it redirects more than {HOPS_MAX} times")]
    TooManyHops,
    /// Back to where we were.
    #[error("it redirects in a circle, back to {0}")]
    Circle(String),
    /// The name stands for an address inside a private network.
    #[error("{0} is not a public address")]
    NotPublic(IpAddr),
}

/// The way of one request so far.
#[derive(Clone, Debug)]
pub(super) struct Road {
    path_and_query: String,
    origins: Vec<String>,
}

impl Road {
    /// Begins at `url`, whose path and query every later hop keeps.
    pub(super) fn begin(url: &Url) -> Result<Self, RoadError> {
        check_plain(url)?;
        let path_and_query = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self {
            path_and_query,
            origins: vec![origin(url)],
        })
    }

    /// The next request, after the place at the end of the road answered with `location`.
    pub(super) fn follow(&mut self, current: &Url, location: &str) -> Result<Url, RoadError> {
        let not_plain = || RoadError::NotPlain(crate::http::body::clip(location));
        let target = current.join(location).map_err(|_bad| not_plain())?;
        check_plain(&target)?;
        let origin = origin(&target);
        if self.origins.contains(&origin) {
            return Err(RoadError::Circle(origin));
        }
        if self.origins.len() > HOPS_MAX {
            return Err(RoadError::TooManyHops);
        }
        let next = format!("{origin}{}", self.path_and_query);
        self.origins.push(origin);
        Url::parse(&next).map_err(|_bad| not_plain())
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn check_plain(url: &Url) -> Result<(), RoadError> {
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(())
    } else {
        Err(RoadError::NotPlain(crate::http::body::clip(url.as_str())))
    }
}

/// A host that is written as an address needs no resolver, so it is checked here.
pub(super) fn check_written_address(url: &Url) -> Result<(), RoadError> {
    let host = url.host_str().unwrap_or_default();
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    match bare.parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(RoadError::NotPublic(address)),
        _ => Ok(()),
    }
}

/// Whether `address` belongs to the public network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Blocks that no public host has, beyond those the standard library names: (first address, prefix length).
const RESERVED_V4: [(Ipv4Addr, u32); 6] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),  // carrier-grade NAT
    (Ipv4Addr::new(192, 0, 0, 0), 24),   // protocol assignments
    (Ipv4Addr::new(192, 88, 99, 0), 24), // 6to4 relays
    (Ipv4Addr::new(198, 18, 0, 0), 15),  // benchmarks
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let reserved = RESERVED_V4
        .iter()
        .any(|(first, bits)| (address.to_bits() ^ first.to_bits()).leading_zeros() >= *bits);
    !(reserved
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

/// Only global unicast (2000::/3) is public, and of it not what carries an IPv4 address or documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let [first, second, ..] = address.segments();
    let global_unicast = first & 0xe000 == 0x2000;
    let teredo_or_documentation = first == 0x2001 && (second < 0x200 || second == 0xdb8);
    let six_to_four = first == 0x2002;
    global_unicast && !teredo_or_documentation && !six_to_four
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_redirect_keeps_path_and_query_and_takes_the_origin_alone() {
        let start = url("http://a.example/?process-id=p&assign=m");
        let mut road = Road::begin(&start).unwrap();
        let next = road
            .follow(&start, "https://b.example:8443/other?x=1")
            .unwrap();
        assert_eq!(
            next.as_str(),
            "https://b.example:8443/?process-id=p&assign=m"
        );
    }

    #[test]
    fn circles_and_long_roads_are_refused() {
        let start = url("http://a.example/");
        let mut road = Road::begin(&start).unwrap();
        assert!(matches!(
            road.follow(&start, "/elsewhere"),
            Err(RoadError::Circle(_))
        ));
        let mut at = start;
        for place in ["http://b.example", "http://c.example", "http://d.example"] {
            at = road.follow(&at, place).unwrap();
        }
        assert!(matches!(
            road.follow(&at, "http://b.example"),
            Err(RoadError::Circle(_))
        ));
        assert_eq!(
            road.follow(&at, "http://e.example"),
            Err(RoadError::TooManyHops)
        );
    }

    #[test]
    fn only_plain_http_is_followed() {
        let start = url("http://a.example/");
        for bad in [
            "file:///etc/passwd",
            "ftp://b.example",
            "http://u:p@b.example/",
            "gopher://x",
            "http://",
        ] {
            let mut road = Road::begin(&start).unwrap();
            assert!(
                matches!(road.follow(&start, bad), Err(RoadError::NotPlain(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn addresses_inside_are_not_public() {
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn an_address_in_any_spelling_is_recognised() {
        for inside in [
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
        ] {
            assert!(check_written_address(&url(inside)).is_err(), "{inside}");
        }
        assert!(check_written_address(&url("http://example.org/")).is_ok());
    }
}
