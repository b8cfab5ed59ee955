//! Fees against real stores: paid before, taken once, given back where nothing was carried, and never lost or doubled by a kill.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aosec_wire::{Address, Id, SigningKey};

use super::fakes::{ALPHA, Around, BETA, Node, message, user};
use super::scheduler::Mood;
use super::till::{Transfer, payee};
use crate::mu::fees::{Account, Policy, STALE_MS};
use crate::mu::payments::{CREDIT_TAG, REFUND_TAG};
use crate::mu::push::Assign;
use crate::mu::{MonitorRefusal, Refusal};

const FEE: u128 = 10;
/// The least that a first payment is counted from.
const LEAST: u128 = 1_000;

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A world in which slots are stamped with the present, and a message costs [`FEE`].
async fn world() -> Around {
    let around = Around::new().await;
    around.scheduler.stamp_from(now_ms());
    around.till.ask(Policy::Fixed(FEE));
    around
}

async fn pays(around: &Around, node: &Node, height: u64, units: u128) {
    let user = user().address().clone();
    let tag = (CREDIT_TAG, user.as_str());
    let transfer = Transfer {
        from: &user,
        to: &payee(),
        units,
        tag,
    };
    around.till.block(node, height, &[transfer]).await;
    around.till.settle(height);
}

async fn account(node: &Node, address: &Address) -> Account {
    let account = node.handle.account(address).await.unwrap();
    account.unwrap_or_default()
}

/// The user's books, once `reached`.
async fn books(node: &Node, reached: impl Fn(&Account) -> bool) -> Account {
    for _poll in 0..1_000 {
        let now = account(node, user().address()).await;
        if reached(&now) {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{:?}", account(node, user().address()).await);
}

async fn with_credit(around: &Around, dir: &std::path::Path, units: u128) -> Node {
    let node = around.node(dir).await;
    pays(around, &node, 1, units).await;
    books(&node, |account| account.paid == units).await;
    node
}

/// A world in which the user has paid, and whose node was stopped since.
pub(super) async fn paid_before(around: &Around, dir: &std::path::Path) {
    around.scheduler.stamp_from(now_ms());
    around.till.ask(Policy::Fixed(FEE));
    with_credit(around, dir, LEAST).await.stop().await;
}

/// One item was carried, and its fee is settled.
pub(super) async fn was_taken_once(node: &Node) {
    let books = account(node, user().address()).await;
    assert_eq!((books.paid, books.spent), (LEAST, FEE));
    assert!(!crate::store::fee::holds_any(&node.store).await.unwrap());
}

#[tokio::test]
async fn nothing_is_carried_before_it_is_paid_and_each_item_is_charged_once() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Greet");
    let Err(Refusal::Unpaid(bill)) = node.handle.accept(sent.clone()).await else {
        panic!("taken without credit");
    };
    assert_eq!(
        (bill.price, bill.credit, bill.least_payment()),
        (FEE, 0, LEAST)
    );
    assert!(node.handle.status(sent.id()).await.unwrap().is_none());
    assert!(node.handle.raw(sent.id()).await.unwrap().is_none());
    pays(&around, &node, 1, LEAST).await;
    books(&node, |account| account.paid == LEAST).await;
    for _time in 0..3 {
        node.handle.accept(sent.clone()).await.unwrap();
    }
    node.ended(sent.id()).await;
    let after = account(&node, user().address()).await;
    assert_eq!(after.spent, FEE, "what it sets in motion is part of it");
    assert_eq!(around.scheduler.log(BETA).len(), 2);
    let cast = message(ALPHA, "Cast");
    node.handle.cast(cast).await.unwrap();
    assert_eq!(account(&node, user().address()).await.spent, 2 * FEE);
    node.stop().await;
}

#[tokio::test]
async fn a_thousand_posts_at_once_spend_what_there_is_and_not_more() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    around.till.ask(Policy::Fixed(LEAST / 100));
    let node = with_credit(&around, dir.path(), LEAST).await;
    let posts = (0..120).map(|number| {
        let item = message(ALPHA, &format!("Quiet-{number}"));
        let handle = node.handle.clone();
        tokio::spawn(async move { handle.accept(item).await })
    });
    let mut taken = 0;
    for post in posts.collect::<Vec<_>>() {
        match post.await.unwrap() {
            Ok(_slot) => taken += 1,
            Err(Refusal::Unpaid(bill)) => assert!(bill.credit < bill.price),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(taken, 100);
    let after = account(&node, user().address()).await;
    assert_eq!((after.spent, after.credit()), (LEAST, 0));
    node.stop().await;
}

#[tokio::test]
async fn what_gets_no_slot_costs_nothing_and_can_be_tried_again() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    let node = with_credit(&around, dir.path(), LEAST).await;
    let sent = message(ALPHA, "Quiet");
    around.scheduler.be(Mood::Refuses);
    let refused = node.handle.accept(sent.clone()).await;
    assert!(
        matches!(refused, Err(Refusal::Declined { .. })),
        "{refused:?}"
    );
    assert_eq!(account(&node, user().address()).await.spent, 0);
    around.scheduler.be(Mood::Down);
    let silent = node.handle.accept(sent.clone()).await;
    assert!(
        matches!(silent, Err(Refusal::Unassigned { .. })),
        "{silent:?}"
    );
    assert_eq!(account(&node, user().address()).await.spent, 0);
    // The slot was given long before the client asks again: the answer was lost, and what came of it is carried all the same.
    around.scheduler.be(Mood::Works);
    around.scheduler.stamp_from(now_ms() - STALE_MS - 60_000);
    node.handle.accept(sent).await.unwrap();
    assert_eq!(account(&node, user().address()).await.spent, FEE);
    node.stop().await;
}

/// Anybody may post what others have signed and published long ago: that spends nobody's credit.
#[tokio::test]
async fn what_had_its_slot_long_ago_costs_nothing_and_goes_no_further() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    let free = tempfile::tempdir().unwrap();
    around.till.ask(Policy::Free);
    around.scheduler.stamp_from(now_ms() - STALE_MS - 60_000);
    let elsewhere = around.node(free.path()).await;
    let old = message(ALPHA, "Quiet");
    elsewhere.handle.accept(old.clone()).await.unwrap();
    elsewhere.stop().await;
    around.till.ask(Policy::Fixed(FEE));
    let node = with_credit(&around, dir.path(), LEAST).await;
    let taken = node.handle.accept(old.clone()).await.unwrap();
    assert_eq!(taken.slot, Some(0));
    let status = node.ended(old.id()).await;
    assert!(status.entry.nature.is_cast);
    assert_eq!(account(&node, user().address()).await.spent, 0);
    node.stop().await;
}

