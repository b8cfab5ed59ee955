//! Messages of canonical slots that stand on the base layer inside of the court's own items alone (PROTOCOL 5.10, 6.3): a node with
//! nothing but gateways computes those slots.

use super::orphan::{PROBE, message, process, published, taken, unit, unit_of};
use super::*;
use crate::arweave::devchain::chain::Fault;
use crate::cu::CuError;
use crate::cu::source::Derived;
use crate::origin::cases::{self, Fees};

/// A node on a disk of its own, at that block, and what it reads.
async fn reader(chain: &Loopback, tip: u64) -> (Bench, Arc<Derived>) {
    let bench = Bench::open(chain).await;
    bench.until(tip).await;
    let derived = Derived::new(bench.follow.clone(), chain.gateway());
    (bench, Arc::new(derived))
}

fn is_stopped<T>(computed: Result<T, CuError>) -> bool {
    matches!(computed, Err(CuError::Missing { slot: 2, .. }))
}

/// The host has ordered four messages and shows two of them. One was forced by a case, which encloses it; the other one somebody gives
/// once the court asks for it. No gateway takes items out of items: it serves neither by its id.
#[tokio::test]
async fn what_was_brought_before_the_court_every_reader_finds() {
    let chain = Loopback::start(Vec::new()).await;
    let (id, fee) = (process().id(), (TOKEN / 10).to_string());
    let [eval, kept_back, forced, last] = [
        message("Eval", PROBE),
        message("Probe", "kept back"),
        message("Probe", "forced"),
        message("Probe", "last"),
    ];
    let hosted = taken(&chain).await;
    let fees = Fees {
        message: &fee,
        answer: &fee,
    };
    let forces = cases::challenge(origin(), id, std::slice::from_ref(&forced), fees);
    post(&chain, &[forces.sign_deterministic(&alice()).unwrap()]).await;
    mine(&chain, 1).await;
    for inner in [&kept_back, &forced] {
        chain.chain.fault(Fault::Hide(inner.id())).await.unwrap();
    }
    let all = [eval.clone(), kept_back.clone(), forced, last.clone()];
    published(&chain, hosted, &all, &[eval, last]).await;
    let tip = mine(&chain, u32::try_from(DEPTH).unwrap()).await;
    let (bench, derived) = reader(&chain, tip).await;
    let cu = unit(&bench, derived).await;
    assert!(is_stopped(cu.at_slot(id, 4).await), "nobody has shown it");
    let asks = cases::challenge_data(origin(), id, 2, &fee);
    post(&chain, &[asks.sign_deterministic(&alice()).unwrap()]).await;
    mine(&chain, 1).await;
    let gives = cases::answer_data(origin(), id, &[kept_back]);
    let giver = &operator(20)[0];
    post(&chain, &[gives.sign_deterministic(giver).unwrap()]).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let (blind, derived) = reader(&chain, tip).await;
    let without = unit_of(&blind, derived.clone(), derived).await;
    assert!(
        is_stopped(without.at_slot(id, 4).await),
        "by gateways alone"
    );
    let mut roots = Vec::new();
    let (other, derived) = reader(&chain, tip).await;
    let fresh = unit(&other, derived).await;
    for cu in [cu, fresh] {
        for slot in 2..=4 {
            let outcome = cu.at_slot(id, slot).await.unwrap();
            let seen = format!("seen {slot} ");
            assert!(outcome.json.contains(&seen), "{}", outcome.json);
            roots.push(outcome.root);
        }
    }
    assert_eq!(roots[..3], roots[3..], "the same on an empty disk");
}
