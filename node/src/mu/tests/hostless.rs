//! Processes that nobody hosts: what they send is carried once by whoever hosts the receiver (D10), and what is sent to them goes into their
//! inbox. The court is a fake; the store is the real one.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use aosec_wire::{Address, Id, Outcome, SigningKey, VerifiedItem};

use super::fakes::{ALPHA, Around, BETA, MODULE, WALLET, action, message, program};
use crate::mu::outbox::{Ending, Reason, State};
use crate::mu::ports::{Hostless, Inboxes, NotComputed, Pending, SenderFacts, Taken, Unreachable};
use crate::store::StoreError;
use crate::store::court::{self, CourtOutcome, Sat};
use crate::store::hostless::tests::{COURT, settled, slot};

/// What a court knows: who has no host, and what stands in inboxes and logs.
#[derive(Default)]
pub(super) struct FakeCourt {
    firm: Option<u64>,
    orphans: BTreeSet<Id>,
    inbox: Vec<VerifiedItem>,
    ordered: usize,
    /// The orphan of whom something is missing.
    is_missing: Option<Id>,
}

/// Nothing is spawned here.
static NOBODY: LazyLock<Address> = LazyLock::new(|| SigningKey::ed25519([5; 32]).address().clone());

impl Inboxes for Around {
    fn take<'a>(
        &'a self,
        process: Id,
        item: Option<&'a VerifiedItem>,
    ) -> Pending<'a, Option<Taken>> {
        let mut court = self.court.lock().unwrap();
        let taken = match (court.orphans.contains(&process), item) {
            (false, _) => None,
            (true, None) => Some(Taken::Never("no references".into())),
            (true, Some(item)) => {
                let id = item.id();
                let place = court.inbox.iter().position(|one| one.id() == id);
                if place.is_none() {
                    court.inbox.push(item.clone());
                }
                Some(match place.is_some_and(|place| place < court.ordered) {
                    true => Taken::Ordered,
                    false => Taken::Later("a block".into()),
                })
            }
        };
        Box::pin(std::future::ready(taken))
    }
}

/// [`ALPHA`] greets in each slot; any other one does nothing.
impl Hostless for Around {
    fn court(&self) -> Option<(Id, u64)> {
        let firm = self.court.lock().unwrap().firm;
        firm.map(|firm| (COURT, firm))
    }

    fn outcome(&self, process: Id, _slot: u64) -> Pending<'_, Result<Outcome, NotComputed>> {
        let is_missing = self.court.lock().unwrap().is_missing == Some(process);
        Box::pin(async move {
            match is_missing {
                true => Err(NotComputed::Later("an item is missing".into())),
                false => Ok(Outcome::parse(program(process, "Greet").to_string()).unwrap()),
            }
        })
    }

    fn facts(&self, _process: Id) -> Pending<'_, Result<Option<SenderFacts>, Unreachable>> {
        let facts = SenderFacts {
            module: MODULE,
            scheduler: self.scheduler.address(),
        };
        Box::pin(std::future::ready(Ok(Some(facts))))
    }

    fn hosts(&self, process: Id) -> Pending<'_, Result<bool, StoreError>> {
        let is_orphan = self.court.lock().unwrap().orphans.contains(&process);
        Box::pin(std::future::ready(Ok(process == BETA && !is_orphan)))
    }

    fn scheduler(&self) -> &Address {
        &NOBODY
    }
}

async fn with_court() -> Around {
    let around = Around::new().await;
    let mut court = around.court.lock().unwrap();
    court.firm = Some(9);
    court.orphans.insert(ALPHA);
    drop(court);
    around
}

