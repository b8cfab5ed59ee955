//! What a process sends arrives once, although the messengers that carry it are killed on the way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aosec_tests::harness::deadline::{until, within};
use aosec_tests::harness::{World, draft, http, seed::Seed, su_log};
use aosec_wire::{Id, SigningKey, VerifiedItem};
use serde_json::json;
use tokio::task::JoinSet;

use super::life::kill_and_wait;

/// Kills, alternating between the two nodes.
const ROUNDS: usize = 6;
/// Messages sent around each kill.
const PER_ROUND: u64 = 60;
/// When the power goes: while some are being ordered, some computed, some pushed.
const KILL_AFTER: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// From the last kill until all has arrived: the messenger's own retries, in a dev build.
const ARRIVAL: Duration = Duration::from_secs(90);
const STEP: Duration = Duration::from_secs(60);

/// Counts how often each number arrives.
const TALLY: &str = r#"
    Seen, Tally, Doubled = {}, 0, 0
    Handlers.add("count", "Count", function(msg)
        if Seen[msg.Number] then Doubled = Doubled + 1 else Tally = Tally + 1 end
        Seen[msg.Number] = true
    end)"#;

/// Sends each number on.
fn relay_to(tally: Id) -> String {
    format!(
        r#"Handlers.add("relay", "Relay", function(msg)
            ao.send({{ Target = "{tally}", Action = "Count", Number = msg.Data }})
        end)"#
    )
}

/// Items that no messenger has promised to carry yet.
type Waiting = Arc<Mutex<BTreeMap<Id, VerifiedItem>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_messengers_lose_and_double_no_message_of_a_process() {
    let mut seed = Seed::announced("delivery");
    let key = SigningKey::ed25519(seed.bytes());
    let world = World::start(2);
    let tally = spawn(&world, &key, 1, "tally", TALLY).await;
    let relay = spawn(&world, &key, 0, "relay", &relay_to(tally)).await;
    for round in 0..ROUNDS {
        let waiting = Waiting::default();
        let first = u64::try_from(round).expect("few rounds") * PER_ROUND;
        let mut crowd = send(&world, &key, relay, first..first + PER_ROUND, &waiting);
        tokio::time::sleep(seed.between(KILL_AFTER.0, KILL_AFTER.1)).await;
        kill_and_wait(&world, round % 2).await;
        crowd.shutdown().await;
        within(
            "the messengers take what they did not promise",
            STEP,
            take_the_rest(&world, &waiting),
        )
        .await;
    }
    let wanted = format!(
        "{} 0",
        u64::try_from(ROUNDS).expect("few rounds") * PER_ROUND
    );
    let arrived = async || Some(read(&world, &key, tally).await?).filter(|read| *read == wanted);
    let end = tokio::time::timeout(ARRIVAL, until("all numbers arrive", ARRIVAL, arrived)).await;
    let found = read(&world, &key, tally).await;
    assert!(
        end.is_ok(),
        "wanted {wanted}, arrived and doubled {found:?}\n{}",
        world.logs()
    );
    let log = su_log::read(&world.node(1).su, tally, -1)
        .await
        .expect("the log");
    assert_eq!(
        log.len(),
        2 + ROUNDS * usize::try_from(PER_ROUND).expect("few"),
        "each message has one slot"
    );
}

async fn spawn(world: &World, key: &SigningKey, host: usize, name: &str, lua: &str) -> Id {
    let node = world.node(host);
    let spawn = draft::named_process(key, world.devnet(), &node, name);
    let lua = draft::message(key, spawn.id(), "Eval", lua.to_owned());
    for item in [&spawn, &lua] {
        let answer = within(
            "a first slot",
            STEP,
            http::post_item(&node.su, item.bytes().clone()),
        )
        .await;
        assert!(
            answer.as_ref().is_ok_and(http::Answer::is_success),
            "{answer:?}\n{}",
            world.logs()
        );
    }
    spawn.id()
}

/// Sends every number through one of the two messengers; what is promised no longer waits.
fn send(
    world: &World,
    key: &SigningKey,
    relay: Id,
    numbers: std::ops::Range<u64>,
    waiting: &Waiting,
) -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for number in numbers {
        let item = draft::message(key, relay, "Relay", number.to_string());
        let mu = world.node(messenger_of(&item)).mu;
        waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(item.id(), item.clone());
        let waiting = Arc::clone(waiting);
        crowd.spawn(async move {
            if http::post_item(&mu, item.bytes().clone())
                .await
                .is_ok_and(|answer| answer.is_success())
            {
                waiting
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .remove(&item.id());
            }
        });
    }
    crowd
}

/// A message is always given to the same messenger: another one would rightly push it as well.
fn messenger_of(item: &VerifiedItem) -> usize {
    usize::from(item.id().as_bytes()[0] % 2)
}

async fn take_the_rest(world: &World, waiting: &Waiting) {
    let rest = std::mem::take(&mut *waiting.lock().unwrap_or_else(PoisonError::into_inner));
    for item in rest.into_values() {
        let mu = world.node(messenger_of(&item)).mu;
        let taken = async || {
            http::post_item(&mu, item.bytes().clone())
                .await
                .ok()
                .filter(http::Answer::is_success)
        };
        until(
            "a messenger takes a message that it did not promise before",
            STEP,
            taken,
        )
        .await;
    }
}

/// What the tally says, read by a dry run on its own node: numbers that arrived, and those that arrived again.
async fn read(world: &World, key: &SigningKey, tally: Id) -> Option<String> {
    let url = format!("{}/dry-run?process-id={tally}", world.node(1).cu);
    let question = json!({
        "Id": "question", "Owner": key.address(), "Target": tally.to_string(), "Data": "return Tally .. ' ' .. Doubled",
        "Tags": [{"name": "Action", "value": "Eval"}],
    });
    let answer = http::answer(
        http::client()
            .post(url)
            .body(question.to_string())
            .send()
            .await
            .ok()?,
    )
    .await
    .ok()?;
    answer.json()["Output"]["data"].as_str().map(str::to_owned)
}
