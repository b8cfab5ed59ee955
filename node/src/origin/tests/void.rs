//! What a court's blocks make void of what a node has computed on another word, and slots that do not run (PROTOCOL 5.7, 5.8, 5.10, 5.15).

use aosec_challenge::proof::Proof;
use aosec_wire::id::to_base64url;
use aosec_wire::record::{Head, HeadSignature, LogRecord};
use aosec_wire::{LogEntry, Scheduled};

use super::hosting::funded_and_taken;
use super::orphan::{CUT, PROBE, hosted, hosted_and_left, message, process, unit};
use super::*;
use crate::cu::CuError;
use crate::cu::source::Derived;
use crate::follow::tests::author;
use crate::origin::cases;
use crate::proof::{
    BlockShape, CourtShape, File, JoinedShape, KeyShape, LeaseShape, Placed, VERSION,
};
use crate::store::Db;
use crate::store::outcome::{self, Kind};

/// Blocks of the window of a case on the devnet, for this process, and one to run in.
const WINDOW: u32 = 6 + 2;

fn settled() -> u32 {
    u32::try_from(DEPTH).unwrap()
}

fn derived(bench: &Bench, chain: &Loopback) -> Arc<Derived> {
    Arc::new(Derived::new(bench.follow.clone(), chain.gateway()))
}

/// The lease ends, and nobody sends anything: the host's word behind the cut is void all the same.
#[tokio::test]
async fn the_cut_is_known_before_anybody_writes_to_the_orphan() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let (_ordered, ends) = hosted_and_left(&chain).await;
    bench.until(ends).await;
    let cu = unit(&bench, derived(&bench, &chain)).await;
    let id = process().id();
    let mut void = cu.at_slot(id, 2).await.unwrap();
    // As the host has answered to another node, which computed it: it stands in no record.
    (void.slot, void.mark.message) = (3, Id::new([3; 32]));
    let computed = async move |db: &mut Db| outcome::insert(db, id, &[void]).await;
    bench.store.write(computed).await.unwrap().unwrap();
    assert!(cu.at_slot(id, 3).await.is_ok(), "U + cut is not over");
    let tip = mine(&chain, CUT + settled()).await;
    bench.until(tip).await;
    let found = cu.at_slot(id, 3).await;
    assert!(
        matches!(found, Err(CuError::NoSlot { newest: 2, .. })),
        "{found:?}"
    );
    assert!(cu.at_slot(id, 2).await.is_ok(), "what was published stays");
}

/// The message of slot 1 can be had, but nobody has shown it to the court: no node runs it any more, and what it had led to is void.
#[tokio::test]
async fn a_slot_that_the_court_has_emptied_never_ran() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let mut stray = message("Probe", "to another");
    let draft = Draft {
        target: Some(Id::new([7; 32])),
        tags: stray.tags().clone(),
        ..Draft::default()
    };
    stray = draft.sign_deterministic(&alice()).unwrap();
    let messages = [message("Eval", PROBE), message("Probe", "1"), stray];
    hosted(&chain, &messages).await;
    let tip = mine(&chain, settled()).await;
    bench.until(tip).await;
    let cu = unit(&bench, derived(&bench, &chain)).await;
    let id = process().id();
    let before = cu.at_slot(id, 2).await.unwrap();
    assert!(before.json.contains("seen 2"), "{}", before.json);
    let unfit = cu.at_slot(id, 3).await.unwrap();
    assert!(
        unfit.json.contains("5.8 not eligible: its target"),
        "{}",
        unfit.json
    );
    assert_eq!((unfit.kind, unfit.root), (Kind::Error, before.root));
    let fee = (TOKEN / 10).to_string();
    let asks = cases::challenge_data(origin(), id, 1, &fee);
    post(&chain, &[asks.sign_deterministic(&alice()).unwrap()]).await;
    let tip = mine(&chain, WINDOW + settled()).await;
    bench.until(tip).await;
    let empty = cu.at_slot(id, 1).await.unwrap();
    assert!(empty.json.contains("5.10 empty"), "{}", empty.json);
    let after = cu.at_slot(id, 2).await.unwrap();
    assert!(!after.json.contains("seen 2"), "{}", after.json);
    assert_ne!(after.root, before.root);
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    let again = unit(&fresh, derived(&fresh, &chain)).await;
    assert_eq!(again.at_slot(id, 3).await.unwrap().root, after.root);
}

