//! The order of the lookup, what is remembered, and where nobody is led.

use aosec_wire::{Draft, SigningKey, Tags};

use super::*;
use crate::arweave::devchain::loopback::Loopback;
use crate::arweave::location;

const PROCESS_DATA: &str = "a process";

/// Hosts one process.
struct Hosting(Id);

impl OwnTable for Hosting {
    fn find(&self, process: Id) -> OwnAnswer<'_> {
        Box::pin(std::future::ready((process == self.0).then(|| url(1))))
    }
}

fn url(port: u16) -> Url {
    format!("http://127.0.0.1:{port}/").parse().unwrap()
}

fn scheduler() -> SigningKey {
    SigningKey::ed25519([8; 32])
}

/// A chain with a process and the location of its scheduler; gives the process.
async fn house(ttl_ms: u64) -> (Loopback, Id) {
    let key = scheduler();
    let tags = Tags::new()
        .with("Type", "Process")
        .with("Scheduler", key.address().as_str());
    let spawn = Draft {
        tags,
        data: PROCESS_DATA.into(),
        ..Draft::default()
    }
    .sign(&key)
    .unwrap();
    let location = location::draft(
        &Location {
            url: url(9),
            ttl_ms,
        },
        1,
    )
    .sign(&key)
    .unwrap();
    let process = spawn.id();
    (Loopback::start(vec![spawn, location]).await, process)
}

#[tokio::test]
async fn own_table_then_peers_then_gateway() {
    let (house, process) = house(60_000).await;
    let peers = |entries: &[(&SigningKey, u16)]| {
        entries
            .iter()
            .map(|(key, port)| (key.address().clone(), url(*port)))
            .collect::<BTreeMap<_, _>>()
    };
    let key = scheduler();
    let own = Locations::new(
        Hosting(process),
        peers(&[(&key, 2)]),
        house.gateway(),
        Reach::Anywhere,
    );
    assert_eq!(
        own.find(process, Some(key.address())).await.unwrap(),
        url(1)
    );
    let peer = Locations::new(
        NoTable,
        peers(&[(&key, 2)]),
        house.gateway(),
        Reach::Anywhere,
    );
    assert_eq!(
        peer.find(process, Some(key.address())).await.unwrap(),
        url(2)
    );
    assert_eq!(peer.find(process, None).await.unwrap(), url(2));
    let alone = Locations::new(NoTable, peers(&[]), house.gateway(), Reach::Anywhere);
    assert_eq!(alone.find(process, None).await.unwrap(), url(9));
    let stranger = SigningKey::ed25519([3; 32]);
    let unknown = alone.find(process, Some(stranger.address())).await;
    assert!(matches!(unknown, Err(LocateError::NoLocation(_))));
    assert!(matches!(
        alone.find(Id::new([0; 32]), None).await,
        Err(LocateError::NoScheduler(_))
    ));
}

#[tokio::test]
async fn nobody_is_led_into_a_private_network() {
    let (house, process) = house(60_000).await;
    let locations = Locations::new(NoTable, BTreeMap::new(), house.gateway(), Reach::Public);
    let refused = locations.find(process, None).await;
    assert!(matches!(
        refused,
        Err(LocateError::Unreachable(Unreachable::Private(_)))
    ));
}

#[tokio::test]
async fn a_location_is_remembered_until_it_is_forgotten() {
    let (house, process) = house(60_000).await;
    let locations = Locations::new(NoTable, BTreeMap::new(), house.gateway(), Reach::Anywhere);
    assert_eq!(locations.find(process, None).await.unwrap(), url(9));
    let moved = location::draft(
        &Location {
            url: url(10),
            ttl_ms: 60_000,
        },
        2,
    )
    .sign(&scheduler())
    .unwrap();
    house.chain.hold(moved).await.unwrap();
    house.chain.mine(1).await.unwrap();
    assert_eq!(locations.find(process, None).await.unwrap(), url(9));
    locations.forget(scheduler().address());
    assert_eq!(locations.find(process, None).await.unwrap(), url(10));
}

#[test]
fn a_time_to_live_is_bounded_both_ways() {
    let of = |ttl_ms| {
        time_to_live(&Location {
            url: url(1),
            ttl_ms,
        })
    };
    assert_eq!(
        (of(0), of(10_000), of(u64::MAX)),
        (TTL_MIN, Duration::from_secs(10), TTL_MAX)
    );
}
