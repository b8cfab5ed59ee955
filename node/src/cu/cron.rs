//! When a process wakes itself: the schedule that its spawn's tags set, and the ticks that fall between two slots (D25). Pure.
//!
//! - K1 a tag `Cron-Interval` (`10-seconds`, `5-blocks`) begins an interval, and the tags `Cron-Tag-<name>` behind it are what its ticks
//!   carry. A schedule that cannot be read is refused by name, never half kept: it would be another state on another machine.
//! - K2 intervals count from the origin: the stamps of slot 0, or of slot 1 where the spawn names a court, whose slot 0 has none
//!   (PROTOCOL 5.4). The origin itself is no tick.
//! - K3 ticks between slots k and k + 1 are a function of the two slots' stamps: of blocks above the height of k up to that of k + 1, then of
//!   times from that of k on and before that of k + 1. They carry stamps that never run back.
//! - K4 at most [`TICKS_MAX`] between two slots, the first ones; what is due beyond is passed over for ever, so that a process to which
//!   nobody writes falls asleep, and one slot never costs more than that many evaluations.
//! - K5 the ticks between two slots answer with at most [`GAP_BYTES_MAX`] bytes together, as one message may: a tick whose answer passes
//!   what those before it have left is an `Error`, and counts nothing.
//! - K6 a process that joins a court later (PROTOCOL 5.15) has a second origin, its first slot there: up to it nothing is due behind the slot
//!   before, and from it on nobody needs what lies before, which is outside of the law.

use aosec_wire::Tags;

use super::input::Moment;
use crate::store::cron::Tick;

/// Ticks between two slots (D25): a process that wakes each second stays awake for a quarter of an hour behind each message.
pub const TICKS_MAX: usize = 1_000;
/// Bytes that all ticks between two slots answer with: as many as one message, so that whoever computes a process knows what a slot may
/// cost him on the disk.
pub const GAP_BYTES_MAX: usize = aosec_wire::limits::OUTCOME_BYTES_MAX;
/// Intervals of one process: each is looked at for every slot.
const RULES_MAX: usize = 16;
const INTERVAL: &str = "Cron-Interval";
const TAG: &str = "Cron-Tag-";

const SECOND_MS: u64 = 1_000;
/// A longer interval is none that anybody waits for, and sums stay far from the end of the numbers.
const INTERVAL_MS_MAX: u64 = 100 * 8_766 * 3_600 * SECOND_MS;
/// As many blocks as a century has, at one each second.
const INTERVAL_BLOCKS_MAX: u64 = INTERVAL_MS_MAX / SECOND_MS;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Each so many milliseconds.
    Time(u64),
    /// Each so many blocks.
    Blocks(u64),
}

/// One interval, and what its ticks carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How often.
    pub every: Every,
    /// The interval as the spawn spells it.
    pub text: String,
    /// The tags of its ticks.
    pub tags: Tags,
}

/// All intervals of a process, in the order of its tags; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Rule>);

impl Schedule {
    /// The schedule that a spawn's tags set; none where they set none (K1).
    ///
    /// # Errors
    /// [`CronError`].
    pub fn read(tags: &Tags) -> Result<Option<Self>, CronError> {
        let mut rules: Vec<Rule> = Vec::new();
        for (name, value) in tags.iter() {
            if name == INTERVAL {
                rules.push(rule(value)?);
            } else if let Some(own) = name.strip_prefix(TAG).filter(|own| !own.is_empty()) {
                let rule = rules.last_mut();
                let rule = rule.ok_or_else(|| CronError::Unmatched(name.to_owned()))?;
                rule.tags.push(own, value);
            }
        }
        match rules.len() {
            0 => Ok(None),
            count if count > RULES_MAX => Err(CronError::TooMany(count)),
            _ => Ok(Some(Self(rules))),
        }
    }

    /// The rule of a tick; none where it is of another schedule.
    #[must_use]
    pub fn rule(&self, rule: u32) -> Option<&Rule> {
        self.0.get(usize::try_from(rule).ok()?)
    }

    /// All rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// The ticks behind a slot stamped `left` and before one stamped `right`, in order (K3, K4).
    #[must_use]
    pub fn between(&self, origin: Moment, left: Moment, right: Moment) -> Vec<Tick> {
        let blocks = Beats {
            from: left.height.saturating_add(1),
            until: right.height.saturating_add(1),
            origin: origin.height,
        };
        let mut at = left;
        let mut ticks = Vec::new();
        for (stamp, rule) in self.merged(blocks, Every::blocks) {
            at.height = stamp;
            ticks.push(tick(rule, stamp, at));
        }
        let times = Beats {
            from: left.timestamp_ms,
            until: right.timestamp_ms,
            origin: origin.timestamp_ms,
        };
        for (stamp, rule) in self.merged(times, Every::milliseconds) {
            at.timestamp_ms = stamp;
            ticks.push(tick(rule, stamp, at));
        }
        ticks.truncate(TICKS_MAX);
        ticks
    }

