//! Modules of strangers: what is refused is refused once, what failed rests, and nobody waits who brought none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem};
use tokio::time::timeout;

use super::abacus::Abacus;
use super::book;
use crate::cu::CuError;
use crate::cu::machine::{Program, Workshop, WorkshopError};
use crate::cu::modules::Modules;
use crate::cu::source::{Answer, Items};
use crate::cu::subject::Subject;
use crate::cu::terms::{ENCODING, OPEN_FORMAT};

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
        match &module.data()[..] {
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
struct Gateway(Vec<VerifiedItem>);

impl Items for Gateway {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        let item = self.0.iter().find(|item| item.id() == id).cloned();
        Box::pin(async move { Ok(item) })
    }

    fn subject(&self, _id: Id) -> Answer<'_, Option<Subject>> {
        Box::pin(async { Ok(None) })
    }
}

fn module(data: &'static str) -> VerifiedItem {
    let draft = Draft {
        tags: Tags::new()
            .with("Module-Format", OPEN_FORMAT)
            .with("Input-Encoding", ENCODING)
            .with("Output-Encoding", ENCODING),
        data: data.into(),
        ..Draft::default()
    };
    draft.sign(&SigningKey::ed25519([6; 32])).unwrap()
}

struct World {
    modules: Arc<Modules>,
    workshop: Arc<Fussy>,
    _folder: tempfile::TempDir,
}

fn world(served: &[VerifiedItem]) -> World {
    let folder = tempfile::tempdir().unwrap();
    let workshop = Arc::new(Fussy::default());
    let modules = Modules::new(
        workshop.clone(),
        vec![book::module()],
        folder.path().to_owned(),
        Arc::new(Gateway(served.to_vec())),
    );
    World {
        modules: Arc::new(modules),
        workshop,
        _folder: folder,
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_a_failure_is_not_and_neither_is_tried_again_at_once() {
    let (bad, large) = (module("bad"), module("large"));
    let world = world(&[bad.clone(), large.clone()]);
    for _again in 0..3 {
        let refused = world.modules.get(bad.id()).await.unwrap_err();
        assert!(matches!(refused, CuError::Module { .. }) && refused.is_final());
        let failed = world.modules.get(large.id()).await.unwrap_err();
        assert!(matches!(failed, CuError::Unready { .. }) && !failed.is_final());
    }
    assert_eq!(world.workshop.loads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn nobody_waits_for_anothers_module() {
    let slow = module("slow");
    let world = world(&[slow.clone()]);
    let modules = Arc::clone(&world.modules);
    let compiling = tokio::spawn(async move { modules.get(slow.id()).await.map(drop) });
    while world.workshop.loads.load(Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let carried = world.modules.get(book::module().id());
    let carried = timeout(Duration::from_secs(60), carried).await;
    assert!(carried.expect("it waits for none").is_ok());
    world.workshop.may_end.store(true, Ordering::Relaxed);
    assert!(compiling.await.unwrap().is_err());
}
