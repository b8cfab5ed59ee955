//! Slots: contiguous, one for each message, refused where they must be.

use aosec_wire::limits::ITEM_BYTES_MAX;

use super::*;
use crate::su::{Refusal, Unavailable};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_senders_at_once_get_contiguous_slots() {
    let world = World::new().await;
    let process = world.spawn().await;
    let sends = (0..1_000).map(|number| {
        let su = world.su.clone();
        tokio::spawn(async move { su.submit(message(process, number)).await.unwrap() })
    });
    let mut answered = Vec::new();
    for send in sends.collect::<Vec<_>>() {
        answered.push(send.await.unwrap());
    }
    answered.sort_by_key(Assignment::nonce);
    let slots: Vec<_> = answered.iter().map(Assignment::nonce).collect();
    assert_eq!(slots, (1..=1_000).collect::<Vec<_>>());
    let log = world.log_from(process, 0).await;
    assert_eq!(log, answered, "what was answered is what stands in the log");
    for pair in log.windows(2) {
        let (one, next) = (&pair[0], &pair[1]);
        let follows = one.chain().unwrap().next(
            one.id(),
            next.message().unwrap(),
            next.height(),
            next.timestamp(),
        );
        assert_eq!(next.chain(), Some(follows));
        assert!(one.timestamp() < next.timestamp());
    }
}

impl World {
    async fn log_from(&self, process: Id, slot: u64) -> Vec<Assignment> {
        let span = crate::su::Span::Slots {
            after: Some(slot),
            to: None,
        };
        let page = self.su.page(process, span, 1_000).await.unwrap();
        page.entries
            .into_iter()
            .map(|entry| entry.assignment)
            .collect()
    }
}

