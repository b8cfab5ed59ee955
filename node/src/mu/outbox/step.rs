//! The step itself: one function for each event.

use super::{
    Effect, Ending, Entrance, Event, Load, Nature, Reason, Receipt, Refusal, State, Tries,
};
use crate::mu::budget;

/// Decides what `event` makes of an entry. `jitter` is any number; it spreads the pauses. An answer implies that the question
/// was asked, so the state before the question need not be stored.
#[must_use]
pub fn step(nature: Nature, state: State, event: Event, jitter: u64) -> (State, Vec<Effect>) {
    match event {
        Event::Begin => begin(state),
        Event::Again => again(nature, state),
        Event::Assigned(receipt) => assigned(nature, state, receipt),
        Event::Unknown => unknown(nature, begin(state).0, jitter),
        Event::Hitch => hitch(begin(state).0, jitter),
        Event::Declined(words) => declined(nature, begin(state).0, words, jitter),
        Event::FirstHopOver => first_hop_over(nature, state),
        Event::Uploaded => uploaded(state),
        Event::Ordered => ordered(begin(state).0),
        Event::Pushed => pushed(begin(state).0),
        Event::ChildrenEnded => children_ended(state),
    }
}

fn begin(state: State) -> (State, Vec<Effect>) {
    match state {
        State::Received => (State::Submitting(Tries::default()), vec![Effect::Submit]),
        State::Submitting(_) => (state, vec![Effect::Submit]),
        State::Uploading(_) => (state, vec![Effect::Upload]),
        State::Scheduled(receipt) => (
            State::Computing(receipt, Tries::default()),
            vec![Effect::Compute],
        ),
        State::Computing(..) => (state, vec![Effect::Compute]),
        other => (other, vec![]),
    }
}

/// What has a slot is answered at once; what ended without one is tried again, if it was a client's.
fn again(nature: Nature, state: State) -> (State, Vec<Effect>) {
    let retry = nature.entrance == Entrance::FirstHop;
    match state {
        State::Unassigned => begin(State::Received),
        State::Refused(Refusal {
            receipt: Some(receipt),
            ..
        }) => (
            State::Computing(receipt, Tries::default()),
            vec![Effect::Answer, Effect::Compute],
        ),
        State::Refused(_) if retry => begin(State::Received),
        State::Received | State::Submitting(_) => (state, vec![]),
        other => (other, vec![Effect::Answer]),
    }
}

/// A slot counts whenever its proof arrives, also after the first hop's time or a refusal.
fn assigned(nature: Nature, state: State, receipt: Receipt) -> (State, Vec<Effect>) {
    if state.receipt().is_some() || state == State::Done(Ending::Uploaded) {
        return (state, vec![]);
    }
    if nature.is_cast {
        let ending = Ending::Scheduled(receipt);
        return (State::Done(ending), vec![Effect::Answer]);
    }
    let mut effects = vec![Effect::Answer, Effect::Pause { wait_ms: 0 }];
    if (nature.entrance, nature.load) == (Entrance::Pushed, Load::Spawn) {
        effects.push(Effect::Adopt);
    }
    (State::Scheduled(receipt), effects)
}

/// A process that was spawned a moment ago may not be visible yet; a wallet never will be.
fn unknown(nature: Nature, state: State, jitter: u64) -> (State, Vec<Effect>) {
    let State::Submitting(tries) = state else {
        return (state, vec![]);
    };
    let tries = tries.with_no();
    if tries.noes < budget::noes_max(nature.entrance) {
        return (State::Submitting(tries), pause(tries.noes, jitter));
    }
    if (nature.entrance, nature.load) == (Entrance::Pushed, Load::Message) {
        return (State::Uploading(Tries::default()), vec![Effect::Upload]);
    }
    refused(None, Reason::UnknownProcess)
}

/// A client hears a refusal at once (D7). What was pushed asks again some times: its process may be on the way to another host.
fn declined(nature: Nature, state: State, words: String, jitter: u64) -> (State, Vec<Effect>) {
    match state {
        State::Submitting(tries) => {
            let tries = tries.with_no();
            let patient = nature.entrance == Entrance::Pushed;
            if patient && tries.noes < budget::noes_max(nature.entrance) {
                return (State::Submitting(tries), pause(tries.noes, jitter));
            }
            refused(None, Reason::Scheduler(words))
        }
        State::Uploading(_) => refused(None, Reason::BaseLayer(words)),
        State::Computing(receipt, _) => refused(Some(receipt), Reason::Compute(words)),
        other => (other, vec![]),
    }
}

fn hitch(state: State, jitter: u64) -> (State, Vec<Effect>) {
    let (state, failed) = match state {
        State::Submitting(tries) => (State::Submitting(tries.once_more()), tries.failed),
        State::Uploading(tries) => (State::Uploading(tries.once_more()), tries.failed),
        State::Computing(receipt, tries) => {
            (State::Computing(receipt, tries.once_more()), tries.failed)
        }
        other => return (other, vec![]),
    };
    (state, pause(failed.saturating_add(1), jitter))
}

fn first_hop_over(nature: Nature, state: State) -> (State, Vec<Effect>) {
    match (nature.entrance, state) {
        (Entrance::FirstHop, State::Received | State::Submitting(_)) => {
            (State::Unassigned, vec![Effect::Answer])
        }
        (_, other) => (other, vec![]),
    }
}

fn uploaded(state: State) -> (State, Vec<Effect>) {
    match state {
        State::Uploading(_) => (State::Done(Ending::Uploaded), vec![Effect::Answer]),
        other => (other, vec![]),
    }
}

/// Whoever hosts a receiver pushes what it comes to, so nothing is left to do here.
fn ordered(state: State) -> (State, Vec<Effect>) {
    match state {
        State::Submitting(_) => (State::Done(Ending::Uploaded), vec![Effect::Answer]),
        other => (other, vec![]),
    }
}

fn pushed(state: State) -> (State, Vec<Effect>) {
    match state {
        State::Computing(receipt, _) => (State::FannedOut(receipt), vec![Effect::Adopt]),
        other => (other, vec![]),
    }
}

fn children_ended(state: State) -> (State, Vec<Effect>) {
    match state {
        State::FannedOut(receipt) => (State::Done(Ending::Scheduled(receipt)), vec![]),
        other => (other, vec![]),
    }
}

fn refused(receipt: Option<Receipt>, reason: Reason) -> (State, Vec<Effect>) {
    let refusal = Refusal { receipt, reason };
    (State::Refused(refusal), vec![Effect::Answer])
}

fn pause(attempt: u32, jitter: u64) -> Vec<Effect> {
    vec![Effect::Pause {
        wait_ms: budget::backoff_ms(attempt, jitter),
    }]
}
