//! Whom to ask, in which order, and for how long. What the answers are worth is decided in [`super::agreement`].
//!
//! A question has a deadline of its own, whatever gateways and requests it takes. Gateways that failed lately are asked last.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::agreement::quorum;
use super::data::Parcel;
use super::peer::Peer;
use super::request::Fault;
use super::{Gateway, GatewayError, absent, note};

/// What the slower gateways get beside a quorum: a liar that answers late delays nobody for longer.
const GRACE: Duration = Duration::from_millis(500);
/// What a second gateway gets to take a transaction that one has taken.
const POST_GRACE: Duration = Duration::from_secs(5);
/// Gateways that shall take a transaction: one may lie about it, or lose it.
const TAKERS: usize = 2;

/// What several gateways said.
pub(super) struct Answers<T> {
    /// In the order of the configuration.
    pub(super) given: Vec<(Peer, T)>,
    pub(super) faults: Vec<Fault>,
}

impl Gateway {
    /// Asks one after the other until one has the thing. It is absent if nobody has it and a quorum says so.
    pub(super) async fn find<T, F, Ask>(&self, ask: F) -> Result<Option<T>, GatewayError>
    where
        F: Fn(Peer) -> Ask,
        Ask: Future<Output = Result<Option<T>, Fault>>,
    {
        let until = Instant::now() + self.deadlines.question;
        let (mut absences, mut faults) = (0, Vec::new());
        for peer in self.in_order() {
            match timeout_at(until, ask(peer.clone())).await {
                Ok(Ok(Some(found))) => return Ok(Some(found)),
                Ok(Ok(None)) => absences += 1,
                Ok(Err(fault)) => note(&peer, fault, &mut faults),
                Err(_passed) => {
                    note(&peer, Fault::Late, &mut faults);
                    break;
                }
            }
        }
        absent(absences, self.peers.len(), faults)
    }

    /// Asks one after the other until one answers.
    pub(super) async fn first<T, F, Ask>(&self, ask: F) -> Result<T, GatewayError>
    where
        F: Fn(Peer) -> Ask,
        Ask: Future<Output = Result<T, Fault>>,
    {
        let until = Instant::now() + self.deadlines.question;
        let mut faults = Vec::new();
        for peer in self.in_order() {
            let answer = timeout_at(until, ask(peer.clone())).await;
            match answer.unwrap_or(Err(Fault::Late)) {
                Ok(answer) => return Ok(answer),
                Err(fault) => note(&peer, fault, &mut faults),
            }
        }
        Err(GatewayError::Unanswered { faults })
    }

    /// Asks all at once. When a quorum has answered, the others get [`GRACE`].
    pub(super) async fn opinions<T, F, Ask>(&self, ask: F) -> Answers<T>
    where
        T: Send + 'static,
        F: Fn(Peer) -> Ask,
        Ask: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let mut asked = JoinSet::new();
        for (number, peer) in self.peers.iter().enumerate() {
            let answer = ask(peer.clone());
            asked.spawn(async move { (number, answer.await) });
        }
        let mut until = Instant::now() + self.deadlines.question;
        let (mut given, mut faults) = (Vec::new(), Vec::new());
        while let Ok(Some(joined)) = timeout_at(until, asked.join_next()).await {
            let Ok((number, answer)) = joined else {
                continue;
            };
            let peer = &self.peers[number];
            match answer {
                Ok(answer) => given.push((number, answer)),
                Err(fault) => note(peer, fault, &mut faults),
            }
            if given.len() == quorum(self.peers.len()) {
                until = until.min(Instant::now() + GRACE);
            }
        }
        given.sort_by_key(|(number, _)| *number);
        let given = given.into_iter();
        Answers {
            given: given
                .map(|(number, answer)| (self.peers[number].clone(), answer))
                .collect(),
            faults,
        }
    }

    /// Gives the parcel to all gateways. One that takes it is enough, but a second one gets [`POST_GRACE`]; the rest go on unwatched
    /// until their deadline.
    pub(super) async fn hand_out(&self, parcel: Parcel) -> Result<(), GatewayError> {
        let parcel = Arc::new(parcel);
        let mut asked = JoinSet::new();
        for (number, peer) in self.peers.iter().enumerate() {
            let (peer, parcel) = (peer.clone(), Arc::clone(&parcel));
            asked.spawn(async move {
                let posted = timeout(peer.deadlines().post, peer.post(&parcel)).await;
                (number, posted.unwrap_or(Err(Fault::Late)))
            });
        }
        let mut until = Instant::now() + 2 * self.deadlines.post;
        let (mut takers, mut faults) = (0, Vec::new());
        while let Ok(Some(joined)) = timeout_at(until, asked.join_next()).await {
            match joined {
                Ok((_number, Ok(()))) => takers += 1,
                Ok((number, Err(fault))) => note(&self.peers[number], fault, &mut faults),
                Err(stopped) => tracing::warn!(%stopped, "posting to a gateway was stopped"),
            }
            if takers >= TAKERS {
                break;
            }
            if takers > 0 {
                until = until.min(Instant::now() + POST_GRACE);
            }
        }
        asked.detach_all();
        if takers == 0 {
            return Err(GatewayError::Unanswered { faults });
        }
        Ok(())
    }

    /// In the order of the configuration, those that rest behind the others.
    fn in_order(&self) -> Vec<Peer> {
        let (resting, awake): (Vec<Peer>, Vec<Peer>) =
            self.peers.iter().cloned().partition(Peer::is_resting);
        [awake, resting].concat()
    }
}
