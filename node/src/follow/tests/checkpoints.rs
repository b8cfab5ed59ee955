//! States that somebody wrote on the base layer: begun with, judged, and refused.

use std::time::{Duration, Instant};

use aosec_wire::{Id, SigningKey, VerifiedItem};
use bytes::Bytes;

use super::audit::{audit, counting};
use super::author::{Author, post};
use super::{DEPTH, mine};
use crate::arweave::devchain::loopback::Loopback;
use crate::arweave::transaction::Format;
use crate::cu::CuError;
use crate::cu::adopt::AdoptError;
use crate::cu::published::Published;
use crate::node::audit::{Audit, AuditError};
use crate::node::checkpoints::{Found, Judgement};

/// For blocks on this machine to be read, however busy it is.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

struct Scene {
    chain: Loopback,
    author: Author,
    writer: Audit,
    taken: Published,
    _folder: tempfile::TempDir,
}

/// A log of 71 slots, and the state behind the last of them.
async fn scene() -> Scene {
    let chain = Loopback::start(Vec::new()).await;
    let author = counting(&chain).await;
    author.publish(&chain, 0).await;
    mine(&chain, 1 + DEPTH).await;
    let folder = tempfile::tempdir().unwrap();
    let writer = audit(folder.path(), &chain).await;
    let taken = writer.take(author.process()).await.unwrap();
    Scene {
        chain,
        author,
        writer,
        taken,
        _folder: folder,
    }
}

fn signed(published: &Published) -> VerifiedItem {
    let key = SigningKey::ed25519([5; 32]);
    published.draft().unwrap().sign(&key).unwrap()
}

impl Scene {
    async fn write(&self, published: &Published) -> Id {
        let item = signed(published);
        post(
            &self.chain,
            Format::Two,
            "Data",
            std::slice::from_ref(&item),
        )
        .await;
        mine(&self.chain, 1 + DEPTH).await;
        item.id()
    }

    async fn judgement(&self, reader: &Audit, published: &Published) -> Judgement {
        let id = self.write(published).await;
        let view = reader.caught_up().await;
        assert_eq!(view.trouble, None);
        reader.checkpoint(id).await.unwrap().judgement
    }
}

