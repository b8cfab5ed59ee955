//! Records come back from a fork in another order, or not at all: a record that does not follow its predecessor in the chain
//! counts for nothing, so its node must see it and post it again. And what must never happen at all: a record before its items,
//! a record with a gap before it, two Log transactions at once, other bytes the second time (ADR 0021).

use aosec_wire::record::LogRecord;

use super::{
    layer::Body,
    voyage::{DEPTH, House},
    *,
};

/// Looks at the queue, enough to do what is due.
const A_WHILE: Duration = Duration::from_millis(60);

/// Puts everything up to `slot` into Data blocks, and answers the Log transaction that then waits.
async fn logged(house: &House, process: Id, slot: u64) -> Id {
    let place = async || house.su.published(process, slot).await.unwrap();
    until(place).await;
    house.layer.mine_some(|_, _| false);
    until(async || place().await?.data).await;
    house.layer.mine_some(|_, is_log| !is_log);
    until(async || Some(place().await?.log?.tx)).await
}

/// A house whose log stands in two Log transactions, one after the other, neither of them settled.
async fn two_records() -> (House, Id, [Id; 2]) {
    let house = House::new().await;
    let process = house.talk(1, 2).await[0];
    let mut logs = Vec::new();
    for slot in [2, 3] {
        logs.push(logged(&house, process, slot).await);
        house.layer.mine(|_| ());
        let mined = async || {
            house
                .su
                .published(process, slot)
                .await
                .unwrap()?
                .mined_height()
        };
        until(mined).await;
        if slot == 2 {
            house.su.submit(message(process, 50)).await.unwrap();
        }
    }
    let [first, second] = [logs[0], logs[1]];
    assert_ne!(first, second);
    (house, process, [first, second])
}

/// Both records are in no block again, and their node has seen it.
async fn orphaned(house: &House, process: Id) {
    let depth = house.layer.blocks_since_first_log();
    house.layer.fork(depth, true);
    let left = async || {
        let place = house.su.published(process, 1).await.unwrap()?;
        place.log?.mined_height.is_none().then_some(())
    };
    until(left).await;
}

#[tokio::test]
async fn a_record_that_comes_back_before_its_predecessor_is_posted_again() {
    let (house, process, [first, second]) = two_records().await;
    orphaned(&house, process).await;
    house.layer.mine_some(|tx, is_log| !is_log || tx == second);
    // The second stands where it counts for nothing; its node lets it wait again.
    let again = async || {
        let place = house.su.published(process, 3).await.unwrap()?;
        place.log.is_none_or(|log| log.tx != second).then_some(())
    };
    until(again).await;
    assert!(house.layer.waiting_logs().contains(&first));
    let reader = house.settle(&[process], "in the wrong order").await;
    assert!(reader.idle > 0);
}

#[tokio::test]
async fn a_lost_record_takes_those_behind_it_along() {
    let (house, process, [first, second]) = two_records().await;
    orphaned(&house, process).await;
    house.layer.drop_waiting(first);
    // Until the first is given up, nothing is mined; the second could be at any moment.
    let lost = async || {
        house.layer.mine_some(|_, _| false);
        tokio::time::sleep(Duration::from_millis(8)).await;
        let place = house.su.published(process, 1).await.unwrap()?;
        place.log.is_none_or(|log| log.tx != first).then_some(())
    };
    until(lost).await;
    house.layer.mine_some(|tx, _| tx == second);
    house.settle(&[process], "without its predecessor").await;
}

#[tokio::test]
async fn one_log_transaction_waits_at_a_time() {
    let house = House::new().await;
    let process = house.talk(1, 1).await[0];
    for number in 10..20 {
        house.su.submit(message(process, number)).await.unwrap();
        house.layer.mine_some(|_, is_log| !is_log);
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(house.layer.waiting_logs().len() <= 1);
    }
    until(async || (house.layer.waiting_logs().len() == 1).then_some(())).await;
    house.settle(&[process], "one after the other").await;
}

/// The transaction that comes to wait for the items of a slot.
async fn items_of(house: &House, process: Id, slot: u64) -> Id {
    until(async || house.su.published(process, slot).await.unwrap()).await;
    house.layer.mine_some(|_, _| false);
    until(async || Some(house.su.published(process, slot).await.unwrap()?.data?.tx)).await
}

/// Blocks pass in which only `wanted` are mined, and no Log transaction comes.
async fn no_record(house: &House, wanted: &[Id]) {
    for _ in 0..3 {
        house.layer.mine_some(|tx, _| wanted.contains(&tx));
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(house.layer.waiting_logs(), []);
    }
}

