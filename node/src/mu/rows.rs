//! How an entry stands in the store's columns, and back: the one place where words become numbers.
//!
//! Reading checks what writing wrote; a row that this program cannot have written is named and not used.

use super::entry::{Entry, Family, Origin};
use super::outbox::{Ending, Entrance, Load, Nature, Reason, Receipt, Refusal, State, Tries};
use super::push::{Assign, Kind};
use crate::store::StoreError;
use crate::store::outbox::{Progress, Row, Sender as SenderColumns};

impl From<&Entry> for Row {
    fn from(entry: &Entry) -> Self {
        let assign = entry.assign.as_ref();
        Self {
            key: entry.key,
            load: entry.nature.load as u8,
            pushed: entry.nature.entrance == Entrance::Pushed,
            process: entry.process,
            message: entry.message,
            is_cast: entry.nature.is_cast,
            base_layer: assign.is_some_and(|assign| assign.base_layer),
            exclude: assign
                .map(|assign| assign.exclude.join(","))
                .unwrap_or_default(),
            root: entry.family.root,
            pushed_for: entry.family.pushed_for,
            depth: entry.family.depth,
            parent: entry.family.parent,
            sender: entry.origin.map(|origin| SenderColumns {
                process: origin.process,
                slot: origin.slot,
                kind: origin.kind as u8,
                position: origin.index,
            }),
            progress: progress_of(&entry.state),
            remark: entry.remark.clone(),
        }
    }
}

impl TryFrom<Row> for Entry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let damaged = |column| StoreError::Damaged {
            what: format!("outbox.{column} of {}", row.key),
        };
        let load = match row.load {
            0 => Load::Message,
            1 => Load::Spawn,
            2 => Load::Assign,
            _ => return Err(damaged("load")),
        };
        let entrance = if row.pushed {
            Entrance::Pushed
        } else {
            Entrance::FirstHop
        };
        let origin = |columns: SenderColumns| -> Result<Origin, StoreError> {
            let kind = kind_of(columns.kind).ok_or_else(|| damaged("kind"))?;
            let SenderColumns {
                process,
                slot,
                position: index,
                ..
            } = columns;
            Ok(Origin {
                process,
                slot,
                kind,
                index,
            })
        };
        Ok(Self {
            key: row.key,
            nature: Nature {
                entrance,
                load,
                is_cast: row.is_cast,
            },
            process: row.process,
            message: row.message,
            assign: (load == Load::Assign).then(|| assign_of(&row)),
            family: Family {
                root: row.root,
                pushed_for: row.pushed_for,
                depth: row.depth,
                parent: row.parent,
            },
            origin: row.sender.map(origin).transpose()?,
            state: state_of(&row.progress).ok_or_else(|| damaged("stage"))?,
            remark: row.remark,
        })
    }
}

fn assign_of(row: &Row) -> Assign {
    let exclude = row.exclude.split(',').filter(|field| !field.is_empty());
    Assign {
        process: row.process,
        message: row.message,
        base_layer: row.base_layer,
        exclude: exclude.map(str::to_owned).collect(),
    }
}

fn kind_of(code: u8) -> Option<Kind> {
    [Kind::Message, Kind::Spawn, Kind::Assignment, Kind::Spawned]
        .into_iter()
        .find(|kind| *kind as u8 == code)
}

/// The stages as numbers, in the order of a life: up to [`stage::UPLOADING`] an entry has not left, up to
/// [`stage::COMPUTING`] there is something to do, up to [`stage::FANNED_OUT`] it has not ended.
pub(super) mod stage {
    /// Kept.
    pub(in crate::mu) const RECEIVED: u8 = 0;
    /// Tried before.
    pub(in crate::mu) const SUBMITTING: u8 = 1;
    /// On its way to the base layer.
    pub(in crate::mu) const UPLOADING: u8 = 2;
    /// It has a slot.
    pub(in crate::mu) const SCHEDULED: u8 = 3;
    /// Its result was asked for before.
    pub(in crate::mu) const COMPUTING: u8 = 4;
    /// Its children are under way.
    pub(in crate::mu) const FANNED_OUT: u8 = 5;
    /// Ended.
    pub(in crate::mu) const DONE: u8 = 6;
    /// Ended on the base layer.
    pub(in crate::mu) const UPLOADED: u8 = 7;
    /// Ended without an answer.
    pub(in crate::mu) const UNASSIGNED: u8 = 8;
    /// Ended by a refusal.
    pub(in crate::mu) const REFUSED: u8 = 9;
}

