//! An honest process beside hostile ones: the time of its messages, next to what it is alone.

use aosec_tests::harness::enemies::beside;

use super::cpu;
use super::table::{Table, millis};

pub(crate) async fn measure(table: &mut Table) {
    let cores = usize::try_from(cpu::cores()).unwrap_or(1);
    let alone = beside::alone().await;
    for count in [1, cores, beside::MANY] {
        for (name, group) in beside::GROUPS {
            let p99 = beside::enemies(group, count).await;
            table.row(
                &format!("p99 of an honest process beside {count} enemies {name}"),
                millis(p99),
                format!("{} alone", millis(alone)),
                Some(p99.as_secs_f64() / alone.as_secs_f64()),
                "<= 2",
            );
        }
    }
}
