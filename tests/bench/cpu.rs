//! Processor time that a process has used, as the kernel counts it.

use std::time::Duration;

/// Ticks of `/proc/<pid>/stat` a second: fixed at 100 on Linux for programs, whatever the kernel's own clock.
const TICKS_PER_SECOND: u32 = 100;
/// Fields 14 and 15 of the file are user and system time; counting begins after the name, which may hold spaces.
const TIMES_AFTER_NAME: (usize, usize) = (11, 12);

/// Processor time of process `pid`, `self` for our own.
pub(crate) fn used(pid: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = after_name.split(' ').collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse::<u32>().ok())
            .unwrap_or(0)
    };
    Duration::from_secs(1) * (ticks(TIMES_AFTER_NAME.0) + ticks(TIMES_AFTER_NAME.1))
        / TICKS_PER_SECOND
}

/// Cores of this machine that we may use.
pub(crate) fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}
