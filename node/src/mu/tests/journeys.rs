//! Whole journeys against the fakes: fan-out, spawns, wallets, a scheduler that is down, bounds, what a client is told.

use std::time::Duration;

use aosec_wire::{Id, VerifiedItem};

use super::fakes::{ALPHA, Around, BETA, MODULE, WALLET, action, message, user};
use super::scheduler::Mood;
use crate::mu::budget::{DEPTH_MAX, FAN_OUT_MAX};
use crate::mu::outbox::{Ending, Reason, State};
use crate::mu::push::Assign;
use crate::mu::{MonitorRefusal, Refusal};

fn actions(log: &[VerifiedItem]) -> Vec<&str> {
    log.iter().map(action).collect()
}

#[tokio::test]
async fn a_message_fans_out_over_two_processes_in_order() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Greet");
    let accepted = node.handle.accept(sent.clone()).await.unwrap();
    assert_eq!((accepted.id, accepted.slot), (sent.id(), Some(0)));
    let status = node.ended(sent.id()).await;
    assert!(matches!(
        status.entry.state,
        State::Done(Ending::Scheduled(_))
    ));
    assert_eq!(status.children.len(), 2);
    let log = around.scheduler.log(BETA);
    assert_eq!(actions(&log), ["Hello", "World"]);
    for item in &log {
        assert_eq!(
            item.tags().get("From-Process"),
            Some(ALPHA.to_string().as_str())
        );
        assert_eq!(
            item.tags().get("From-Module"),
            Some(MODULE.to_string().as_str())
        );
        assert_eq!(
            item.tags().get("Pushed-For"),
            Some(sent.id().to_string().as_str())
        );
    }
    let again = node.handle.accept(sent.clone()).await.unwrap();
    assert_eq!(again.assignment, accepted.assignment);
    assert_eq!(around.scheduled().len(), 3);
    node.stop().await;
}

#[tokio::test]
async fn a_spawn_becomes_a_process_and_its_parent_is_told() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Breed");
    node.handle.accept(sent.clone()).await.unwrap();
    node.ended(sent.id()).await;
    let log = around.scheduler.log(ALPHA);
    assert_eq!(actions(&log), ["Breed", "Spawned"]);
    let child: Id = log[1].tags().get("Process").unwrap().parse().unwrap();
    assert_eq!(log[1].tags().get("Reference"), Some("8"));
    let spawned = around.scheduler.log(child);
    assert_eq!(
        spawned[0].tags().get("Scheduler"),
        Some(around.scheduler.address().as_str())
    );
    node.stop().await;
}

#[tokio::test]
async fn what_a_process_sends_to_a_wallet_goes_to_the_base_layer() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    *around.base_layer_is_down.lock().unwrap() = true;
    let sent = message(ALPHA, "Pay");
    node.handle.accept(sent.clone()).await.unwrap();
    let one_waits = |status: &crate::mu::Status| {
        status
            .children
            .iter()
            .any(|child| matches!(child.state, State::Uploading(_)))
    };
    let status = node.until(sent.id(), one_waits).await;
    assert_eq!(status.children.len(), 2);
    *around.base_layer_is_down.lock().unwrap() = false;
    let status = node.ended(sent.id()).await;
    assert_eq!(status.children[0].state, State::Done(Ending::Uploaded));
    assert_eq!(status.children[0].process, WALLET);
    assert_eq!(actions(&around.scheduler.log(BETA)), ["Hello"]);
    assert_eq!(around.uploaded.lock().unwrap().len(), 1);
    node.stop().await;
}

#[tokio::test]
async fn a_scheduler_that_was_down_gets_everything_in_order_afterwards() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Greet");
    node.handle.accept(sent.clone()).await.unwrap();
    around.scheduler.be(Mood::Down);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    around.scheduler.be(Mood::Works);
    node.ended(sent.id()).await;
    assert_eq!(actions(&around.scheduler.log(BETA)), ["Hello", "World"]);
    node.stop().await;
}

