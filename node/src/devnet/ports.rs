//! Ports of the devnet: fixed from a base, or a free stretch where the base is 0.
//!
//! A stretch that was found free is locked for as long as the devnet runs, so that devnets which start at the same time never
//! share one: their nodes would answer for one another. Another program may still take a port before it is used; the start then
//! fails with that port's name and may be repeated.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};

/// Ports between two nodes.
const STEP: u16 = 100;
/// A node's own door to the gateway, above its base: it can be shut for one node alone.
pub const DOOR: u16 = 5;
/// Ports of one node above its base: page, MU, SU, CU, its door to the gateway.
const OFFSETS: [u16; 5] = [1, 2, 3, 4, DOOR];
/// Where the search for a free stretch begins: above the registered services, below Linux's ephemeral ports.
const SEARCH_FROM: u16 = 10_000;
/// Where it ends: ten nodes' stretch below 32,768.
const SEARCH_TO: u16 = 31_000;

/// The gateway's port and each node's base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The base layer's gateway.
    pub gateway: u16,
    /// `base` of each node: its units listen at base + 1 to base + 4, its door to the gateway at base + 5.
    pub nodes: Vec<u16>,
}

impl Ports {
    /// Ports from `base`: the gateway at `base`, node i (from 0) at base + 100 i.
    #[must_use]
    pub fn from_base(base: u16, nodes: usize) -> Option<Self> {
        let bases =
            (0..nodes).map(|index| base.checked_add(STEP.checked_mul(u16::try_from(index).ok()?)?));
        let nodes: Vec<u16> = bases.collect::<Option<_>>()?;
        nodes
            .last()
            .is_none_or(|last| last.checked_add(STEP).is_some())
            .then_some(Self {
                gateway: base,
                nodes,
            })
    }

    /// A stretch whose ports are all free now, and the lock on it; `start` spreads several devnets over the range.
    #[must_use]
    pub fn free(nodes: usize, start: u32) -> Option<(Self, Claim)> {
        let span = u32::from((SEARCH_TO - SEARCH_FROM) / STEP);
        let bases = (0..span)
            .map(|step| SEARCH_FROM + STEP * u16::try_from((start + step) % span).unwrap_or(0));
        bases
            .filter_map(|base| Self::from_base(base, nodes))
            .find_map(|ports| {
                let claim = Claim::on(&ports)?;
                ports.are_free().then_some((ports, claim))
            })
    }

    /// True where every port can be listened on now.
    #[must_use]
    pub fn are_free(&self) -> bool {
        self.taken().is_none()
    }

    /// The first port that somebody else listens on.
    #[must_use]
    pub fn taken(&self) -> Option<u16> {
        let units = self
            .nodes
            .iter()
            .flat_map(|base| OFFSETS.map(|offset| base.saturating_add(offset)));
        std::iter::once(self.gateway)
            .chain(units)
            .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_err())
    }
}

/// Locks on the stretch of each node, given back when dropped or when the process ends.
#[derive(Debug)]
pub struct Claim {
    _locks: Vec<File>,
}

impl Claim {
    /// None where another devnet of this machine holds one of them.
    fn on(ports: &Ports) -> Option<Self> {
        let locks = ports.nodes.iter().map(|base| lock(*base));
        let _locks = locks.collect::<Option<_>>()?;
        Some(Self { _locks })
    }
}

/// The lock of one node's ports. A file that belongs to another user counts as held.
fn lock(base: u16) -> Option<File> {
    let path = std::env::temp_dir().join(format!("aosec-ports-{base}.lock"));
    let options = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    let file = options.ok()?;
    file.try_lock().ok().map(|()| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_follow_the_base() {
        let ports = Ports::from_base(4_000, 3).expect("fits");
        assert_eq!(
            ports,
            Ports {
                gateway: 4_000,
                nodes: vec![4_000, 4_100, 4_200]
            }
        );
        assert_eq!(Ports::from_base(65_000, 8), None);
    }

    #[test]
    fn a_taken_port_is_named() {
        let (ports, _claim) = Ports::free(1, std::process::id()).expect("some stretch is free");
        let _held =
            TcpListener::bind((Ipv4Addr::LOCALHOST, ports.nodes[0] + 3)).expect("it was free");
        assert_eq!(ports.taken(), Some(ports.nodes[0] + 3));
    }

    #[test]
    fn two_devnets_never_share_a_stretch_before_either_listens() {
        let (first, claim) = Ports::free(3, 7).expect("some stretch is free");
        let (second, _claim) = Ports::free(2, 7).expect("another one is free");
        assert!(second.nodes.iter().all(|base| !first.nodes.contains(base)));
        drop(claim);
        assert!(Claim::on(&first).is_some());
    }
}
