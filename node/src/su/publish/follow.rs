//! Posted transactions, until their blocks are settled: those in no block at every look, the others once a block.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{super::Shared, Trouble};
use crate::{
    metrics,
    store::{
        Db, StoreError,
        carrier::{self, Carrier, Kind},
        publication,
    },
    su::{
        passage::{Fate, fate, misplaced},
        ports::{PortError, Whereabouts},
    },
};

/// Transactions asked about in one look: as many as may be under way, and the Log transactions beside them.
const FOLLOWED_MAX: u32 = 2_048;
/// Questions under way at once: a gateway is far, not slow.
const QUESTIONS_MAX: usize = 8;

type Answered = (Carrier, Result<Whereabouts, PortError>);

/// Asks where transactions stand and notes it; what is lost or misplaced waits again.
pub(super) async fn follow(
    shared: &Arc<Shared>,
    tip_height: u64,
    followed_at: &mut Option<u64>,
) -> Result<(), Trouble> {
    let all = *followed_at != Some(tip_height);
    let carriers = match all {
        true => carrier::unsettled(&shared.store, FOLLOWED_MAX).await?,
        false => carrier::unmined(&shared.store, FOLLOWED_MAX).await?,
    };
    let (mut answered, mut trouble) = (Vec::new(), Ok(()));
    for some in carriers.chunks(QUESTIONS_MAX) {
        let mut answers = ask(shared, some).await;
        let silent = answers.iter().all(|(_, answer)| answer.is_err());
        if let Some(error) = answers.iter().find_map(|(_, answer)| answer.clone().err()) {
            trouble = Err(Trouble::from(error));
        }
        answered.append(&mut answers);
        if silent {
            // No gateway answers: the others are asked at the next look.
            break;
        }
    }
    note(shared, &answered, tip_height).await?;
    reorder(shared).await?;
    if trouble.is_ok() && all {
        *followed_at = Some(tip_height);
    }
    trouble
}

async fn ask(shared: &Arc<Shared>, carriers: &[Carrier]) -> Vec<Answered> {
    let mut asked = JoinSet::new();
    for carrier in carriers.iter().copied() {
        let shared = shared.clone();
        asked.spawn(async move { (carrier, shared.base_layer.whereabouts(carrier.tx).await) });
    }
    asked.join_all().await
}

/// All that changed, in one write.
async fn note(shared: &Shared, answered: &[Answered], tip_height: u64) -> Result<(), StoreError> {
    let patience = shared.settings.publishing.patience();
    let fates = answered.iter().map(|(carrier, answer)| {
        let whereabouts = answer.as_ref().ok().copied();
        (*carrier, fate(carrier, whereabouts, tip_height, &patience))
    });
    let changed: Vec<_> = fates.filter(|(_, fate)| *fate != Fate::Same).collect();
    if changed.is_empty() {
        return Ok(());
    }
    for (Carrier { tx, kind, .. }, _) in changed.iter().filter(|(_, fate)| *fate == Fate::Lost) {
        metrics::publication_lost().inc();
        tracing::warn!(%tx, ?kind, "a transaction was lost; what it carried is posted again");
    }
    shared
        .store
        .write(async move |db| apply(db, &changed, tip_height).await)
        .await
}

async fn apply(
    db: &mut Db,
    changed: &[(Carrier, Fate)],
    tip_height: u64,
) -> Result<(), StoreError> {
    for (Carrier { number, kind, .. }, fate) in changed {
        match *fate {
            Fate::Same => {}
            Fate::Mined { height, firm } => carrier::mined(db, *number, height, firm).await?,
            Fate::Left => carrier::left(db, *number, tip_height).await?,
            Fate::Lost => {
                let mut lost = vec![*number];
                if *kind == Kind::Log {
                    // What follows a record that is not there counts for nothing (PROTOCOL 5.6).
                    lost.extend(carrier::logs_behind(db, *number).await?);
                }
                publication::lost(db, &lost).await?;
            }
        }
    }
    Ok(())
}

/// Lets records wait again that stand before their predecessors, or whose predecessors are lost.
async fn reorder(shared: &Shared) -> Result<(), StoreError> {
    let under_way = carrier::unsettled(&shared.store, FOLLOWED_MAX).await?;
    let logs: Vec<_> = under_way.into_iter().filter(Carrier::is_log).collect();
    let broken = misplaced(&logs);
    if broken.is_empty() {
        return Ok(());
    }
    metrics::publication_lost().inc_by(broken.len() as u64);
    tracing::warn!(
        transactions = broken.len(),
        "log records stand before those that they follow; they are posted again"
    );
    shared
        .store
        .write(async move |db| publication::lost(db, &broken).await)
        .await
}