#[tokio::test]
async fn sending_a_waiting_piece_by_hand_does_not_let_it_overtake() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Greet");
    node.handle.accept(sent.clone()).await.unwrap();
    around.scheduler.be(Mood::Down);
    let status = node
        .until(sent.id(), |status| status.children.len() == 2)
        .await;
    let second = status.children[1].key;
    let second = crate::store::item::find(&node.store, second)
        .await
        .unwrap()
        .unwrap();
    let refusal = node.handle.accept(second).await;
    assert!(
        matches!(refusal, Err(Refusal::Unassigned { .. })) || around.scheduler.log(BETA).len() == 2
    );
    around.scheduler.be(Mood::Works);
    node.ended(sent.id()).await;
    assert_eq!(actions(&around.scheduler.log(BETA)), ["Hello", "World"]);
    node.stop().await;
}

#[tokio::test]
async fn a_first_hop_that_times_out_is_kept_and_goes_on_with_the_same_bytes() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    around.scheduler.be(Mood::Down);
    let sent = message(ALPHA, "Quiet");
    let refusal = node.handle.accept(sent.clone()).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::Unassigned { id, .. } if id == sent.id()),
        "{refusal}"
    );
    around.scheduler.be(Mood::Works);
    node.stop().await;
    let node = around.node(dir.path()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        node.handle
            .status(sent.id())
            .await
            .unwrap()
            .unwrap()
            .entry
            .state,
        State::Unassigned
    );
    assert_eq!(around.scheduled().len(), 0);
    assert_eq!(
        node.handle.accept(sent.clone()).await.unwrap().slot,
        Some(0)
    );
    node.ended(sent.id()).await;
    node.stop().await;
}

#[tokio::test]
async fn a_refusal_reaches_the_client_at_once_and_keeps_its_words() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    around.scheduler.be(Mood::Refuses);
    let sent = message(ALPHA, "Quiet");
    let refusal = node.handle.accept(sent.clone()).await.unwrap_err();
    assert_eq!(refusal.to_string(), "the scheduler refused it: not today");
    around.scheduler.be(Mood::Works);
    assert!(node.handle.accept(sent).await.is_ok());
    let nowhere = node
        .handle
        .accept(message(WALLET, "Quiet"))
        .await
        .unwrap_err();
    assert!(matches!(
        nowhere,
        Refusal::Declined {
            reason: Reason::UnknownProcess,
            ..
        } | Refusal::Unassigned { .. }
    ));
    node.stop().await;
}

#[tokio::test]
async fn a_scheduler_without_receipts_is_asked_for_the_assignment() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    around.scheduler.hide_receipts();
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Breed");
    let accepted = node.handle.accept(sent.clone()).await.unwrap();
    assert_eq!(accepted.slot, Some(0));
    assert!(accepted.assignment.is_some());
    node.ended(sent.id()).await;
    assert_eq!(actions(&around.scheduler.log(ALPHA)), ["Breed", "Spawned"]);
    node.stop().await;
}

#[tokio::test]
async fn two_clients_with_the_same_bytes_get_the_same_slot() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Quiet");
    let (first, second) = tokio::join!(
        node.handle.accept(sent.clone()),
        node.handle.accept(sent.clone())
    );
    assert_eq!(first.unwrap().assignment, second.unwrap().assignment);
    assert_eq!(around.scheduled().len(), 1);
    node.stop().await;
}

#[tokio::test]
async fn an_endless_dialogue_stops_at_the_depth_cap_and_says_so() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let capped = crate::metrics::pushes_capped().get();
    let sent = message(ALPHA, "Loop");
    node.handle.accept(sent.clone()).await.unwrap();
    node.ended(sent.id()).await;
    assert_eq!(around.scheduled().len(), DEPTH_MAX as usize + 1);
    let last_log = if DEPTH_MAX.is_multiple_of(2) {
        ALPHA
    } else {
        BETA
    };
    let last = around.scheduler.log(last_log).pop().unwrap();
    let status = node.handle.status(last.id()).await.unwrap().unwrap();
    assert!(status.entry.remark.unwrap().contains("deep"));
    assert!(crate::metrics::pushes_capped().get() > capped);
    node.stop().await;
}

