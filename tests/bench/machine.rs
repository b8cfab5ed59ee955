//! On what machine the figures were measured, and whether it had anything else to do.

use std::fmt;

use super::cpu;

/// Programs that wait for a core, from which on a machine is not idle.
const IDLE_LOAD: f64 = 0.5;

/// The machine at the start.
#[derive(Debug)]
pub(crate) struct Machine {
    model: String,
    kernel: String,
    load: String,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let cpus = read("/proc/cpuinfo");
        let model = cpus.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == "model name").then(|| value.trim().to_owned())
        });
        Self {
            model: model.unwrap_or_else(|| "processor unknown".into()),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: load(),
        }
    }

    fn is_idle(&self) -> bool {
        let last_minute = self.load.split(' ').next().unwrap_or_default();
        last_minute.parse().is_ok_and(|load: f64| load < IDLE_LOAD)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let idle = if self.is_idle() {
            "idle"
        } else {
            "NOT idle: ratios count, rates do not"
        };
        let (model, cores, kernel, load) = (&self.model, cpu::cores(), &self.kernel, &self.load);
        write!(
            f,
            "machine: {cores} cores of {model}, Linux {kernel}; load average at the start: {load} ({idle})"
        )
    }
}

/// Load averages of one, five and fifteen minutes.
pub(crate) fn load() -> String {
    let all = read("/proc/loadavg");
    all.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
