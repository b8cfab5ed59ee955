//! Cases that demand what a host has signed and published already: a message, or the publication of a receipt (PROTOCOL 5.10, 6).

use serde_json::Value;

use super::scene::TOGETHER;
use super::*;

/// Blocks within which a receipt is to be published on the devnet (PROTOCOL 8).
const PUBLISH_WITHIN: u64 = 6;
/// What an answer is paid (6.4): bonds are ten times as much.
const ANSWER_FEE: u128 = TOKEN / 10;

/// Somebody says that a published message cannot be had: whoever has it gives it, and is paid half of the bond.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_a_data_case_asks_for_is_given_and_paid_for() {
    let scene = hosting().await;
    scene.receipt(&unseen("kept", 1)[0]).await;
    scene.shows(1).await;
    let before = scene.balance().await;
    let fee = ANSWER_FEE.to_string();
    let asked = cases::challenge_data(origin(), process().id(), 1, &fee);
    let (cases, _) = scene.opened_by(asked).await;
    scene.closes(&cases).await;
    assert_eq!(scene.balance().await, before + ANSWER_FEE * 5);
    scene.is_whole(&cases).await;
}

/// A gateway is down for longer than a receipt may wait, and its holder complains: the record comes within the window of the case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_could_not_be_published_in_time_costs_a_host_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    let outage = Shutdown::new();
    let (gateway, is_up) = mending(&chain, Vice::Fails, &outage).await;
    is_up.store(true, Ordering::Release);
    let scene = Scene::open(chain, gateway).await;
    is_up.store(false, Ordering::Release);
    // A receipt that is enclosed stands in the log, unless it needs another one before it (5.6): so the second one.
    let [first, second] = <[_; 2]>::try_from(unseen("late", 2)).unwrap();
    scene.receipt(&first).await;
    let receipt = scene.receipt(&second).await;
    let silent = u32::try_from(PUBLISH_WITHIN + 1).unwrap();
    scene.looker.until(mine(&scene.chain, silent).await).await;
    let fee = ANSWER_FEE.to_string();
    let complaint = cases::challenge_publication(origin(), process().id(), &receipt, &fee);
    let (cases, deadline) = scene.opened_by(complaint).await;
    is_up.store(true, Ordering::Release);
    scene.in_step().await;
    // The messages, and then their order. The court looks at the deadline.
    scene.heard().await;
    scene.heard().await;
    scene.until(deadline + 1).await;
    scene.is_whole(&cases).await;
    outage.tell();
}

impl Scene {
    /// Somebody posts what opens a case; gives the cases and their deadline.
    async fn opened_by(&self, draft: Draft) -> (Vec<u64>, u64) {
        let item = draft.sign_deterministic(&alice()).unwrap();
        post(&self.chain, std::slice::from_ref(&item)).await;
        let opened = mine(&self.chain, 1).await;
        self.looker.until(opened).await;
        let said = self.looker.court.outcome(item.id()).await.unwrap();
        let said = said.expect("it has run").json;
        assert!(said.contains(r#"\"ok\":true"#), "{said}");
        self.opened_at(opened).await
    }

    /// Blocks until the court's log of the process holds this slot.
    async fn shows(&self, slot: u64) {
        let path = format!("origin/head/{}", process().id());
        let url = self.node().urls().cu.join(&path).unwrap();
        loop {
            let asked = reqwest::get(url.clone()).await.unwrap();
            let said: Value = asked.json().await.unwrap();
            if said["slot"].as_u64() >= Some(slot) {
                return;
            }
            tokio::time::sleep(TOGETHER).await;
            self.block().await;
        }
    }

    /// What the host's operator has at its disposal.
    async fn balance(&self) -> u128 {
        let host = &operator(10)[1];
        let tags = [("Account", host.address().as_str())];
        let asked = self.looker.court.ask(Depth::Soft, "Balance", &tags);
        let said = asked.await.unwrap();
        said.data.to_string().trim_matches('"').parse().unwrap()
    }
}
