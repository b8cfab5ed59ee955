//! The power goes: what the disk holds at that instant is all there is.
//!
//! The node writes to a file system in an image file. At a random instant of the load the node is halted and the image is
//! copied: the copy holds what was flushed, and nothing that only the system's memory knew. The node then starts on the
//! copy. Asked for with `AOSEC_POWER_ROUNDS`, as root.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aosec_tests::harness::seed::Seed;
use rustix::process::{Pid, Signal, kill_process};

use super::mount::{Mount, succeeds};
use super::stand::Stand;

const IMAGE: &str = "96M";
/// When the power goes.
const CUT_AFTER: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(3));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let Ok(rounds) = std::env::var("AOSEC_POWER_ROUNDS") else {
        return;
    };
    let rounds: usize = rounds.parse().expect("AOSEC_POWER_ROUNDS is a number");
    let mut seed = Seed::announced("power");
    for round in 1..=rounds {
        let promises = cut(&mut seed, round).await;
        eprintln!("power cut {round}: {promises} promises kept");
    }
}

async fn cut(seed: &mut Seed, round: usize) -> usize {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
    assert!(succeeds(
        Command::new("truncate").args(["-s", IMAGE]).arg(&image)
    ));
    assert!(
        succeeds(Command::new("mkfs.ext4").arg("-q").arg(&image)),
        "mkfs.ext4 is installed"
    );
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    let disk = Mount::of_image(&before, &image).expect("AOSEC_POWER_ROUNDS is for root");
    let mut stand = Stand::begin(
        &before.join("node"),
        &folder.path().join("log"),
        seed.bytes(),
    )
    .await;
    let mut crowd = stand.crowd();
    tokio::time::sleep(seed.between(CUT_AFTER.0, CUT_AFTER.1)).await;
    halt(stand.node.pid());
    std::fs::copy(&image, &copy).expect("room for a copy");
    crowd.shutdown().await;
    let other = Mount::of_image(&after, &copy).expect("a journalled file system mounts again");
    stand.restart(&after.join("node")).await;
    drop(disk);
    let broken = stand.settle().await;
    assert!(
        broken.is_empty(),
        "round {round}: {broken:?}\n{}",
        stand.node.tail()
    );
    drop(other);
    let promises = stand.load.memory().ledger.promises();
    promises
}

/// Halts the node so that nothing is acknowledged after the copy began.
fn halt(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process id"), Signal::STOP).expect("a process that we started");
}

/// A copy of a folder, as a backup makes it.
pub(super) fn copy_folder(from: &Path, to: &Path) {
    assert!(
        succeeds(Command::new("cp").arg("-a").arg(from).arg(to)),
        "a copy of the node's folder"
    );
}
