//! Processor time and memory that a process uses, as the kernel counts them.

use std::time::Duration;

/// Ticks of `/proc` a second: fixed at 100 on Linux for programs, whatever the kernel's own clock.
const TICKS_PER_SECOND: u32 = 100;
/// Fields 14 and 15 of the file are user and system time; counting begins after the name, which may hold spaces.
const TIMES_AFTER_NAME: (usize, usize) = (11, 12);
/// Fields of the first line of `/proc/stat` in which a core works: user, nice, system, interrupts (two), stolen.
const BUSY: [usize; 6] = [1, 2, 3, 6, 7, 8];

/// Processor time of process `pid`, `self` for our own.
pub(crate) fn used(pid: &str) -> Duration {
    of_stat(&format!("/proc/{pid}/stat"))
}

/// Processor time of the thread that asks; some kernels count it on at their ticks alone.
pub(crate) fn used_by_this_thread() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ran = stat.split_whitespace().next();
    Duration::from_nanos(ran.and_then(|ran| ran.parse().ok()).unwrap_or(0))
}

/// Processor time of our own threads whose names begin like this.
pub(crate) fn used_by_threads(name: &str) -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let paths = threads.filter_map(Result::ok).map(|thread| thread.path());
    let named = paths.filter(|path| {
        let found = std::fs::read_to_string(path.join("comm")).unwrap_or_default();
        found.starts_with(name)
    });
    named
        .map(|path| of_stat(&path.join("stat").to_string_lossy()))
        .sum()
}

fn of_stat(path: &str) -> Duration {
    let stat = std::fs::read_to_string(path).unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = after_name.split(' ').collect();
    ticks(&fields, TIMES_AFTER_NAME.0) + ticks(&fields, TIMES_AFTER_NAME.1)
}

/// Processor time of everything on this machine.
pub(crate) fn used_by_all() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = stat.lines().next().unwrap_or_default();
    let fields: Vec<&str> = first.split_whitespace().collect();
    BUSY.into_iter().map(|at| ticks(&fields, at)).sum()
}

fn ticks(fields: &[&str], at: usize) -> Duration {
    let count = fields.get(at).and_then(|text| text.parse::<u32>().ok());
    Duration::from_secs(1) * count.unwrap_or(0) / TICKS_PER_SECOND
}

/// Memory of process `pid` that is in the machine's, in bytes.
pub(crate) fn resident_bytes(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        let value = line.strip_prefix("VmRSS:")?;
        value.trim().trim_end_matches(" kB").parse::<u64>().ok()
    });
    kib.unwrap_or(0) * 1_024
}

/// Cores of this machine that we may use.
pub(crate) fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}
