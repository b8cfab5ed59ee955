//! Files that were changed while the node was down: flipped bits, zeroed pages, cut ends, lost files. The node serves the
//! log whole, or it says what is damaged; in no case does it sign a slot again with another content.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aosec_tests::harness::base_layer::BaseLayer;
use aosec_tests::harness::http;
use aosec_tests::harness::ledger::Broken;
use aosec_tests::harness::load::Load;
use aosec_tests::harness::lone::LoneNode;
use aosec_tests::harness::{seed::Seed, su_log};

use super::power::copy_folder;
use super::stand::Stand;

/// Damages tried in an ordinary run; `AOSEC_DAMAGE_ROUNDS` asks for more.
const ROUNDS: usize = 10;
const LOAD: Duration = Duration::from_millis(1_500);
const PAGE: u64 = 4_096;
/// Messages sent to a damaged node: would one of them get a slot that was promised to another?
const FURTHER: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_noticed_and_no_slot_is_signed_again() {
    let mut seed = Seed::announced("damage");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("node");
    let stand = Stand::begin(&data, &folder.path().join("log"), seed.bytes()).await;
    let mut crowd = stand.crowd();
    tokio::time::sleep(LOAD).await;
    let load = std::sync::Arc::clone(&stand.load);
    drop(stand);
    crowd.shutdown().await;
    for round in 0..rounds() {
        let copy = folder.path().join(format!("copy{round}"));
        copy_folder(&data, &copy);
        let told = hurt(&copy, &mut seed);
        let outcome = look(&copy, &folder.path().join("copy.log"), &load.fork(), &told).await;
        eprintln!("{told}: {outcome}");
        fs::remove_dir_all(&copy).expect("our own copy");
    }
}

fn rounds() -> usize {
    let asked = std::env::var("AOSEC_DAMAGE_ROUNDS").ok();
    asked.map_or(ROUNDS, |text| {
        text.parse().expect("AOSEC_DAMAGE_ROUNDS is a number")
    })
}

/// Changes one file, and tells which and how.
fn hurt(folder: &Path, seed: &mut Seed) -> String {
    let files = ["guard", "aosec.db", "aosec.db-wal"].map(|name| folder.join(name));
    let files: Vec<&PathBuf> = files.iter().filter(|path| length(path) > 0).collect();
    let path = files[usize::try_from(seed.below(files.len() as u64)).expect("few files")];
    let at = seed.below(length(path));
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let file = File::options()
        .read(true)
        .write(true)
        .open(path)
        .expect("a file of the node");
    match seed.below(8) {
        0..4 => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at)
                .expect("a byte of the file");
            byte[0] ^= 1 << seed.below(8);
            file.write_all_at(&byte, at).expect("a byte of the file");
            format!("a bit of {name} flipped at byte {at}")
        }
        4 => {
            let start = at - at % PAGE;
            let zeros = vec![0; usize::try_from(PAGE.min(length(path) - start)).expect("a page")];
            file.write_all_at(&zeros, start)
                .expect("a page of the file");
            format!("a page of {name} zeroed at byte {start}")
        }
        5 | 6 => {
            file.set_len(at).expect("a shorter file");
            format!("{name} cut at byte {at}")
        }
        _ => {
            fs::remove_file(path).expect("a file of the node");
            format!("{name} removed")
        }
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Starts a node on the damaged folder, and holds what it says and signs against what was promised.
async fn look(data: &Path, log: &Path, load: &Load, told: &str) -> String {
    let base = BaseLayer::for_nodes(1).await;
    let node = match LoneNode::start(data, base.url.as_str(), log).await {
        Ok(node) => node,
        Err(refused) => {
            let names = ["guard", "aosec.db", "store"]
                .iter()
                .any(|name| refused.log.contains(name));
            assert!(
                names,
                "{told}: a refusal names the damaged thing:\n{}",
                refused.log
            );
            return "the node refuses to start and says why".into();
        }
    };
    let ready = node.ready().await;
    let mut refusals = Vec::new();
    for number in 0..FURTHER {
        let item = load.next_item(number.to_string());
        let answer = http::post_item(&node.su, item.bytes().clone())
            .await
            .expect("an answer");
        if !load.note(&item, &answer) {
            refusals.push(answer);
        }
    }
    let served = su_log::read(&node.su, load.process(), -1).await;
    let Ok(served) = served else {
        assert!(
            node.log().contains("ERROR") || node.log().contains("WARN"),
            "{told}: not noticed\n{}",
            node.tail()
        );
        return "the log is not served, and the node says why".into();
    };
    let broken = load.memory().ledger.judge(&served);
    let lost = |broken: &Broken| matches!(broken, Broken::Lost { .. });
    assert!(
        broken.iter().all(lost),
        "{told}: {broken:?}\n{}",
        node.tail()
    );
    if broken.is_empty() {
        return format!(
            "nothing is lost, {} of {FURTHER} further messages taken",
            FURTHER - refusals.len()
        );
    }
    assert_eq!(
        refusals.len(),
        FURTHER,
        "{told}: {} are lost, and the node goes on: {broken:?}\n{}",
        broken.len(),
        node.tail()
    );
    let words = refusals.iter().filter_map(|refusal| refusal.error()).next();
    format!(
        "{} are lost; refused with {words:?}; ready: {ready:?}",
        broken.len()
    )
}
