//! With a real scheduler: in the same node, and in another one over HTTP. Both come to the same roots.

use std::sync::Arc;

use aosec_wire::{Id, SigningKey, Tags, VerifiedItem};
use tokio::net::TcpListener;

use super::abacus::Abacus;
use super::book::{self, Shelf, sign};
use super::remote::At;
use super::{Bench, Sources};
use crate::cu::present::NoPresent;
use crate::cu::source::remote::Remote;
use crate::cu::source::{Log, NoAuthorities, Route};
use crate::http::listener;
use crate::routes::su as routes;
use crate::shutdown::Shutdown;
use crate::su::tests::World;

fn spawn(world: &World) -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Process")
        .with("Module", book::module().id().to_string())
        .with("Scheduler", world.su.address().as_str());
    sign(&SigningKey::ed25519([2; 32]), None, tags, "spawn")
}

fn message(process: Id, data: String) -> VerifiedItem {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Message");
    sign(&SigningKey::ed25519([2; 32]), Some(process), tags, data)
}

async fn over_http(world: &World) -> Arc<dyn Log> {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let routes = routes::router(world.su.clone(), Arc::new(routes::Nowhere));
    tokio::spawn(listener::serve(socket, routes, Shutdown::new()));
    Arc::new(Remote::new(Arc::new(At(url.parse().unwrap()))).unwrap())
}

async fn unit(folder: &std::path::Path, log: Arc<dyn Log>) -> Bench {
    let sources = Sources {
        log,
        items: Arc::new(Shelf::default()),
        authorities: Arc::new(NoAuthorities),
        present: Arc::new(NoPresent),
        workshop: Arc::new(Abacus),
        module: book::module(),
    };
    Bench::from(folder, sources, u64::MAX).await
}

#[tokio::test]
async fn the_own_log_and_the_same_log_over_http_come_to_the_same_roots() {
    let world = World::new().await;
    let process = world.su.submit(spawn(&world)).await.unwrap().process();
    let mut last = process;
    for number in 1..=150 {
        let message = message(process, format!("add {number}"));
        last = message.id();
        world.su.submit(message).await.unwrap();
    }
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let far = over_http(&world).await;
    let own: Arc<dyn Log> = Arc::new(world.su.clone());
    let here = unit(here.path(), Arc::new(Route::new(Some(own), far.clone()))).await;
    let there = unit(there.path(), Arc::new(Route::new(None, far))).await;
    assert_eq!(here.data(process, last).await, "11325");
    assert_eq!(there.data(process, last).await, "11325");
    assert_eq!(
        here.roots(process, 151).await,
        there.roots(process, 151).await
    );
    let unknown = Id::new([8; 32]);
    assert!(here.cu.result(unknown, unknown).await.is_err());
}
