//! An honest process beside hostile ones: the time of its messages, next to what it is alone.

use aosec_tests::harness::enemies::beside;

use super::table::{Table, millis};

pub(crate) async fn measure(table: &mut Table) {
    let alone = beside::alone().await;
    for (name, group) in beside::GROUPS {
        let p99 = beside::enemies(group).await;
        table.row(
            &format!("p99 of an honest process beside 12 enemies {name}"),
            millis(p99),
            format!("{} alone", millis(alone)),
            Some(p99.as_secs_f64() / alone.as_secs_f64()),
            "<= 2",
        );
    }
}
