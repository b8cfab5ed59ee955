//! How many dry runs one address may ask for. Pure: the time is an argument.
//!
//! A fixed window for each address, as the reference unit has; loopback is never counted (D32). The table is bounded: when it is
//! full of running windows, new addresses are refused until one has run out, so a crowd cannot grow it.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Dry runs of one address in one window: what a page that shows a dashboard asks for, with room.
pub const RUNS_PER_WINDOW: u32 = 60;
/// The length of a window in milliseconds.
pub const WINDOW_MS: u64 = 60_000;
/// Addresses remembered at once: under 1 MiB.
const ADDRESSES_MAX: usize = 10_000;

/// The windows of all addresses.
#[derive(Debug, Default)]
pub struct DryRunRate(BTreeMap<IpAddr, Window>);

#[derive(Clone, Copy, Debug)]
struct Window {
    since_ms: u64,
    runs: u32,
}

impl DryRunRate {
    /// Counts one run of `caller` at `now_ms`; false where it is over its share.
    pub fn take(&mut self, caller: IpAddr, now_ms: u64) -> bool {
        if caller.is_loopback() {
            return true;
        }
        if !self.0.contains_key(&caller) && self.0.len() >= ADDRESSES_MAX {
            self.0.retain(|_address, window| window.is_open(now_ms));
            if self.0.len() >= ADDRESSES_MAX {
                return false;
            }
        }
        let fresh = Window {
            since_ms: now_ms,
            runs: 0,
        };
        let window = self.0.entry(caller).or_insert(fresh);
        if !window.is_open(now_ms) {
            *window = fresh;
        }
        window.runs = window.runs.saturating_add(1);
        window.runs <= RUNS_PER_WINDOW
    }
}

impl Window {
    fn is_open(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.since_ms) < WINDOW_MS
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_has_its_share_of_each_window() {
        let mut rate = DryRunRate::default();
        let caller = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));
        assert!((0..RUNS_PER_WINDOW).all(|_run| rate.take(caller, 0)));
        assert!(!rate.take(caller, WINDOW_MS - 1));
        assert!(rate.take(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 2)), 0));
        assert!(rate.take(caller, WINDOW_MS));
    }

    #[test]
    fn loopback_is_never_counted() {
        let mut rate = DryRunRate::default();
        assert!((0..10 * RUNS_PER_WINDOW).all(|_run| rate.take(Ipv4Addr::LOCALHOST.into(), 0)));
    }

    #[test]
    fn a_crowd_does_not_grow_the_table() {
        let mut rate = DryRunRate::default();
        for address in 0..20_000_u32 {
            rate.take(IpAddr::V4(Ipv4Addr::from(0x0b00_0000 + address)), 0);
        }
        assert!(rate.0.len() <= ADDRESSES_MAX);
        assert!(rate.take(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)), WINDOW_MS));
    }
}
