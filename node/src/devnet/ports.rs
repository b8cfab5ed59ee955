//! Ports of the devnet: fixed from a base, or a free stretch where the base is 0.
//!
//! Between finding a stretch free and using it another program may take a port; the start then fails with that port's name and
//! may be repeated.

use std::net::{Ipv4Addr, TcpListener};

/// Ports between two nodes.
const STEP: u16 = 100;
/// Ports of one node above its base: page, MU, SU, CU.
const OFFSETS: [u16; 4] = [1, 2, 3, 4];
/// Where the search for a free stretch begins: above the registered services, below Linux's ephemeral ports.
const SEARCH_FROM: u16 = 10_000;
/// Where it ends: ten nodes' stretch below 32,768.
const SEARCH_TO: u16 = 31_000;

/// The gateway's port and each node's base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The base layer's gateway.
    pub gateway: u16,
    /// `base` of each node: its units listen at base + 1 to base + 4.
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

    /// A stretch whose ports are all free now; `start` spreads several devnets over the range.
    #[must_use]
    pub fn free(nodes: usize, start: u32) -> Option<Self> {
        let span = u32::from((SEARCH_TO - SEARCH_FROM) / STEP);
        let bases = (0..span)
            .map(|step| SEARCH_FROM + STEP * u16::try_from((start + step) % span).unwrap_or(0));
        bases
            .filter_map(|base| Self::from_base(base, nodes))
            .find(Self::are_free)
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
        let ports = Ports::free(1, std::process::id()).expect("some stretch is free");
        let _held =
            TcpListener::bind((Ipv4Addr::LOCALHOST, ports.nodes[0] + 3)).expect("it was free");
        assert_eq!(ports.taken(), Some(ports.nodes[0] + 3));
    }
}
