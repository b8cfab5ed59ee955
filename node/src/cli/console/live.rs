//! What happens to the process meanwhile: results behind a cursor, shown beside the line that is being typed.
//!
//! A CU lists what it has computed and computes nothing for a list, so the newest slot is looked for first: the CU is asked for slots
//! ever further ahead, and stops at the first that is not there.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::super::exit::CliError;
use super::answer::{Answer, Look};
use super::link::Link;

/// A person takes this for at once; a unit far away is asked some times a second by nobody.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Failed looks before a person is told: one may be lost on the way.
const FAILURES_TOLD: u32 = 3;
/// Steps ahead in one look: doubling, 2^16 slots a second are more than one process takes.
const STEPS_MAX: u32 = 16;

/// Takes a whole line to where a person sees it.
pub(super) type Printer = Box<dyn FnMut(String) + Send>;

/// The task that looks, ended with its owner.
#[derive(Debug)]
pub(super) struct Live {
    prompt: Arc<Mutex<Option<String>>>,
    task: JoinHandle<()>,
}

impl Live {
    /// Begins to look, from the newest result on.
    pub(super) fn start(link: Arc<Link>, look: Look, printer: Printer) -> Self {
        let prompt = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&prompt);
        let task = tokio::spawn(async move {
            let mut watch = Watch {
                link,
                look,
                printer,
                prompt: shared,
                at: Place::default(),
            };
            watch.run().await;
        });
        Self { prompt, task }
    }

    /// The newest prompt, once.
    pub(super) fn prompt(&self) -> Option<String> {
        let mut prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
        prompt.take()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Watch {
    link: Arc<Link>,
    look: Look,
    printer: Printer,
    prompt: Arc<Mutex<Option<String>>>,
    at: Place,
}

impl Watch {
    async fn run(&mut self) {
        let mut begun = false;
        let mut failures = 0_u32;
        loop {
            let looked = match begun {
                false => self.begin().await,
                true => self.look().await,
            };
            begun |= looked.is_ok();
            failures = self.heard(looked, failures);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn begin(&mut self) -> Result<(), CliError> {
        let newest = self.link.results(None, true).await?;
        self.at.pass(&newest);
        Ok(())
    }

    async fn look(&mut self) -> Result<(), CliError> {
        if let Some(slot) = self.at.slot {
            self.at.slot = Some(self.ahead(slot).await?);
        }
        let page = self.link.results(self.at.cursor.as_deref(), false).await?;
        for answer in self.at.pass(&page) {
            self.show(&answer);
        }
        Ok(())
    }

    /// The furthest slot that the CU has computed after this, in steps that double.
    async fn ahead(&mut self, mut slot: u64) -> Result<u64, CliError> {
        for step in (0..STEPS_MAX).map(|power| 1_u64 << power) {
            if !self.link.reach(slot.saturating_add(step)).await? {
                break;
            }
            slot = slot.saturating_add(step);
        }
        Ok(slot)
    }

    fn show(&mut self, answer: &Answer) {
        if answer.print && !answer.text.is_empty() {
            (self.printer)(format!("{}\n", self.look.words(&answer.text)));
        }
        if answer.prompt.is_some() {
            let mut prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
            prompt.clone_from(&answer.prompt);
        }
    }

    fn heard(&mut self, looked: Result<(), CliError>, failures: u32) -> u32 {
        let Err(error) = looked else {
            if failures >= FAILURES_TOLD {
                (self.printer)(format!(
                    "{}\n",
                    self.look.aside("what the process prints is shown again")
                ));
            }
            return 0;
        };
        let failures = failures.saturating_add(1);
        if failures == FAILURES_TOLD {
            let words = format!("what the process prints is not shown for now: {error}");
            (self.printer)(format!("{}\n", self.look.aside(&words)));
        }
        failures
    }
}

/// How far the results are read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Place {
    cursor: Option<String>,
    slot: Option<u64>,
}

impl Place {
    /// Goes behind a page; gives what stands on it.
    fn pass(&mut self, page: &Value) -> Vec<Answer> {
        let edges = page["edges"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(cursor) = edges.last().and_then(|edge| edge["cursor"].as_str()) {
            self.slot = self.slot.max(slot_of(cursor));
            self.cursor = Some(cursor.to_owned());
        }
        edges.iter().map(|edge| Answer::of(&edge["node"])).collect()
    }
}

/// The slot in a cursor (WIRE 1.2); none in one of another kind, with which only what the CU lists by itself is seen.
fn slot_of(cursor: &str) -> Option<u64> {
    let json: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
    let ordinate = &json["ordinate"];
    ordinate
        .as_str()
        .and_then(|slot| slot.parse().ok())
        .or_else(|| ordinate.as_u64())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_moves_the_place_and_an_empty_one_does_not() {
        let cursor = STANDARD.encode(
            json!({ "timestamp": 1, "ordinate": "7", "cron": null, "sort": "ASC" }).to_string(),
        );
        let said = json!({ "Output": { "data": "hi", "print": true } });
        let page = json!({ "pageInfo": { "hasNextPage": false }, "edges": [{ "node": said, "cursor": cursor }] });
        let mut place = Place::default();
        let answers = place.pass(&page);
        assert_eq!(answers.len(), 1);
        assert!(answers[0].print && answers[0].text == "hi");
        assert_eq!(
            place,
            Place {
                cursor: Some(cursor.clone()),
                slot: Some(7)
            }
        );
        assert!(place.pass(&json!({ "edges": [] })).is_empty());
        assert_eq!(place.cursor, Some(cursor));
        place.pass(&json!({ "edges": [{ "node": {}, "cursor": "of another kind" }] }));
        assert_eq!(
            place,
            Place {
                cursor: Some("of another kind".to_owned()),
                slot: Some(7)
            }
        );
    }
}
