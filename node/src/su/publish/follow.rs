//! Posted transactions, until their blocks are settled: those in no block at every look, the others once a block.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{super::Shared, Trouble};
use crate::{
    metrics,
    store::{
        Db, StoreError,
        carrier::{self, Carrier},
        publication,
    },
    su::{
        passage::{Fate, fates},
        ports::{PortError, Whereabouts},
    },
};

/// Transactions asked about in one look: as many as may be under way, and the Log transactions beside them.
const FOLLOWED_MAX: u32 = 2_048;
/// Questions under way at once: a gateway is far, not slow.
const QUESTIONS_MAX: usize = 8;

type Answered = (Carrier, Result<Whereabouts, PortError>);
/// A transaction and what is said of it; none where nobody was asked, or nobody answered.
type Look = (Carrier, Option<Whereabouts>);

/// Asks where transactions stand and notes it; what is lost, or stands where it does not count, waits again.
pub(super) async fn follow(
    shared: &Arc<Shared>,
    tip_height: u64,
    followed_at: &mut Option<u64>,
) -> Result<(), Trouble> {
    let all = *followed_at != Some(tip_height);
    let carriers = match all {
        true => carrier::unsettled(&shared.store, FOLLOWED_MAX).await?,
        // However many wait for their settlement: what is not mined yet is not hidden behind them.
        false => carrier::in_motion(&shared.store, FOLLOWED_MAX).await?,
    };
    let mut looks: Vec<Look> = carriers
        .into_iter()
        .map(|carrier| (carrier, None))
        .collect();
    let due = |(carrier, _): &&mut Look| all || carrier.mined_height.is_none();
    let asked = ask_all(shared, looks.iter_mut().filter(due).collect()).await;
    note(shared, &looks, tip_height).await?;
    if asked.is_ok() && all {
        *followed_at = Some(tip_height);
    }
    asked
}

/// Fills in what gateways say; the last trouble, where some did not answer.
async fn ask_all(shared: &Arc<Shared>, mut looks: Vec<&mut Look>) -> Result<(), Trouble> {
    let mut trouble = Ok(());
    for some in looks.chunks_mut(QUESTIONS_MAX) {
        let carriers: Vec<_> = some.iter().map(|(carrier, _)| *carrier).collect();
        let answers = ask(shared, &carriers).await;
        let silent = answers.iter().all(|(_, answer)| answer.is_err());
        for (carrier, answer) in answers {
            let look = some.iter_mut().find(|look| look.0.number == carrier.number);
            match (answer, look) {
                (Ok(whereabouts), Some(look)) => look.1 = Some(whereabouts),
                (Ok(_), None) => {}
                (Err(error), _) => trouble = Err(Trouble::from(error)),
            }
        }
        if silent {
            // No gateway answers: the others are asked at the next look.
            break;
        }
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
async fn note(shared: &Shared, looks: &[Look], tip_height: u64) -> Result<(), StoreError> {
    let patience = shared.settings.publishing.patience();
    let settled_log = carrier::settled_log(&shared.store).await?;
    let fates = fates(looks, settled_log, tip_height, &patience);
    let all = looks.iter().map(|(carrier, _)| *carrier).zip(fates);
    let changed: Vec<_> = all.filter(|(_, fate)| *fate != Fate::Same).collect();
    if changed.is_empty() {
        return Ok(());
    }
    for (Carrier { tx, kind, .. }, _) in changed.iter().filter(|(_, fate)| *fate == Fate::Lost) {
        metrics::publication_lost().inc();
        tracing::warn!(%tx, ?kind, "a transaction was lost, or stands where it does not count; what it carried is posted again");
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
    for (Carrier { number, .. }, fate) in changed {
        match *fate {
            Fate::Same => {}
            Fate::Mined { height, firm } => carrier::mined(db, *number, height, firm).await?,
            Fate::Left => carrier::left(db, *number, tip_height).await?,
            Fate::Lost => publication::lost(db, &[*number]).await?,
        }
    }
    Ok(())
}