/// Waits until the reader knows of this block: being caught up with a tip that it saw before is not enough.
async fn has_read(reader: &Audit, height: u64) {
    let end = Instant::now() + PATIENCE;
    while reader.view().soft < Some(height) {
        assert!(Instant::now() < end, "{:?}", reader.view());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn one(reader: &Audit, process: Id) -> Found {
    let mut found = reader.checkpoints(process).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[tokio::test]
async fn a_reader_begins_with_a_state_and_comes_to_the_roots_of_whoever_computed_all() {
    let mut scene = scene().await;
    scene.write(&scene.taken).await;
    for _message in 0..5 {
        scene.author.send("count = count + 1; return count");
    }
    scene.author.publish(&scene.chain, 71).await;
    mine(&scene.chain, 1 + DEPTH).await;
    let (process, folder) = (scene.author.process(), tempfile::tempdir().unwrap());
    let reader = audit(folder.path(), &scene.chain).await;
    let found = one(&reader, process).await;
    assert_eq!(found.judgement, Judgement::Unverified);
    assert_eq!(found.published, scene.taken);
    let begun = reader.begin(found).await.unwrap();
    let early = begun.cu.at_slot(process, 70).await.unwrap_err();
    let root = begun.cu.root(process, 75).await.unwrap().root;
    let writer_view = scene.writer.caught_up().await;
    assert_eq!(writer_view.trouble, None);
    assert_eq!(root, scene.writer.root(process, 75).await.unwrap());
    assert!(
        matches!(
            early,
            CuError::BeforeCheckpoint {
                slot: 70,
                first: 71,
                ..
            }
        ),
        "{early}"
    );
    let early = begun.cu.at_slot(process, 3).await.unwrap_err();
    assert!(
        matches!(
            early,
            CuError::BeforeCheckpoint {
                slot: 3,
                first: 71,
                ..
            }
        ),
        "{early}"
    );
    begun.close().await;
    // What came of it stays apart: the reader itself has computed nothing.
    assert_eq!(one(&reader, process).await.judgement, Judgement::Unverified);
    reader.root(process, 70).await.unwrap();
    assert_eq!(one(&reader, process).await.judgement, Judgement::Verified);
    reader.close().await;
}

#[tokio::test]
async fn a_right_root_at_a_wrong_place_and_a_wrong_root_at_a_right_one_are_refused() {
    let scene = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let reader = audit(folder.path(), &scene.chain).await;
    let bends: [fn(&mut Published); 6] = [
        |one| one.position.slot -= 1,
        |one| one.position.slot += 1_000,
        |one| one.position.assignment = Id::new([1; 32]),
        |one| one.position.log_chain = Some(Id::new([1; 32])),
        |one| one.position.timestamp_ms += 1,
        |one| one.module = Id::new([1; 32]),
    ];
    for bend in bends {
        let mut bent = scene.taken.clone();
        bend(&mut bent);
        let judgement = scene.judgement(&reader, &bent).await;
        assert!(matches!(judgement, Judgement::Refused(_)), "{judgement:?}");
    }
    let mut liar = scene.taken.clone();
    liar.root = Id::new([1; 32]);
    assert_eq!(
        scene.judgement(&reader, &liar).await,
        Judgement::Unverified,
        "nobody here has computed it"
    );
    let computed = Id::new(scene.writer.root(scene.author.process(), 70).await.unwrap());
    assert_eq!(
        scene.judgement(&scene.writer, &liar).await,
        Judgement::Lies { computed }
    );
    reader.close().await;
}

#[tokio::test]
async fn pages_that_do_not_give_the_root_are_not_begun_with() {
    let scene = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let reader = audit(folder.path(), &scene.chain).await;
    let last = scene.taken.snapshot.len() - 1;
    let flipped = [
        &scene.taken.snapshot[..last],
        &[!scene.taken.snapshot[last]],
    ]
    .concat();
    let cases = [flipped, b"no pages".to_vec(), Vec::new()];
    for snapshot in cases {
        let published = Published {
            snapshot: Bytes::from(snapshot),
            ..scene.taken.clone()
        };
        let found = Found {
            id: signed(&published).id(),
            writer: scene.author.scheduler.address().clone(),
            judgement: Judgement::Unverified,
            published,
        };
        let refused = reader.begin(found).await.unwrap_err();
        assert!(
            matches!(
                refused,
                AuditError::Adopt(AdoptError::Root { .. } | AdoptError::Pages(_))
            ),
            "{refused}"
        );
    }
    reader.close().await;
}

/// Whoever pays for it may call anything a checkpoint: the real one is found behind it.
#[tokio::test]
async fn a_heap_of_items_that_are_none_hides_no_checkpoint() {
    const HEAP: u32 = 40;
    let scene = scene().await;
    let real = scene.write(&scene.taken).await;
    let mut misplaced = scene.taken.clone();
    misplaced.position.slot = u64::MAX;
    let key = SigningKey::ed25519([6; 32]);
    let heap: Vec<VerifiedItem> = (0..HEAP)
        .map(|number| {
            let mut draft = match number % 2 {
                0 => misplaced.draft().unwrap(),
                _ => scene.taken.draft().unwrap(),
            };
            draft.anchor = Some(*Id::new([u8::try_from(number).unwrap(); 32]).as_bytes());
            if number % 2 == 1 {
                draft.data = Bytes::new();
                draft.tags = draft
                    .tags
                    .iter()
                    .filter(|(name, _)| *name != "Root")
                    .collect();
            }
            draft.sign(&key).unwrap()
        })
        .collect();
    post(&scene.chain, Format::Two, "Data", &heap).await;
    let tip = mine(&scene.chain, 1 + DEPTH).await;
    has_read(&scene.writer, tip).await;
    let process = scene.author.process();
    let found = one(&scene.writer, process).await;
    assert_eq!((found.id, found.judgement), (real, Judgement::Verified));
}