/// What [`BETA`] was sent, once it is as much.
async fn told(around: &Around, count: usize) -> Vec<VerifiedItem> {
    for _poll in 0..3_000 {
        if around.scheduler.log(BETA).len() >= count {
            // What comes too often comes soon after.
            tokio::time::sleep(Duration::from_millis(100)).await;
            return around.scheduler.log(BETA);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} messages came", around.scheduler.log(BETA).len());
}

fn slots(
    process: Id,
    slots: std::ops::RangeInclusive<u64>,
) -> Vec<crate::store::court_log::Courted> {
    slots.map(|number| slot(process, number, true)).collect()
}

#[tokio::test]
async fn what_an_orphan_sends_is_carried_once_and_a_restart_goes_on() {
    let around = with_court().await;
    let folder = tempfile::tempdir().unwrap();
    let node = around.node(folder.path()).await;
    settled(
        &node.store,
        5,
        [vec![slot(ALPHA, 1, false)], slots(ALPHA, 2..=3)].concat(),
    )
    .await;
    let sent = told(&around, 4).await;
    let words: Vec<_> = sent.iter().map(action).collect();
    assert_eq!(words, ["Hello", "World", "Hello", "World"], "of two slots");
    let named = sent[0].tags().get("Pushed-For");
    let message = slot(ALPHA, 2, true).entry.message;
    assert_eq!(named, Some(message.to_string().as_str()));
    node.stop().await;
    let node = around.node(folder.path()).await;
    settled(&node.store, 6, slots(ALPHA, 4..=40)).await;
    let sent = told(&around, 2 * 39).await;
    let ids: BTreeSet<_> = sent.iter().map(VerifiedItem::id).collect();
    assert_eq!(
        (sent.len(), ids.len()),
        (78, 78),
        "more than one look takes"
    );
    node.stop().await;
    let other = tempfile::tempdir().unwrap();
    let other = around.node(other.path()).await;
    settled(&other.store, 5, slots(ALPHA, 2..=3)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(told(&around, 78).await.len(), 78, "the same items again");
    other.stop().await;
}

#[tokio::test]
async fn an_orphan_of_whom_something_is_missing_keeps_no_other_waiting() {
    let around = with_court().await;
    let broken = Id::new([0; 32]);
    around.court.lock().unwrap().is_missing = Some(broken);
    let folder = tempfile::tempdir().unwrap();
    let node = around.node(folder.path()).await;
    let all = [slots(broken, 1..=2), slots(ALPHA, 1..=1)].concat();
    settled(&node.store, 5, all).await;
    assert_eq!(told(&around, 2).await.len(), 2);
    node.stop().await;
}

/// A court that speaks to a process here, to a wallet, and to an orphan.
#[tokio::test]
async fn what_the_court_sends_to_a_process_here_is_carried_once_it_is_settled() {
    let around = with_court().await;
    let folder = tempfile::tempdir().unwrap();
    let node = around.node(folder.path()).await;
    let said = |target: Id| {
        let tag = serde_json::json!({ "name": "Action", "value": "Credit-Notice" });
        serde_json::json!({ "Target": target, "Anchor": "1", "Tags": [tag], "Data": "" })
    };
    let json = serde_json::json!({ "Messages": [said(WALLET), said(BETA), said(ALPHA)] });
    let sat = |height: u64| Sat {
        height,
        root: None,
        outcomes: vec![CourtOutcome {
            message: Id::sha256(&height.to_be_bytes()),
            slot: height - 5,
            height,
            json: json.to_string(),
        }],
    };
    let blocks = [sat(8), sat(9), sat(10)];
    let kept = async move |db: &mut crate::store::Db| court::keep(db, &blocks).await;
    node.store.write(kept).await.unwrap();
    let sent = told(&around, 2).await;
    assert_eq!(sent.len(), 2, "the third one is not settled");
    let places = sent.iter().map(|item| {
        let said = |name| item.tags().get(name).unwrap().to_owned();
        (said("Origin-Slot"), said("Index"), said("From-Process"))
    });
    let place = |slot: &str| (slot.to_owned(), "1".to_owned(), COURT.to_string());
    assert_eq!(places.collect::<Vec<_>>(), [place("3"), place("4")]);
    around.court.lock().unwrap().firm = Some(10);
    assert_eq!(told(&around, 3).await.len(), 3);
    node.stop().await;
}

#[tokio::test]
async fn what_a_process_sends_to_an_orphan_goes_into_its_inbox_until_it_is_ordered() {
    let around = with_court().await;
    around.court.lock().unwrap().orphans = [BETA].into();
    let folder = tempfile::tempdir().unwrap();
    let node = around.node(folder.path()).await;
    let greeting = message(ALPHA, "Greet");
    node.handle.accept(greeting.clone()).await.unwrap();
    let waits = |status: &crate::mu::Status| {
        let first = status.children.first();
        first.is_some_and(|child| matches!(child.state, State::Submitting(_)))
    };
    node.until(greeting.id(), waits).await;
    around.court.lock().unwrap().ordered = 2;
    let status = node.ended(greeting.id()).await;
    let inbox = around.court.lock().unwrap().inbox.clone();
    let words: Vec<_> = inbox.iter().map(action).collect();
    assert_eq!(words, ["Hello", "World"], "in the order of sending");
    let ends: Vec<_> = status.children.iter().map(|child| &child.state).collect();
    assert_eq!(ends, [&State::Done(Ending::Uploaded); 2]);
    assert_eq!(around.scheduler.log(BETA), [], "no scheduler was asked");
    node.stop().await;
}

#[tokio::test]
async fn an_orphan_takes_no_reference_and_says_so() {
    let around = with_court().await;
    let folder = tempfile::tempdir().unwrap();
    let node = around.node(folder.path()).await;
    let assign = crate::mu::push::Assign {
        process: ALPHA,
        message: MODULE,
        base_layer: false,
        exclude: vec![],
    };
    let refused = node.handle.assign(assign).await;
    let Err(crate::mu::Refusal::Declined { reason, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(reason, Reason::Scheduler("no references".into()));
    node.stop().await;
}