    /// What is due of the intervals that `period` knows, in order of time; at one time the shortest interval first, then the first tag.
    fn merged(&self, beats: Beats, period: fn(Every) -> Option<u64>) -> Vec<(u64, u32)> {
        let mut due: Vec<(u64, u64, u32)> = Vec::new();
        for (number, rule) in (0_u32..).zip(&self.0) {
            let Some(period) = period(rule.every) else {
                continue;
            };
            due.extend(
                beats
                    .of(period)
                    .take(TICKS_MAX)
                    .map(|stamp| (stamp, period, number)),
            );
        }
        due.sort_unstable();
        due.truncate(TICKS_MAX);
        due.into_iter()
            .map(|(stamp, _period, rule)| (stamp, rule))
            .collect()
    }
}

const fn tick(rule: u32, stamp: u64, seen: Moment) -> Tick {
    Tick {
        rule,
        stamp,
        timestamp_ms: seen.timestamp_ms,
        height: seen.height,
    }
}

impl Every {
    fn blocks(self) -> Option<u64> {
        match self {
            Self::Blocks(count) => Some(count),
            Self::Time(_) => None,
        }
    }

    fn milliseconds(self) -> Option<u64> {
        match self {
            Self::Time(every) => Some(every),
            Self::Blocks(_) => None,
        }
    }
}

/// Where beats are looked for: from `from` on, before `until`, counted from `origin`, which is none itself.
#[derive(Clone, Copy)]
struct Beats {
    from: u64,
    until: u64,
    origin: u64,
}

impl Beats {
    fn of(self, period: u64) -> impl Iterator<Item = u64> {
        let passed = self
            .from
            .saturating_sub(self.origin)
            .div_ceil(period)
            .max(1);
        let beat = move |number: u64| self.origin.checked_add(number.checked_mul(period)?);
        (passed..)
            .map_while(beat)
            .take_while(move |stamp| *stamp < self.until)
    }
}

fn rule(text: &str) -> Result<Rule, CronError> {
    let every = every(text).ok_or_else(|| CronError::Interval(text.to_owned()))?;
    Ok(Rule {
        every,
        text: text.to_owned(),
        tags: Tags::new(),
    })
}

/// A number above zero, a hyphen, a unit: the units of time that old clients write, and blocks. Parts of a second do not count.
fn every(text: &str) -> Option<Every> {
    let (count, unit) = text.split_once('-')?;
    let count: u64 = count.trim().parse().ok()?;
    let seconds = match unit.trim().to_ascii_lowercase().as_str() {
        "block" | "blocks" => {
            return (1..=INTERVAL_BLOCKS_MAX)
                .contains(&count)
                .then_some(Every::Blocks(count));
        }
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => count / SECOND_MS,
        "s" | "sec" | "secs" | "second" | "seconds" => count,
        "m" | "min" | "mins" | "minute" | "minutes" => count.checked_mul(60)?,
        "h" | "hr" | "hrs" | "hour" | "hours" => count.checked_mul(3_600)?,
        "d" | "day" | "days" => count.checked_mul(86_400)?,
        "w" | "week" | "weeks" => count.checked_mul(604_800)?,
        // As old clients count it: 365.25 days.
        "y" | "yr" | "yrs" | "year" | "years" => count.checked_mul(31_557_600)?,
        _ => return None,
    };
    let ms = seconds.checked_mul(SECOND_MS)?;
    (SECOND_MS..=INTERVAL_MS_MAX)
        .contains(&ms)
        .then_some(Every::Time(ms))
}

/// Why a schedule cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// No interval.
    #[error(
        "Cron-Interval '{0}' is no interval: a number above zero, a hyphen, and seconds, minutes, hours, days, weeks, years or blocks, as in \
         10-seconds; at least one second (a month has no fixed length: give days)"
    )]
    Interval(String),
    /// A tag for ticks before there are any.
    #[error("{0} stands before the first Cron-Interval, so no tick can carry it")]
    Unmatched(String),
    /// Too many intervals.
    #[error("{0} tags Cron-Interval; a process has at most {RULES_MAX}")]
    TooMany(usize),
}
