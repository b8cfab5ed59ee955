//! What the owner of a log answers to a message that has its slot already: which one, whatever else keeps the log from going on.

use aosec_wire::{Assignment, Id};

use super::{
    actor::{Actor, reply},
    admission::{Verdict, admit},
    refusal::Refusal,
    registry::{Request, Signed},
};
use crate::store::receipt;

impl Actor {
    /// Answers what the court keeps from getting slots: a message that has one already is told so, as at any other time.
    pub(super) async fn turn_away(&self, requests: Vec<Request>, reason: &Refusal) {
        let known = self.known(&requests).await.unwrap_or_else(|error| {
            tracing::warn!(%error, process = %self.process, "refused messages are not looked for in the log");
            Vec::new()
        });
        let wants = requests.iter().map(|request| &request.want);
        let verdicts = admit(wants, &known, self.last.is_none());
        for (request, verdict) in requests.into_iter().zip(verdicts) {
            let answer = match verdict {
                Verdict::Stands(slot) => self.stands(request.want.message(), slot).await,
                Verdict::Take | Verdict::Twin(_) | Verdict::NoProcess => reason.clone(),
            };
            reply(request, Err(answer));
        }
    }

    pub(super) fn twin(&self, message: Id, first: Option<&Signed>) -> Refusal {
        let assignment = first.map(|first| &first.assignment);
        Refusal::AlreadyScheduled {
            message,
            process: self.process,
            slot: assignment.map_or(0, Assignment::nonce),
            assignment: assignment.map(Assignment::id),
        }
    }

    pub(super) async fn stands(&self, message: Id, slot: u64) -> Refusal {
        let found = receipt::id(&self.shared.store, self.process, slot).await;
        let assignment = found.unwrap_or_else(|error| {
            tracing::warn!(%error, process = %self.process, slot, "a repeated message is answered without its assignment");
            None
        });
        let signed = self.tail.get();
        let fresh = signed.iter().find(|one| one.assignment.nonce() == slot);
        let assignment = assignment.or(fresh.map(|one| one.assignment.id()));
        Refusal::AlreadyScheduled {
            message,
            process: self.process,
            slot,
            assignment,
        }
    }
}
