//! One row a figure: what, how much, the limit or peer beside it, the ratio, the goal.

use std::fmt;

/// Rows in the order in which they were measured.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; 5]>);

/// Titles of the columns.
const HEAD: [&str; 5] = ["what", "figure", "limit or peer", "ratio", "goal"];

impl Table {
    /// Adds a row and shows it at once, because a whole run takes minutes.
    pub(crate) fn row(
        &mut self,
        what: &str,
        figure: String,
        beside: String,
        ratio: Option<f64>,
        goal: &str,
    ) {
        let ratio = ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}"));
        eprintln!("{what}: {figure} beside {beside}, ratio {ratio}, goal {goal}");
        self.0
            .push([what.into(), figure, beside, ratio, goal.into()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_row(f, &HEAD.map(String::from))?;
        write_row(f, &HEAD.map(|_| "---".to_owned()))?;
        self.0.iter().try_for_each(|row| write_row(f, row))
    }
}

fn write_row(f: &mut fmt::Formatter<'_>, row: &[String; 5]) -> fmt::Result {
    writeln!(f, "| {} |", row.join(" | "))
}

/// A rate for a person.
pub(crate) fn per_second(rate: f64) -> String {
    if rate >= 1_000.0 {
        format!("{:.1} k/s", rate / 1_000.0)
    } else {
        format!("{rate:.0} /s")
    }
}

/// A time for a person.
pub(crate) fn millis(time: std::time::Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// A short time for a person.
pub(crate) fn micros(time: std::time::Duration) -> String {
    format!("{:.0} us", time.as_secs_f64() * 1e6)
}

/// The value below which `part` of the sorted times lie.
pub(crate) fn percentile(sorted: &[std::time::Duration], part: f64) -> std::time::Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a length is an index"
    )]
    let at = ((sorted.len() as f64) * part) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}