/// A process from before the court joins it at slot 3, which its scheduler had given to another message meanwhile.
#[tokio::test]
async fn a_process_that_joins_the_court_has_one_log() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let module = module_item(WASM).unwrap().id();
    let mut author = Author::spawn(&chain, module, "old").await;
    for number in 1..4 {
        author.send(&format!("print('own {number}')"));
    }
    author.publish(&chain, 0).await;
    let mut begins = start();
    let [owner, host, _hot] = operator(40);
    let keys = OperatorKeys {
        owner: &owner,
        operator: &host,
        hot: &author.scheduler,
    };
    let bonds = messages::first_bond(keys, origin(), 200 * TOKEN, "https://op.example", None);
    begins.push(bonds.unwrap());
    post(&chain, &begins).await;
    let tip = mine(&chain, 4).await;
    bench.until(tip).await;
    let Ok(Scheduled::Process(spawn)) = Scheduled::classify(author.spawn.clone()) else {
        panic!("no spawn");
    };
    assert_eq!(bench.follow.derive(&spawn).await.unwrap(), 3);
    let cu = unit(&bench, derived(&bench, &chain)).await;
    let id = author.process();
    let before = cu.at_slot(id, 3).await.unwrap();
    assert!(before.json.contains("own 3"), "{}", before.json);
    joins(&chain, &author, &host).await;
    let (height, last) = (mine(&chain, 1).await, &author.assignments[2]);
    let anew = draft(&author, "print('anew')");
    let entry = LogEntry {
        message: anew.id(),
        height,
        timestamp: last.timestamp() + 1,
    };
    author::post(&chain, Format::Two, "Data", &[anew.clone()]).await;
    author::post(&chain, Format::One, "Log", &[record(&author, entry)]).await;
    let tip = mine(&chain, 1 + settled()).await;
    bench.until(tip).await;
    assert_eq!(bench.follow.derive(&spawn).await.unwrap(), 3);
    let after = cu.at_slot(id, 3).await.unwrap();
    assert_eq!(after.mark.message, anew.id());
    assert!(after.json.contains("anew"), "{}", after.json);
    let kept = cu.at_slot(id, 2).await.unwrap();
    assert!(kept.json.contains("own 2"), "{}", kept.json);
    let proof = proven(&bench, &chain, &author.spawn, 3).await;
    assert_eq!(proof.entry.message, anew.id());
    let earlier = bench.court.basis(id, 2).await.unwrap();
    assert_eq!((earlier.joined, earlier.tenures.len()), (None, 0));
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    let again = unit(&fresh, derived(&fresh, &chain)).await;
    assert_eq!(again.at_slot(id, 3).await.unwrap().root, after.root);
    let bench = Bench::on(bench.stop().await, &chain).await;
    bench.until(tip).await;
    assert_eq!(bench.court.standing().alarm, None);
}

/// A proof of a slot out of a file, as a node and a gateway give it.
async fn proven(bench: &Bench, chain: &Loopback, spawn: &VerifiedItem, slot: u64) -> Proof {
    let basis = bench.court.basis(spawn.id(), slot).await.unwrap();
    let (first, legacy) = basis.joined.unwrap();
    let gateway = chain.gateway();
    let mut blocks = Vec::new();
    for (height, block) in &basis.blocks {
        let mut transactions = Vec::new();
        for (place, id) in &block.transactions {
            let found = gateway.transaction(*id).await.unwrap().unwrap();
            transactions.push(Placed {
                place: *place,
                transaction: found.to_json(),
            });
        }
        blocks.push(BlockShape {
            height: *height,
            id: block.id,
            time: block.time_s,
            transactions,
        });
    }
    let leases = basis.tenures.iter().map(|(epoch, tenure)| LeaseShape {
        epoch: *epoch,
        first: tenure.first_slot,
        from: tenure.from_height,
        ended: tenure.ended,
        keys: vec![KeyShape {
            key: tenure.keys[0].address.clone(),
            from: tenure.keys[0].from,
            until: None,
        }],
        cases: vec![],
    });
    let file = File {
        version: VERSION,
        process: spawn.id(),
        slot,
        spawn: to_base64url(spawn.bytes()),
        message: None,
        receipt: None,
        court: Some(CourtShape {
            origin: origin(),
            cut: u64::from(CUT),
            leases: leases.collect(),
            joined: Some(JoinedShape { first, legacy }),
            emptied: vec![],
        }),
        blocks,
    };
    let bytes = serde_json::to_vec(&file).unwrap();
    let read = crate::proof::read(&bytes).unwrap();
    aosec_challenge::proof::check(&read.brought).unwrap()
}

/// The owner registers it from slot 3 on, and the host takes it.
async fn joins(chain: &Loopback, author: &Author, host: &SigningKey) {
    let legacy = author.assignments[2].hash_chain().to_string();
    let tags = [
        ("First-Slot", "3"),
        ("Legacy-Chain", legacy.as_str()),
        ("Max-Fee", "1000000000000"),
        ("Min-Allocation", "1"),
        ("Hosting-Deposit", "0"),
    ];
    let mut registers = messages::message(origin(), "Register");
    for (name, value) in tags {
        registers.tags.push(name, value);
    }
    let registers = messages::enclosing(registers, std::slice::from_ref(&author.spawn));
    let [fund, takes] = funded_and_taken(&author.spawn, host, &tags);
    let registers = registers.sign_deterministic(&alice()).unwrap();
    post(chain, &[registers, fund, takes]).await;
}

fn draft(author: &Author, data: &str) -> VerifiedItem {
    let draft = Draft {
        target: Some(author.process()),
        tags: Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message")
            .with("Action", "Eval"),
        data: data.to_owned().into(),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}

/// The court's record of slot 3, over the legacy chain at slot 2 (5.15).
fn record(author: &Author, entry: LogEntry) -> VerifiedItem {
    let (process, legacy) = (author.process(), author.assignments[2].hash_chain());
    let start = Id::sha256_of(&[process.as_bytes(), legacy.as_bytes()]);
    let head = Head {
        process,
        epoch: 0,
        slot: 3,
        chain: entry.chain_after(start),
    };
    let signature = HeadSignature::sign(&author.scheduler, &head, origin());
    let record = LogRecord::new(process, 0, 3, start, vec![entry], signature);
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Log-Record");
    let draft = Draft {
        tags,
        data: record.unwrap().encode(),
        ..Draft::default()
    };
    draft.sign_deterministic(&alice()).unwrap()
}
