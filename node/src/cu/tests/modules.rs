//! Modules of strangers: what is refused is refused once, what failed rests, and nobody waits who brought none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::abacus::Abacus;
use super::book;
use crate::cu::CuError;
use crate::cu::machine::{Program, Workshop, WorkshopError};
use crate::cu::modules::Modules;
use crate::cu::source::{Answer, Items};
use crate::cu::subject::Subject;
use crate::cu::terms::{ENCODING, OPEN_FORMAT};

/// Whoever asks, where that is one and the same.
const OWNER: &str = "owner";

/// Refuses what says `bad`, has no room for what says `large`, and is busy with `slow` until it is let go.
#[derive(Debug, Default)]
struct Fussy {
    loads: AtomicUsize,
    may_end: AtomicBool,
}

impl Workshop for Fussy {
    fn engine(&self) -> &str {
        "fussy 1"
    }

    fn load(&self, module: &VerifiedItem) -> Result<Arc<dyn Program>, WorkshopError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        let data = module.data();
        match data.split(|byte| *byte == b' ').next().unwrap_or_default() {
            b"bad" => Err(WorkshopError::Module("told to refuse".to_owned())),
            b"large" => Err(WorkshopError::Room("no room".to_owned())),
            b"slow" => {
                while !self.may_end.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(WorkshopError::Room("it took too long".to_owned()))
            }
            _ => Abacus.load(module),
        }
    }
}

/// Modules at a gateway.
#[derive(Debug)]
struct Gateway {
    items: Vec<VerifiedItem>,
    asked: AtomicUsize,
}

impl Items for Gateway {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let item = self.items.iter().find(|item| item.id() == id).cloned();
        Box::pin(async move { Ok(item) })
    }

    fn subject(&self, _id: Id) -> Answer<'_, Option<Subject>> {
        Box::pin(async { Ok(None) })
    }
}

fn module(data: impl Into<Bytes>) -> VerifiedItem {
    let tags = Tags::new()
        .with("Module-Format", OPEN_FORMAT)
        .with("Input-Encoding", ENCODING)
        .with("Output-Encoding", ENCODING);
    item(tags, data)
}

fn item(tags: Tags, data: impl Into<Bytes>) -> VerifiedItem {
    let draft = Draft {
        tags,
        data: data.into(),
        ..Draft::default()
    };
    draft.sign(&SigningKey::ed25519([6; 32])).unwrap()
}

struct World {
    modules: Arc<Modules>,
    workshop: Arc<Fussy>,
    gateway: Arc<Gateway>,
    folder: tempfile::TempDir,
}

impl World {
    /// Asks for a module on behalf of `owner`, and does not wait.
    fn ask(&self, id: Id, owner: &str) -> JoinHandle<Result<(), CuError>> {
        let (modules, owner) = (Arc::clone(&self.modules), owner.to_owned());
        tokio::spawn(async move { modules.get(id, &owner).await.map(drop) })
    }

    /// Waits until so many were asked for at the gateway.
    async fn fetched(&self, count: usize) {
        while self.gateway.asked.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn loads(&self) -> usize {
        self.workshop.loads.load(Ordering::Relaxed)
    }

    fn let_go(&self) {
        self.workshop.may_end.store(true, Ordering::Relaxed);
    }
}

fn world(served: &[VerifiedItem]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let workshop = Arc::new(Fussy::default());
    let gateway = Arc::new(Gateway {
        items: served.to_vec(),
        asked: AtomicUsize::new(0),
    });
    let modules = Modules::new(
        workshop.clone(),
        vec![book::module()],
        folder.path().to_owned(),
        gateway.clone(),
    );
    World {
        modules: Arc::new(modules),
        workshop,
        gateway,
        folder,
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_a_failure_is_not_and_neither_is_tried_again_at_once() {
    let (bad, large) = (module("bad"), module("large"));
    let world = world(&[bad.clone(), large.clone()]);
    for _again in 0..3 {
        let refused = world.modules.get(bad.id(), OWNER).await.unwrap_err();
        assert!(matches!(refused, CuError::Module { .. }) && refused.is_final());
        let failed = world.modules.get(large.id(), OWNER).await.unwrap_err();
        assert!(matches!(failed, CuError::Unready { .. }) && !failed.is_final());
    }
    assert_eq!(world.loads(), 2);
}

#[tokio::test]
async fn nobody_waits_for_anothers_module() {
    let slow = module("slow");
    let world = world(&[slow.clone()]);
    let compiling = world.ask(slow.id(), OWNER);
    while world.loads() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let carried = world.modules.get(book::module().id(), OWNER);
    let carried = timeout(Duration::from_secs(60), carried).await;
    assert!(carried.expect("it waits for none").is_ok());
    world.let_go();
    assert!(compiling.await.unwrap().is_err());
}

#[tokio::test]
async fn what_is_no_module_is_never_kept_and_fetched_once() {
    let stranger = item(Tags::new(), "a picture");
    let long = module(vec![b'x'; 4 * 1024 * 1024 + 1]);
    let world = world(&[stranger.clone(), long.clone()]);
    for _again in 0..2 {
        let refused = world.modules.get(stranger.id(), OWNER).await.unwrap_err();
        assert!(matches!(refused, CuError::Format { .. }), "{refused}");
        let refused = world.modules.get(long.id(), OWNER).await.unwrap_err();
        assert!(
            matches!(refused, CuError::ModuleTooLarge { .. }),
            "{refused}"
        );
    }
    assert_eq!(world.gateway.asked.load(Ordering::Relaxed), 2);
    assert_eq!(std::fs::read_dir(world.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_module_is_kept_once_it_is_seen_to_be_one() {
    let good = module("abacus");
    let world = world(std::slice::from_ref(&good));
    world.modules.get(good.id(), OWNER).await.unwrap();
    assert!(world.folder.path().join(good.id().to_string()).exists());
}

#[tokio::test]
async fn one_owner_takes_no_place_of_another() {
    let slow: Vec<_> = (0..64)
        .map(|number| module(format!("slow {number}")))
        .collect();
    let good = module("abacus");
    let served: Vec<_> = slow.iter().chain([&good]).cloned().collect();
    let world = world(&served);
    let asked: Vec<_> = slow
        .iter()
        .map(|slow| world.ask(slow.id(), OWNER))
        .collect();
    world.fetched(4).await;
    let other = world.ask(good.id(), "another");
    world.fetched(5).await;
    world.let_go();
    assert_eq!(other.await.unwrap(), Ok(()), "it found a place");
    for asked in asked {
        let refused = asked.await.unwrap().unwrap_err();
        assert!(matches!(refused, CuError::Unready { .. }), "{refused}");
    }
    assert_eq!(world.loads(), 5, "four of one owner, and the other's");
}

#[tokio::test]
async fn all_who_want_one_module_wait_in_one_place() {
    let slow = module("slow");
    let world = world(std::slice::from_ref(&slow));
    let asked: Vec<_> = (0..100)
        .map(|number| world.ask(slow.id(), &number.to_string()))
        .collect();
    world.fetched(1).await;
    tokio::task::yield_now().await;
    world.let_go();
    for asked in asked {
        let told = asked.await.unwrap().unwrap_err();
        assert!(told.to_string().contains("it took too long"), "{told}");
    }
    assert_eq!(
        (world.gateway.asked.load(Ordering::Relaxed), world.loads()),
        (1, 1)
    );
}
