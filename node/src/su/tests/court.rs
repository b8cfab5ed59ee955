//! Processes under a court: taken where it lets them be hosted, and signed for as long as the lease is this scheduler's.

use super::*;
use crate::su::{Refusal, Unavailable};

/// A court that says what the test says.
#[derive(Debug)]
struct Stern(Mutex<Tenure>);

impl Stern {
    fn says(&self, tenure: Tenure) {
        *self.0.lock().unwrap() = tenure;
    }

    fn now(&self) -> Tenure {
        self.0.lock().unwrap().clone()
    }
}

impl Court for Stern {
    fn spawn<'a>(&'a self, _origin: &'a str) -> Answer<'a, Tenure> {
        Box::pin(async { Ok(self.now()) })
    }

    fn tenure(&self, _process: Id) -> Tenure {
        self.now()
    }
}

fn over() -> Tenure {
    Tenure::Over("its lease ended at block 9".into())
}

fn courted(scheduler: &str, number: u32) -> VerifiedItem {
    let (court, module) = (Id::new([8; 32]).to_string(), Id::new([9; 32]).to_string());
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Process"),
        ("Module", module.as_str()),
        ("Scheduler", scheduler),
        ("Origin", court.as_str()),
    ];
    item(None, &tags, number)
}

#[tokio::test]
async fn a_process_under_a_court_is_hosted_by_its_leave_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let court = Arc::new(Stern(Mutex::new(over())));
    let mut parts = parts(&store, folder.path(), &Sky::new(), hasty());
    parts.court = court.clone();
    let su = Handle::start(parts).await.unwrap();
    let (scheduler, free) = (su.address().to_string(), su.address().to_string());

    let refused = su.submit(courted(&scheduler, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("its lease ended at block 9"));
    court.says(Tenure::NotYet("later".into()));
    let later = su.submit(courted(&scheduler, 1)).await;
    assert!(matches!(
        later,
        Err(Refusal::Unavailable(Unavailable::Court(_)))
    ));

    court.says(Tenure::Open);
    let process = su.submit(courted(&scheduler, 1)).await.unwrap().process();
    let other = su.submit(spawn_item(&free)).await.unwrap().process();
    assert_eq!(su.submit(message(process, 1)).await.unwrap().nonce(), 1);

    let long = su.submit(odd(process, &[], 961 * 1_024)).await;
    assert!(matches!(long, Err(Refusal::Court { .. })), "{long:?}");
    for key in [
        aosec_wire::SigningKey::solana([8; 32]),
        aosec_wire::SigningKey::aptos([8; 32]),
    ] {
        let foreign = su.submit(signed(process, &[], 1, &key)).await;
        let said = foreign.map(|one| one.nonce()).unwrap_err();
        assert!(matches!(said, Refusal::Court { .. }), "{said}");
        assert!(said.to_string().contains("no item for the court"), "{said}");
        let free = su.submit(signed(other, &[], 1, &key)).await;
        assert!(free.is_ok(), "who names no court takes them: {free:?}");
    }
    let linked = [("Data+link", "elsewhere")];
    let filtered = su.submit(odd(process, &linked, 1)).await;
    assert!(matches!(filtered, Err(Refusal::Item(_))), "{filtered:?}");
    let forced = su.force(process, odd(process, &linked, 1), soon()).await;
    assert_eq!(forced.unwrap().nonce(), 2, "the court demands it");
    let pushed = [("From-Process", "another")];
    for (number, slot) in [(1, 3), (2, 4)] {
        let again = odd(process, &pushed, number);
        let forced = su.force(process, again, soon()).await;
        assert_eq!(forced.unwrap().nonce(), slot);
    }

    court.says(Tenure::NotYet("later".into()));
    let waits = su.submit(message(process, 2)).await;
    assert!(matches!(
        waits,
        Err(Refusal::Unavailable(Unavailable::Court(_)))
    ));
    assert_eq!(
        su.submit(message(other, 2)).await.unwrap().nonce(),
        3,
        "who names no court does not wait for it"
    );

    court.says(over());
    let void = su.submit(message(process, 3)).await;
    assert!(matches!(void, Err(Refusal::Court { .. })), "{void:?}");
    let again = su.submit(message(process, 1)).await;
    assert!(
        matches!(
            again,
            Err(Refusal::AlreadyScheduled {
                slot: 1,
                assignment: Some(_),
                ..
            })
        ),
        "a slot that was given is told for ever: {again:?}"
    );
    su.close().await;
    assert_eq!(store_reach(&store, process).await, 4, "nothing was signed");
}

/// A demanded message may wait until then.
fn soon() -> std::time::Instant {
    std::time::Instant::now() + std::time::Duration::from_secs(10)
}

/// A message that the scheduler's own door would look at twice, with so much data.
fn odd(process: Id, more: &[(&str, &str)], bytes: usize) -> VerifiedItem {
    let key = aosec_wire::SigningKey::ed25519([8; 32]);
    signed(process, more, bytes, &key)
}

fn signed(
    process: Id,
    more: &[(&str, &str)],
    bytes: usize,
    key: &aosec_wire::SigningKey,
) -> VerifiedItem {
    let mut tags = aosec_wire::Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Message");
    more.iter()
        .for_each(|(name, value)| tags.push(*name, *value));
    let draft = aosec_wire::Draft {
        target: Some(process),
        tags,
        data: vec![0; bytes].into(),
        ..aosec_wire::Draft::default()
    };
    draft.sign(key).unwrap()
}

async fn store_reach(store: &Store, process: Id) -> u64 {
    let last = crate::store::receipt::last(store, process).await;
    last.unwrap().unwrap().nonce()
}
