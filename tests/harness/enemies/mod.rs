//! Modules that are written to harm, and the workshop that meets them: the real engine and the compile child of the real binary.
//!
//! The modules stand in `tests/hostile_modules`, as text; the first line of each says what it does. A line `;;* N text` stands for
//! N times that text, with `#` as its number.

pub mod beside;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use aosec_node::cu::engine::Wasmtime;
use aosec_node::cu::terms::{ENCODING, OPEN_FORMAT, Terms};
use aosec_wire::{Draft, SigningKey, Tags, VerifiedItem};

use super::binary;

/// What the process of an enemy may use: enough for anything honest that is this small.
pub const TERMS: Terms = Terms {
    memory_bytes: 18 << 20,
    fuel: 100_000_000,
};

/// The workshop, with one engine for all tests of a program.
///
/// # Panics
/// Where this machine cannot run the engine.
#[must_use]
pub fn workshop() -> Arc<Wasmtime> {
    static WORKSHOP: LazyLock<Arc<Wasmtime>> = LazyLock::new(|| {
        let workshop = Wasmtime::with_binary(binary::aosec());
        Arc::new(workshop.expect("this machine runs the engine"))
    });
    Arc::clone(&WORKSHOP)
}

/// Where the texts stand.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile_modules")
}

/// The item of the module `name`.
///
/// # Panics
/// Where there is no such text, or it is none of a module.
#[must_use]
pub fn module(name: &str) -> VerifiedItem {
    let path = folder().join(name).with_extension("wat");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let wasm = wat::parse_str(written_out(&text));
    // The error shows the line, which may be as long as a module.
    let wasm = wasm.unwrap_or_else(|error| panic!("{name}: {:.300}", error.to_string()));
    let draft = Draft {
        tags: Tags::new()
            .with("Module-Format", OPEN_FORMAT)
            .with("Input-Encoding", ENCODING)
            .with("Output-Encoding", ENCODING),
        data: wasm.into(),
        ..Draft::default()
    };
    let signed = draft.sign(&SigningKey::ed25519([6; 32]));
    signed.expect("an item within all limits")
}

/// The text with its repetitions written out.
fn written_out(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let repetition = line
            .strip_prefix(";;* ")
            .and_then(|line| line.split_once(' '));
        let (count, repeated) = repetition.unwrap_or(("1", line));
        for number in 0..count.parse::<u32>().expect("a count") {
            out.push_str(&repeated.replace('#', &number.to_string()));
            out.push('\n');
        }
    }
    out
}
