//! A process asleep wakes only where it belongs.

use aosec_wasm::{Instance, Limits, Snapshot, SnapshotError, WasmError, process_module};

use crate::harness::{self, Process};

fn asleep() -> (Snapshot, [u8; 32]) {
    let mut process = Process::new("kept = 7");
    process.eval("big = ('x'):rep(300000)");
    (process.instance.snapshot(), process.instance.root())
}

fn wake(boot: &[u8], snapshot: &Snapshot, limits: Limits) -> Result<Instance, WasmError> {
    Instance::restore(harness::module(), boot, snapshot, limits)
}

#[test]
fn only_what_changed_since_boot_is_kept() {
    let fresh = harness::boot(harness::module(), Limits::default());
    assert!(
        fresh.snapshot().to_bytes().len() < 1000,
        "a new process costs next to nothing"
    );
    let (snapshot, _) = asleep();
    assert!(snapshot.to_bytes().len() < snapshot.memory_bytes() as usize);
}

#[test]
fn another_boot_text_is_refused() {
    let (snapshot, _) = asleep();
    let boot = [process_module::BOOT, b"\n"].concat();
    let error = wake(&boot, &snapshot, Limits::default()).expect_err("another boot");
    assert!(
        matches!(error, WasmError::Snapshot(SnapshotError::OtherBoot)),
        "{error:?}"
    );
}

#[test]
fn a_memory_beyond_the_limit_is_refused() {
    let (snapshot, root) = asleep();
    let bytes = snapshot.memory_bytes();
    let limits = |memory_bytes| Limits {
        memory_bytes,
        ..Limits::default()
    };
    let error = wake(process_module::BOOT, &snapshot, limits(bytes - 1)).expect_err("too large");
    assert!(
        matches!(error, WasmError::Snapshot(SnapshotError::OtherSize { .. })),
        "{error:?}"
    );
    let awake = wake(process_module::BOOT, &snapshot, limits(bytes)).expect("just fits");
    assert_eq!(awake.root(), root);
}

#[test]
fn a_changed_byte_changes_the_root() {
    let (snapshot, root) = asleep();
    let mut bytes = snapshot.to_bytes();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let changed = Snapshot::from_bytes(&bytes).expect("still a snapshot");
    let awake = wake(process_module::BOOT, &changed, Limits::default()).expect("awake");
    assert_ne!(awake.root(), root);
}

#[test]
fn what_is_pending_is_not_in_a_snapshot() {
    let mut process = Process::new("kept = 7");
    let root = process.instance.root();
    let message = harness::Message::eval(1, "kept = 8").json();
    process
        .instance
        .handle(&message, &process.env)
        .expect("an answer");
    let snapshot = process.instance.snapshot();
    let awake = wake(process_module::BOOT, &snapshot, Limits::default()).expect("awake");
    assert_eq!(awake.root(), root);
    process.instance.rollback();
    assert_eq!(process.eval("return kept"), "7");
}