#[tokio::test]
async fn what_nobody_signed_is_not_taken_for_a_fee() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    let node = with_credit(&around, dir.path(), LEAST).await;
    let assign = Assign {
        process: BETA,
        message: message(ALPHA, "Quiet").id(),
        base_layer: false,
        exclude: vec![],
    };
    let refused = node.handle.assign(assign).await;
    assert!(matches!(refused, Err(Refusal::Unsigned)), "{refused:?}");
    node.stop().await;
}

#[tokio::test]
async fn only_firm_payments_count_each_once_and_money_goes_back() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let (mine, friend) = (user().address().clone(), other(31));
    let to_friend = Transfer {
        from: &mine,
        to: &payee(),
        units: LEAST + 5,
        tag: (CREDIT_TAG, friend.as_str()),
    };
    let small = Transfer {
        units: LEAST - 1,
        tag: (CREDIT_TAG, mine.as_str()),
        ..to_friend.clone()
    };
    around.till.block(&node, 2, &[to_friend, small]).await;
    around.till.settle(1);
    // What a reorg takes back has never counted.
    around.till.block(&node, 2, &[]).await;
    pays(&around, &node, 3, LEAST).await;
    assert_eq!(books(&node, |account| account.paid > 0).await.paid, LEAST);
    assert_eq!(account(&node, &friend).await.paid, 0);
    let back = Transfer {
        from: &payee(),
        to: &mine,
        units: 400,
        tag: (REFUND_TAG, mine.as_str()),
    };
    let forged = Transfer {
        from: &friend,
        ..back.clone()
    };
    around.till.block(&node, 4, &[back, forged]).await;
    around.till.settle(4);
    let after = books(&node, |account| account.refunded > 0).await;
    assert_eq!((after.refunded, after.credit()), (400, LEAST - 400));
    // A court that is computed again from its first block after a start brings the same outcomes once more.
    node.stop().await;
    let again = around.node(dir.path()).await;
    pays(&around, &again, 3, LEAST).await;
    around.till.settle(4);
    pays(&around, &again, 5, 1).await;
    let after = books(&again, |account| account.paid > LEAST).await;
    assert_eq!(after.paid, LEAST + 1);
    again.stop().await;
}

fn other(byte: u8) -> Address {
    SigningKey::ed25519([byte; 32]).address().clone()
}

#[tokio::test]
async fn the_owner_pays_for_ticks_that_send_and_is_watched_while_there_is_credit() {
    let (around, dir) = (world().await, tempfile::tempdir().unwrap());
    around.till.ask(Policy::Fixed(LEAST / 2));
    let node = around.node(dir.path()).await;
    let wish = |number| super::watching::wish(number);
    let poor = node.handle.monitor(ALPHA, &wish(1), true).await;
    assert!(matches!(poor, Err(MonitorRefusal::Unpaid(_))), "{poor:?}");
    around.till.ask(Policy::Fixed(FEE));
    node.stop().await;
    let node = with_credit(&around, dir.path(), LEAST).await;
    node.handle.monitor(ALPHA, &wish(1), true).await.unwrap();
    *around.seconds.lock().unwrap() = Some(150);
    let spent = books(&node, |account| account.credit() == 0).await;
    assert_eq!(spent.spent, LEAST);
    for _poll in 0..1_000 {
        let watched = crate::store::watched::all(&node.store).await.unwrap();
        if watched.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        crate::store::watched::all(&node.store)
            .await
            .unwrap()
            .is_empty()
    );
    let ids: Vec<Id> = sent_to_beta(&around).await;
    assert_eq!(ids.len(), 200, "two messages of each of a hundred ticks");
    // To stop costs nothing.
    node.handle.monitor(ALPHA, &wish(2), false).await.unwrap();
    node.stop().await;
}

async fn sent_to_beta(around: &Around) -> Vec<Id> {
    for _poll in 0..1_000 {
        if around.scheduler.log(BETA).len() >= 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // What comes too often comes soon after.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let log = around.scheduler.log(BETA);
    log.iter().map(|item| item.id()).collect()
}
