//! The court's lists as the monitor reads them: whole where they are of a sensible length, else their newest rows, and what was left out
//! is said.
//!
//! A list is numbered from somewhere, because the court forgets its oldest rows, and does not say how long it is: where it ends is found
//! by asking for rows that may not be there.

use std::collections::{BTreeMap, BTreeSet};

use aosec_challenge::docket::forecast::{Hosted, Row, Shown};
use serde_json::Value;

use crate::cli::court::CourtClient;
use crate::cli::exit::CliError;

/// Rows of each list that are read: a hundred pages.
pub(super) const ROWS_MAX: u64 = 10_000;
/// Questions in search of the end of a list: doubling and halving ends sooner in any list that is numbered with 64 bits.
const QUESTIONS_MAX: u32 = 128;
/// Processes that are asked for one by one, beside those: a page each.
const NAMED_MAX: usize = 200;

/// What was not read, and so has no part in what is foretold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The oldest cases.
    pub(super) cases: u64,
    /// The oldest processes.
    pub(super) processes: u64,
    /// Whether unfinished cases of processes that the flags name may be among them.
    pub(super) is_named: bool,
}

/// The rows of a list from some index on.
struct Tail {
    rows: Vec<Value>,
    left_out: u64,
}

/// A list that can be asked for a page from an index on.
trait Pages {
    async fn page(&self, first: u64) -> Result<Value, CliError>;
}

struct OfCourt<'a> {
    court: &'a CourtClient,
    list: &'static str,
    process: Option<&'a str>,
}

impl Pages for OfCourt<'_> {
    async fn page(&self, first: u64) -> Result<Value, CliError> {
        let first = first.to_string();
        let mut query = vec![("first", first.as_str())];
        query.extend(self.process.map(|process| ("process", process)));
        self.court.get(self.list, &query).await
    }
}

/// What the court shows, and what of it was too much.
///
/// # Errors
/// As questions to the court, and rows that do not read.
pub(super) async fn shown(
    court: &CourtClient,
    process: Option<&str>,
    operator: Option<&str>,
) -> Result<(Shown, LeftOut), CliError> {
    let all = |list| OfCourt {
        court,
        list,
        process: None,
    };
    let processes = newest(&all("processes"), ROWS_MAX).await?;
    let cases = newest(&all("cases"), ROWS_MAX).await?;
    let mut left_out = LeftOut {
        cases: cases.left_out,
        processes: processes.left_out,
        is_named: operator.is_some() && (processes.left_out > 0 || cases.left_out > 0),
    };
    let mut found = Found::default();
    let asked: BTreeSet<String> = match (process, operator) {
        _ if left_out.cases == 0 => BTreeSet::new(),
        (Some(process), _) => [process.to_owned()].into(),
        (None, Some(operator)) => processes
            .rows
            .iter()
            .filter(|row| is_accused(row, operator))
            .filter_map(|row| row["Process"].as_str().map(str::to_owned))
            .collect(),
        (None, None) => BTreeSet::new(),
    };
    found.cases(cases.rows)?;
    found.processes(processes.rows)?;
    left_out.is_named |= asked.len() > NAMED_MAX;
    for process in asked.iter().take(NAMED_MAX) {
        let process = Some(process.as_str());
        let (court, list) = (court, "cases");
        let own = newest(
            &OfCourt {
                court,
                list,
                process,
            },
            ROWS_MAX,
        )
        .await?;
        left_out.is_named |= own.left_out > 0;
        found.cases(own.rows)?;
    }
    for process in found.nameless().into_iter().take(NAMED_MAX) {
        let row = court.get("processes", &[("process", &process)]).await?;
        found.processes(rows(row))?;
    }
    Ok((found.shown(), left_out))
}

/// Whether a process has cases that name a live lease of this operator.
fn is_accused(row: &Value, operator: &str) -> bool {
    let lease = &row["Lease"];
    lease["Operator"] == operator && lease["Cases"].as_u64() > Some(0)
}

/// Rows by name, each once.
#[derive(Default)]
struct Found {
    processes: BTreeMap<String, Hosted>,
    cases: BTreeMap<u64, Row>,
}

impl Found {
    fn processes(&mut self, rows: Vec<Value>) -> Result<(), CliError> {
        for row in rows {
            let row = Hosted::read(&row).ok_or_else(unreadable)?;
            self.processes.insert(row.process.clone(), row);
        }
        Ok(())
    }

    fn cases(&mut self, rows: Vec<Value>) -> Result<(), CliError> {
        for row in rows {
            let row = Row::read(&row).ok_or_else(unreadable)?;
            self.cases.insert(row.number, row);
        }
        Ok(())
    }

    /// Processes of unfinished cases that stand in no row yet.
    fn nameless(&self) -> BTreeSet<String> {
        let open = self
            .cases
            .values()
            .filter(|case| case.state.is_unfinished());
        let names = open.map(|case| &case.process);
        let lacking = names.filter(|name| !self.processes.contains_key(*name));
        lacking.cloned().collect()
    }

    /// A case whose process was not read is not foretold: nobody knows here what its lease has.
    fn shown(mut self) -> Shown {
        let known = &self.processes;
        self.cases
            .retain(|_, case| known.contains_key(&case.process));
        Shown {
            processes: self.processes.into_values().collect(),
            cases: self.cases.into_values().collect(),
        }
    }
}

