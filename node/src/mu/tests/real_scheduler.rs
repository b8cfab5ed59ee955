//! The courier at the door of the node's own scheduler unit, over HTTP: the two understand one another.

use std::sync::Arc;

use aosec_wire::{Address, Assignment, Id, Scheduled, Strictness, item};
use reqwest::Url;

use crate::mu::courier::Courier;
use crate::mu::courted::NoCourt;
use crate::mu::outbox::{Event, Receipt};
use crate::mu::ports::{Lost, Pending, Places};
use crate::mu::push::{Assign, Cargo};
use crate::routes::su::{Nowhere, router};
use crate::su::tests::{World, message, spawn_item};

/// There is one scheduler, and the operator named it.
struct Only(Url);

impl Places for Only {
    fn find(&self, _process: Id, _scheduler: Option<Address>) -> Pending<'_, Result<Url, Lost>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }

    fn is_named_by_operator(&self, _url: &Url) -> bool {
        true
    }

    fn forget(&self, _process: Id) {}
}

async fn courier(world: &World) -> Courier {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let app = router(world.su.clone(), Arc::new(Nowhere));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    Courier::new(Arc::new(Only(url)), Arc::new(NoCourt)).unwrap()
}

async fn receipt(courier: &Courier, cargo: &Cargo) -> Receipt {
    match courier.submit(cargo).await {
        Event::Assigned(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn spawns_messages_and_references_come_back_with_receipts_also_the_second_time() {
    let world = World::new().await;
    let courier = courier(&world).await;
    let spawn = spawn_item(world.su.address().as_str());
    let process = spawn.id();
    let greeting = message(process, 1);
    let assign = Assign {
        process,
        message: greeting.id(),
        base_layer: false,
        exclude: vec![],
    };
    let cargo = |item| Cargo::from(Scheduled::classify(item).unwrap());
    let errands = [cargo(spawn), cargo(greeting), Cargo::Assign(assign)];
    for (errand, slot) in errands.iter().zip([0, 1, 1]) {
        let first = receipt(&courier, errand).await;
        assert_eq!(first.slot, slot);
        let assignment = item::verify_bytes(first.assignment.clone(), Strictness::Settled).unwrap();
        let assignment = Assignment::from_item(assignment).unwrap();
        assert_eq!((assignment.process(), assignment.nonce()), (process, slot));
        assert_eq!(receipt(&courier, errand).await, first);
    }
}

#[tokio::test]
async fn a_process_that_nobody_hosts_is_a_plain_no() {
    let world = World::new().await;
    let courier = courier(&world).await;
    let lost = Id::new([42; 32]);
    let event = courier
        .submit(&Cargo::Message(message(lost, 1), lost))
        .await;
    assert!(matches!(event, Event::Declined(_)), "{event:?}");
}