#[tokio::test]
async fn a_message_has_one_slot() {
    let world = World::new().await;
    let process = world.spawn().await;
    let first = world.su.submit(message(process, 1)).await.unwrap();
    let again = |number| world.su.submit(message(process, number));
    let stands = |refusal| matches!(refusal, Err(Refusal::AlreadyScheduled { slot: 1, assignment: Some(id), .. }) if id == first.id());
    assert!(stands(again(1).await), "also before the signature is kept");
    world.su.submit(message(process, 2)).await.unwrap();
    assert!(stands(again(1).await), "and after");
    let twins = tokio::join!(again(3), again(3));
    let refused = [&twins.0, &twins.1]
        .into_iter()
        .filter(|twin| twin.is_err())
        .count();
    assert_eq!(refused, 1, "{twins:?}");
    let spawn = world
        .su
        .submit(spawn_item(world.su.address().as_str()))
        .await;
    assert!(
        matches!(spawn, Err(Refusal::AlreadyScheduled { slot: 0, .. })),
        "{spawn:?}"
    );
    assert_eq!(world.log(process).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_messages_among_new_ones_take_no_slot_from_them() {
    const ROUNDS: u32 = 4;
    let world = World::new().await;
    let process = world.spawn().await;
    for round in 0..ROUNDS {
        // Half of each round stood in the round before; all of it waits at once, so that batches hold both.
        let sends = (round * 50..round * 50 + 100).map(|number| {
            let su = world.su.clone();
            tokio::spawn(async move { (number, su.submit(message(process, number)).await) })
        });
        for send in sends.collect::<Vec<_>>() {
            let (number, answer) = send.await.unwrap();
            let is_new = round == 0 || number >= round * 50 + 50;
            match answer {
                Ok(_) => assert!(is_new, "message {number} got two slots"),
                Err(Refusal::AlreadyScheduled {
                    slot, assignment, ..
                }) => {
                    assert!(!is_new, "message {number} got no slot");
                    let standing = world.log_from(process, slot - 1).await;
                    assert_eq!(assignment, Some(standing[0].id()));
                    assert_eq!(standing[0].message(), Some(message(process, number).id()));
                }
                Err(other) => panic!("message {number}: {other}"),
            }
        }
    }
    let slots = world.log(process).await.len();
    assert_eq!(slots, 1 + 50 * (ROUNDS as usize + 1));
}

#[tokio::test]
async fn a_pushed_content_has_one_slot_and_a_persons_may_have_two() {
    let world = World::new().await;
    let process = world.spawn().await;
    let rsa = SigningKey::rsa_generate().unwrap();
    let say = |pushed: bool| {
        let mut tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message");
        if pushed {
            tags.push("From-Process", process.to_string());
        }
        Draft {
            target: Some(process),
            tags,
            ..Draft::default()
        }
        .sign(&rsa)
        .unwrap()
    };
    assert_ne!(say(true).id(), say(true).id(), "salted signatures");
    world.su.submit(say(true)).await.unwrap();
    let again = world.su.submit(say(true)).await;
    assert!(
        matches!(again, Err(Refusal::AlreadyScheduled { slot: 1, .. })),
        "{again:?}"
    );
    world.su.submit(say(false)).await.unwrap();
    world.su.submit(say(false)).await.unwrap();
}

#[tokio::test]
async fn strangers_are_refused() {
    let world = World::new().await;
    let process = world.spawn().await;
    let unknown = world.su.submit(message(Id::new([1; 32]), 1)).await;
    assert!(
        matches!(unknown, Err(Refusal::UnknownProcess(_))),
        "{unknown:?}"
    );
    let other = SigningKey::ed25519([1; 32]);
    let elsewhere = world.su.submit(spawn_item(other.address().as_str())).await;
    assert!(
        matches!(elsewhere, Err(Refusal::OtherScheduler { .. })),
        "{elsewhere:?}"
    );
    let typeless = world
        .su
        .submit(item(Some(process), &[("Data-Protocol", "ao")], 1))
        .await;
    assert!(matches!(typeless, Err(Refusal::Item(_))), "{typeless:?}");
    assert_eq!(world.log(process).await.len(), 1);
}

#[tokio::test]
async fn without_a_tip_nothing_is_taken() {
    let world = World::new().await;
    let process = world.spawn().await;
    world.sky.height.store(0, Ordering::Relaxed);
    let refused = world.su.submit(message(process, 1)).await;
    assert!(
        matches!(refused, Err(Refusal::Unavailable(Unavailable::NoTip))),
        "{refused:?}"
    );
    world.sky.height.store(HEIGHT - 5, Ordering::Relaxed);
    let taken = world.su.submit(message(process, 1)).await.unwrap();
    assert_eq!(
        taken.height(),
        HEIGHT,
        "a tip that fell back lowers no stamp"
    );
}

#[tokio::test]
async fn what_stands_elsewhere_is_assigned_by_reference() {
    let world = World::new().await;
    let process = world.spawn().await;
    let (tx, depth) = (Id::new([3; 32]), Settings::default().settlement_depth);
    let assign = |id, base_layer, exclude: &[&str]| {
        let exclude = exclude.iter().map(|name| (*name).to_owned()).collect();
        world.su.assign(process, id, base_layer, exclude)
    };
    let unknown = assign(tx, false, &[]).await;
    assert!(matches!(unknown, Err(Refusal::NotFound(_))), "{unknown:?}");
    assert!(matches!(
        assign(tx, true, &[]).await,
        Err(Refusal::NotFound(_))
    ));
    world.sky.mine(tx, HEIGHT, depth - 1);
    assert!(matches!(
        assign(tx, true, &[]).await,
        Err(Refusal::Unsettled { .. })
    ));
    world.sky.mine(tx, HEIGHT, depth);
    let withheld = assign(tx, true, &[]).await;
    assert!(
        matches!(withheld, Err(Refusal::NotFound(_))),
        "{withheld:?}"
    );
    world.sky.weigh(tx, ITEM_BYTES_MAX as u64 + 1);
    let long = assign(tx, true, &["Data"]).await;
    assert!(matches!(long, Err(Refusal::TooLarge { .. })), "{long:?}");
    world.sky.weigh(tx, ITEM_BYTES_MAX as u64);
    let slot = assign(tx, true, &["Data", "Block-Height"]).await.unwrap();
    assert_eq!((slot.message(), slot.exclude().len()), (Some(tx), 2));
    let other = item(None, &[("x", "y")], 5);
    world.sky.offer(other.clone());
    assign(other.id(), false, &[]).await.unwrap();
    assert!(matches!(
        assign(other.id(), false, &[]).await,
        Err(Refusal::AlreadyScheduled { .. })
    ));
    assert!(matches!(
        assign(Id::new([8; 32]), false, &["a,b"]).await,
        Err(Refusal::Exclude)
    ));
    let page = world
        .su
        .page(
            process,
            crate::su::Span::Slots {
                after: Some(0),
                to: None,
            },
            9,
        )
        .await
        .unwrap();
    let messages: Vec<_> = page
        .entries
        .iter()
        .map(|entry| entry.message.as_ref().map(VerifiedItem::id))
        .collect();
    assert_eq!(
        messages,
        [None, Some(other.id())],
        "a transaction is not known as an item"
    );
}

#[tokio::test]
async fn what_is_assigned_again_and_again_is_fetched_once() {
    let world = World::new().await;
    let first = world.spawn().await;
    let tags = spawn_item(world.su.address().as_str()).tags().clone();
    let tags: Vec<_> = tags.iter().collect();
    let second = world.su.submit(item(None, &tags, 1)).await.unwrap();
    let second = second.process();
    let tx = Id::new([3; 32]);
    world
        .sky
        .mine(tx, HEIGHT, Settings::default().settlement_depth);
    world.sky.weigh(tx, ITEM_BYTES_MAX as u64);
    let assign = |process| world.su.assign(process, tx, true, Vec::new());
    assign(first).await.unwrap();
    for _again in 0..2 {
        let refused = assign(first).await;
        assert!(
            matches!(refused, Err(Refusal::AlreadyScheduled { slot: 1, .. })),
            "{refused:?}"
        );
    }
    assign(second).await.unwrap();
    assert_eq!(world.sky.weighings(), 1);
    world.sky.set_down(true);
    let refused = assign(first).await;
    assert!(
        matches!(refused, Err(Refusal::AlreadyScheduled { .. })),
        "no gateway is needed to know that: {refused:?}"
    );
}
