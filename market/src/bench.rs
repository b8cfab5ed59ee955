//! Who sits beside the house: the port through which cases are judged (6), without the house knowing how.
//!
//! The house keeps the order of one message (3.4) and the one queue of due transitions with its one counter (3.5). Messages that
//! it does not know and transitions that it did not schedule it hands to the bench, with itself, to be acted on through
//! [`crate::counter`].

use serde_json::Value;

use crate::court::Court;
use crate::message::{Item, Tick};
use crate::outcome::{CaseRow, Refusal};

/// What a foreign transition needs before it can be applied (3.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// The process whose head it needs; it looks there first.
    pub process: Option<String>,
    /// The message whose place in that process's log it needs.
    pub message: Option<String>,
}

/// Judges what the house does not know.
pub trait Bench {
    /// The action of this name, if the bench knows it.
    fn action(&self, name: &str) -> Option<&'static str>;

    /// A message begins: no row has changed yet.
    fn begin(&mut self);

    /// Judges a message with an action of the bench, after fee and looks; gives the fields of the answer.
    ///
    /// # Errors
    /// Why it is refused; then nothing has changed.
    fn judge(&mut self, court: &mut Court, item: &Item) -> Result<Value, Refusal>;

    /// `Settle` with a case: its state afterwards.
    ///
    /// # Errors
    /// `6.5 case`.
    fn settle(&mut self, court: &mut Court, item: &Item) -> Result<&'static str, Refusal>;

    /// What one of its transitions needs; none where it is stale.
    fn need(&self, court: &Court, entry: u64) -> Option<Need>;

    /// Applies one of its transitions, after the look.
    fn apply(&mut self, court: &mut Court, tick: &Tick, entry: u64);

    /// A Tick begins: what is old enough is forgotten (6).
    fn forget(&mut self, court: &mut Court);

    /// The rows of cases that the message has made or changed, in the order of the first change.
    fn rows(&self, court: &Court) -> Vec<CaseRow>;
}

/// Nobody: there are no cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Empty;

impl Bench for Empty {
    fn action(&self, _name: &str) -> Option<&'static str> {
        None
    }

    fn begin(&mut self) {}

    fn judge(&mut self, _court: &mut Court, _item: &Item) -> Result<Value, Refusal> {
        Err(Refusal("2.2 action"))
    }

    fn settle(&mut self, _court: &mut Court, _item: &Item) -> Result<&'static str, Refusal> {
        Err(Refusal("6.5 case"))
    }

    fn need(&self, _court: &Court, _entry: u64) -> Option<Need> {
        None
    }

    fn apply(&mut self, _court: &mut Court, _tick: &Tick, _entry: u64) {}

    fn forget(&mut self, _court: &mut Court) {}

    fn rows(&self, _court: &Court) -> Vec<CaseRow> {
        Vec::new()
    }
}