#[tokio::test]
async fn a_message_that_multiplies_stops_at_the_fan_out_cap() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Burst");
    node.handle.accept(sent.clone()).await.unwrap();
    node.ended(sent.id()).await;
    assert_eq!(around.scheduled().len(), FAN_OUT_MAX as usize + 1);
    node.stop().await;
}

#[tokio::test]
async fn errors_and_impossible_results_end_a_message_without_losing_its_slot() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let (failing, impossible) = (message(ALPHA, "Boom"), message(ALPHA, "Impossible"));
    for sent in [&failing, &impossible] {
        node.handle.accept(sent.clone()).await.unwrap();
    }
    let status = node.ended(failing.id()).await;
    assert!(status.children.is_empty());
    let status = node.ended(impossible.id()).await;
    assert!(matches!(&status.entry.state, State::Refused(_)));
    assert!(status.entry.state.receipt().is_some());
    node.stop().await;
}

#[tokio::test]
async fn an_assignment_by_reference_answers_with_its_own_id() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Quiet");
    node.handle.accept(sent.clone()).await.unwrap();
    let assign = Assign {
        process: BETA,
        message: sent.id(),
        base_layer: false,
        exclude: vec!["Data".into()],
    };
    let accepted = node.handle.accept_assignment(&assign).await;
    assert_ne!(accepted.id, sent.id());
    assert_eq!(accepted.slot, Some(0));
    assert_eq!(node.handle.accept_assignment(&assign).await.id, accepted.id);
    node.stop().await;
}

impl crate::mu::Handle {
    async fn accept_assignment(&self, assign: &Assign) -> crate::mu::Accepted {
        self.assign(assign.clone()).await.unwrap()
    }
}

#[tokio::test]
async fn only_the_owner_has_a_process_watched_and_no_wish_is_turned_around() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let wish = |key: &aosec_wire::SigningKey, target, note: &str| {
        let tags = aosec_wire::Tags::new().with("Note", note);
        aosec_wire::Draft {
            target: Some(target),
            tags,
            ..Default::default()
        }
        .sign(key)
        .unwrap()
    };
    let stranger = aosec_wire::SigningKey::ed25519([66; 32]);
    let refused = node
        .handle
        .monitor(ALPHA, &wish(&stranger, ALPHA, "a"), true)
        .await;
    assert!(matches!(refused, Err(MonitorRefusal::NotOwner(_))));
    let refused = node
        .handle
        .monitor(ALPHA, &wish(&user(), BETA, "a"), true)
        .await;
    assert!(matches!(refused, Err(MonitorRefusal::OtherTarget)));
    let (watch, stop) = (wish(&user(), ALPHA, "watch"), wish(&user(), ALPHA, "stop"));
    node.handle.monitor(ALPHA, &watch, true).await.unwrap();
    assert!(node.handle.is_watched(ALPHA).await.unwrap());
    let refused = node.handle.monitor(ALPHA, &watch, false).await;
    assert!(matches!(refused, Err(MonitorRefusal::UsedBefore)));
    node.handle.monitor(ALPHA, &stop, false).await.unwrap();
    let repeated = node.handle.monitor(ALPHA, &watch, true).await;
    assert!(matches!(repeated, Err(MonitorRefusal::UsedBefore)));
    assert!(!node.handle.is_watched(ALPHA).await.unwrap());
    node.stop().await;
}

#[tokio::test]
async fn what_is_cast_has_a_slot_and_nothing_comes_of_it_here() {
    let (around, dir) = (Around::new().await, tempfile::tempdir().unwrap());
    let node = around.node(dir.path()).await;
    let sent = message(ALPHA, "Greet");
    let accepted = node.handle.cast(sent.clone()).await.unwrap();
    assert_eq!(accepted.slot, Some(0));
    node.stop().await;
    // Nor after a start, nor where the same bytes come again to be carried on: the first word counts.
    let node = around.node(dir.path()).await;
    assert_eq!(
        node.handle.accept(sent.clone()).await.unwrap().slot,
        Some(0)
    );
    let status = node.ended(sent.id()).await;
    assert!(status.children.is_empty());
    node.handle.accept(message(BETA, "Welcome")).await.unwrap();
    assert_eq!(around.scheduler.log(BETA).len(), 1, "that one alone");
    node.stop().await;
}
