//! Records come back from a fork in another order, or not at all: a record that does not follow its predecessor in the chain
//! counts for nothing, so its node must see it and post it again.

use super::{voyage::House, *};

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
