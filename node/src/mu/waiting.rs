//! Who waits for which entry, in memory: a client whose message somebody else is carrying is told when there is an answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aosec_wire::Id;
use tokio::sync::oneshot;

/// The waiting ones by entry. Each belongs to a first hop, and their number is bounded with them.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<BTreeMap<Id, Vec<oneshot::Sender<()>>>>);

impl Waiting {
    /// Resolves once [`Waiting::tell`] is called for `key`, after this call.
    pub(super) fn wait_for(&self, key: Id) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let list = waiting.entry(key).or_default();
        list.retain(|sender| !sender.is_closed());
        list.push(sender);
        receiver
    }

    /// Tells everybody who waits for `key`. Those who gave up are forgotten with the others.
    pub(super) fn tell(&self, key: Id) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in waiting.remove(&key).into_iter().flatten() {
            // One that no longer listens needs no answer.
            let _gone = sender.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_is_told_once() {
        let waiting = Waiting::default();
        let key = Id::new([1; 32]);
        let (first, second) = (waiting.wait_for(key), waiting.wait_for(key));
        waiting.tell(Id::new([2; 32]));
        waiting.tell(key);
        first.await.unwrap();
        second.await.unwrap();
        assert!(waiting.0.lock().unwrap().is_empty());
    }
}