/// The newest `most` rows of a list, at least; all of one that is no longer.
async fn newest(list: &impl Pages, most: u64) -> Result<Tail, CliError> {
    let first = list.page(1).await?;
    let next = first["Next"].as_u64();
    let mut page = rows(first);
    let Some(mut next) = next else {
        return Ok(Tail {
            rows: page,
            left_out: 0,
        });
    };
    let begins = next.saturating_sub(count(&page));
    let mut left_out = 0;
    if let Some(end) = end_behind(list, begins.saturating_add(most)).await? {
        left_out = end.saturating_sub(most).saturating_sub(begins);
        (page, next) = (Vec::new(), begins.saturating_add(left_out));
    }
    let mut more = Some(next);
    while let Some(from) = more {
        let read = list.page(from).await?;
        let next = read["Next"].as_u64().filter(|next| *next > from);
        let found = rows(read);
        // A list that grows while it is read ends somewhere all the same.
        more = next.filter(|_| !found.is_empty() && count(&page) <= 2 * most);
        page.extend(found);
    }
    Ok(Tail {
        rows: page,
        left_out,
    })
}

/// One behind the last index of a list, if it has a row at `from`.
async fn end_behind(list: &impl Pages, from: u64) -> Result<Option<u64>, CliError> {
    // Rows are there up to below `there`, and none is at `none`, once that is known.
    let (mut there, mut none, mut step, mut at) = (None, None, 1, from);
    for _question in 0..QUESTIONS_MAX {
        let page = list.page(at).await?;
        let (found, next) = (
            count(page["Rows"].as_array().map_or(&[], Vec::as_slice)),
            page["Next"].as_u64(),
        );
        match (found, next) {
            (0, _) => none = Some(at),
            (_, None) => return Ok(Some(at.saturating_add(found))),
            (_, Some(next)) => there = Some(next),
        }
        let Some(begin) = there else { return Ok(None) };
        at = match none {
            Some(none) if none <= begin => return Ok(Some(begin)),
            Some(none) => begin + (none - begin) / 2,
            None => begin.saturating_add(step),
        };
        step = step.saturating_mul(2);
    }
    Err(unreadable())
}

fn count(rows: &[Value]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

fn rows(mut page: Value) -> Vec<Value> {
    let rows = page["Rows"].as_array_mut();
    rows.map(std::mem::take).unwrap_or_default()
}

pub(super) fn unreadable() -> CliError {
    CliError::failure(
        "the court's rows do not read: its contract is of another version than this program",
    )
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    /// Rows that are their own index, a hundred a page, as the contract pages them.
    struct Numbers {
        first: u64,
        last: u64,
        asked: Cell<u64>,
    }

    impl Pages for Numbers {
        async fn page(&self, first: u64) -> Result<Value, CliError> {
            self.asked.set(self.asked.get() + 1);
            let from = first.max(self.first);
            let rows: Vec<u64> = (from..=self.last.min(from + 99)).collect();
            let next = (from + 100 <= self.last).then_some(from + 100);
            Ok(json!({ "Rows": rows, "Next": next }))
        }
    }

    #[tokio::test]
    async fn a_list_that_is_too_long_is_read_from_its_end() {
        for (first, last, most) in [
            (1, 0, 500),
            (1, 1, 500),
            (1, 100, 500),
            (1, 101, 500),
            (7, 450, 500),
            (1, 500, 500),
            (7, 506, 500),
            (1, 501, 500),
            (7, 507, 500),
            (1, 599, 500),
            (1, 600, 500),
            (1, 601, 500),
            (1_000, 1_000_000, 500),
            (900_000_007, 912_345_678, 10_000),
        ] {
            let list = Numbers {
                first,
                last,
                asked: Cell::new(0),
            };
            let tail = newest(&list, most).await.unwrap();
            let read: Vec<u64> = tail.rows.iter().map(|row| row.as_u64().unwrap()).collect();
            let from = first.max((last + 1).saturating_sub(most));
            assert_eq!(read, (from..=last).collect::<Vec<_>>(), "{first} to {last}");
            assert_eq!(tail.left_out, from - first, "{first} to {last}");
            let pages = most / 100 + 2;
            assert!(
                list.asked.get() <= pages + 60,
                "{} questions",
                list.asked.get()
            );
        }
    }

    fn case(number: u64, process: &str) -> Value {
        json!({
            "Case": number, "Kind": "Liveness", "State": "Open", "Process": process, "Epoch": 0, "Operator": "o", "Message": "m",
            "Deadline": 9, "Challengers": [],
        })
    }

    fn process(name: &str) -> Value {
        json!({ "Process": name, "Epoch": 0, "Min-Allocation": "5" })
    }

    #[test]
    fn what_is_read_twice_counts_once_and_a_case_of_an_unknown_process_is_not_foretold() {
        let mut found = Found::default();
        found
            .cases(vec![case(1, "a"), case(2, "b"), case(3, "c")])
            .unwrap();
        found.cases(vec![case(2, "b")]).unwrap();
        found.processes(vec![process("a"), process("a")]).unwrap();
        assert_eq!(
            found.nameless(),
            BTreeSet::from(["b".to_owned(), "c".to_owned()])
        );
        found.processes(vec![process("b")]).unwrap();
        let shown = found.shown();
        let numbers: Vec<u64> = shown.cases.iter().map(|case| case.number).collect();
        assert_eq!((numbers, shown.processes.len()), (vec![1, 2], 2));
        assert!(Found::default().cases(vec![json!({ "Case": 1 })]).is_err());
    }
}