/// A state as columns.
#[must_use]
pub(super) fn progress_of(state: &State) -> Progress {
    let Tries { failed, noes } = tries_of(state);
    let receipt = state.receipt();
    Progress {
        stage: stage_of(state),
        failed,
        noes,
        receipt: receipt.map(|receipt| (receipt.slot, receipt.assignment.clone())),
        refusal: match state {
            State::Refused(refusal) => Some(refusal_columns(&refusal.reason)),
            _ => None,
        },
    }
}

/// The number of a state's stage.
#[must_use]
pub(super) fn stage_of(state: &State) -> u8 {
    match state {
        State::Received => stage::RECEIVED,
        State::Submitting(_) => stage::SUBMITTING,
        State::Uploading(_) => stage::UPLOADING,
        State::Scheduled(_) => stage::SCHEDULED,
        State::Computing(..) => stage::COMPUTING,
        State::FannedOut(_) => stage::FANNED_OUT,
        State::Done(Ending::Scheduled(_)) => stage::DONE,
        State::Done(Ending::Uploaded) => stage::UPLOADED,
        State::Unassigned => stage::UNASSIGNED,
        State::Refused(_) => stage::REFUSED,
    }
}

fn tries_of(state: &State) -> Tries {
    match state {
        State::Submitting(tries) | State::Uploading(tries) | State::Computing(_, tries) => *tries,
        _ => Tries::default(),
    }
}

fn refusal_columns(reason: &Reason) -> (u8, String) {
    match reason {
        Reason::Scheduler(words) => (0, words.clone()),
        Reason::UnknownProcess => (1, String::new()),
        Reason::Compute(words) => (2, words.clone()),
        Reason::BaseLayer(words) => (3, words.clone()),
    }
}

fn reason_of((refuser, words): (u8, String)) -> Option<Reason> {
    match refuser {
        0 => Some(Reason::Scheduler(words)),
        1 => Some(Reason::UnknownProcess),
        2 => Some(Reason::Compute(words)),
        3 => Some(Reason::BaseLayer(words)),
        _ => None,
    }
}

fn state_of(progress: &Progress) -> Option<State> {
    let tries = Tries {
        failed: progress.failed,
        noes: progress.noes,
    };
    let receipt = progress
        .receipt
        .clone()
        .map(|(slot, assignment)| Receipt { slot, assignment });
    Some(match progress.stage {
        stage::RECEIVED => State::Received,
        stage::SUBMITTING => State::Submitting(tries),
        stage::UPLOADING => State::Uploading(tries),
        stage::SCHEDULED => State::Scheduled(receipt?),
        stage::COMPUTING => State::Computing(receipt?, tries),
        stage::FANNED_OUT => State::FannedOut(receipt?),
        stage::DONE => State::Done(Ending::Scheduled(receipt?)),
        stage::UPLOADED => State::Done(Ending::Uploaded),
        stage::UNASSIGNED => State::Unassigned,
        stage::REFUSED => {
            let reason = reason_of(progress.refusal.clone()?)?;
            State::Refused(Refusal { receipt, reason })
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn every_state() -> Vec<State> {
        let receipt = Receipt {
            slot: 7,
            assignment: Bytes::from_static(b"signed"),
        };
        let tries = Tries { failed: 3, noes: 2 };
        let refused = |reason, receipt| State::Refused(Refusal { receipt, reason });
        vec![
            State::Received,
            State::Submitting(tries),
            State::Uploading(tries),
            State::Scheduled(receipt.clone()),
            State::Computing(receipt.clone(), tries),
            State::FannedOut(receipt.clone()),
            State::Done(Ending::Scheduled(receipt.clone())),
            State::Done(Ending::Uploaded),
            State::Unassigned,
            refused(Reason::Scheduler("no".into()), None),
            refused(Reason::UnknownProcess, None),
            refused(Reason::Compute("never".into()), Some(receipt)),
            refused(Reason::BaseLayer("too large".into()), None),
        ]
    }

    #[test]
    fn every_state_survives_its_columns() {
        for state in every_state() {
            assert_eq!(state_of(&progress_of(&state)), Some(state));
        }
    }

    #[test]
    fn a_stage_without_its_receipt_is_damage() {
        let progress = Progress {
            stage: stage::SCHEDULED,
            ..Progress::default()
        };
        assert_eq!(state_of(&progress), None);
    }

    #[test]
    fn stages_stand_in_the_order_of_a_life() {
        for state in every_state() {
            assert_eq!(
                state.is_ended(),
                stage_of(&state) > stage::FANNED_OUT,
                "{state:?}"
            );
        }
    }
}