/// The slots of the records that wait.
async fn recorded(house: &House) -> Vec<(u64, u64)> {
    let found = async || {
        let waiting = house.layer.waiting();
        waiting.into_iter().find_map(|(_, body)| match body {
            Body::Log(records) => Some(records),
            Body::Data(_) => None,
        })
    };
    let decoded = |bytes: &Bytes| LogRecord::decode(bytes).unwrap();
    let records = until(found).await;
    let records = records.iter().map(decoded);
    records
        .map(|record| (record.first_slot(), record.last_slot()))
        .collect()
}

#[tokio::test]
async fn no_record_comes_before_its_items_stand_in_a_block() {
    let house = House::new().await;
    let process = house.talk(1, 2).await[0];
    let items = items_of(&house, process, 2).await;
    no_record(&house, &[]).await;
    // Posted, shown by gateways, and in no block: not yet.
    house.layer.mine_some(|tx, _| tx == items);
    assert_eq!(recorded(&house).await, [(1, 2)]);
}

#[tokio::test]
async fn no_record_comes_after_its_items_have_left_their_block() {
    let house = House::new().await;
    let process = house.talk(1, 2).await[0];
    let items = items_of(&house, process, 2).await;
    house.layer.mine_some(|tx, _| tx == items);
    until(async || house.layer.waiting_logs().first().copied()).await;
    let first = house.layer.waiting_logs()[0];
    // Items and record are gone with their blocks, and the record for good.
    house.layer.drop_waiting(first);
    house.layer.fork(1, true);
    let left = async || {
        let place = house.su.published(process, 2).await.unwrap()?;
        (place.data?.mined_height.is_none() && place.log.is_none()).then_some(())
    };
    let lost = async || {
        house.layer.mine_some(|_, _| false);
        tokio::time::sleep(Duration::from_millis(8)).await;
        left().await
    };
    until(lost).await;
    no_record(&house, &[]).await;
    house
        .settle(&[process], "items that left their block")
        .await;
}

#[tokio::test]
async fn no_record_leaves_a_slot_out() {
    let house = House::new().await;
    let process = house.talk(1, 2).await[0];
    let first = items_of(&house, process, 2).await;
    house.su.submit(message(process, 70)).await.unwrap();
    until(async || house.su.published(process, 3).await.unwrap()).await;
    let second = items_of(&house, process, 3).await;
    assert_ne!(first, second);
    // The items of slot 3 come first.
    no_record(&house, &[second]).await;
    house.layer.mine_some(|tx, _| tx == first);
    assert_eq!(recorded(&house).await, [(1, 3)]);
    let reader = house.settle(&[process], "later items first").await;
    assert_eq!(reader.idle, 0);
}

#[tokio::test]
async fn what_a_gateway_forgot_is_posted_again_with_the_same_bytes() {
    let house = House::new().await;
    let process = house.talk(1, 3).await[0];
    for is_log in [false, true] {
        if is_log {
            house.layer.mine(|_| ());
        } else {
            items_of(&house, process, 3).await;
        }
        let one = async || house.layer.waiting().into_iter().next();
        let (forgotten, before) = until(one).await;
        assert_eq!(matches!(before, Body::Log(_)), is_log);
        house.layer.drop_waiting(forgotten);
        // Patience is two blocks here: at the third it is posted again, once.
        let again = async || {
            house.layer.mine_some(|_, _| false);
            tokio::time::sleep(A_WHILE).await;
            one().await
        };
        let (tx, after) = until(again).await;
        assert_ne!(tx, forgotten);
        assert_eq!(before, after, "the same bytes");
        assert_eq!(house.layer.waiting().len(), 1, "and once");
    }
    let reader = house.settle(&[process], "after it was forgotten").await;
    assert_eq!(reader.idle, 0);
}

#[tokio::test]
async fn what_leaves_its_block_is_followed_until_it_is_settled() {
    let house = House::new().await;
    let process = house.talk(1, 2).await[0];
    let log = logged(&house, process, 2).await;
    for _ in 0..DEPTH {
        house.layer.mine(|_| ());
    }
    let mined = async || {
        house
            .su
            .published(process, 2)
            .await
            .unwrap()?
            .mined_height()
    };
    until(mined).await;
    tokio::time::sleep(A_WHILE).await;
    let place = house.su.published(process, 2).await.unwrap().unwrap();
    assert!(!place.log.unwrap().firm, "one block is missing");
    // A fork as deep as ordinary forks are (PROTOCOL 1.4): the record is gone, and nobody forgets to look.
    assert_eq!(house.layer.blocks_since_first_log(), DEPTH as usize);
    house.layer.fork(DEPTH as usize, false);
    let gone = async || {
        house.layer.mine_some(|_, _| false);
        tokio::time::sleep(Duration::from_millis(8)).await;
        let place = house.su.published(process, 2).await.unwrap()?;
        place.log.is_none_or(|now| now.tx != log).then_some(())
    };
    until(gone).await;
    house.settle(&[process], "after a deep fork").await;
}
