//! The committed module is what its script builds, and asks the host for two functions only.

use aosec_wasm::{Engine, EngineSettings, WasmError, process_module};
use sha2::{Digest, Sha256};

fn refusal(wasm: &[u8]) -> WasmError {
    let engine = Engine::new(EngineSettings::default()).expect("an engine");
    engine.compile(wasm).expect_err("a refusal")
}

/// A module of one section beside its header.
fn with_sections(sections: &[&[u8]]) -> Vec<u8> {
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    sections
        .iter()
        .for_each(|section| wasm.extend_from_slice(section));
    wasm
}

#[test]
fn the_module_has_its_committed_hash() {
    let digest = Sha256::digest(process_module::WASM);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, process_module::SHA256.trim());
}

#[test]
fn the_module_hash_is_blake3_of_the_bytes() {
    let module = super::harness::module();
    assert_eq!(
        module.hash(),
        *blake3::hash(process_module::WASM).as_bytes()
    );
}

#[test]
fn a_foreign_import_is_refused_by_name() {
    // (type (func)) (import "wasi_snapshot_preview1" "fd_write" (func 0))
    let types: &[u8] = &[1, 4, 1, 0x60, 0, 0];
    let import = [
        &[2, 35, 1, 22],
        &b"wasi_snapshot_preview1"[..],
        &[8],
        b"fd_write",
        &[0, 0],
    ]
    .concat();
    let error = refusal(&with_sections(&[types, &import]));
    let WasmError::ForeignImport { module, name } = error else {
        panic!("{error:?}")
    };
    assert_eq!(
        (module.as_str(), name.as_str()),
        ("wasi_snapshot_preview1", "fd_write")
    );
}

#[test]
fn an_offered_import_of_another_type_is_refused() {
    // (type (func)) (import "ao" "try" (func 0))
    let types: &[u8] = &[1, 4, 1, 0x60, 0, 0];
    let import: &[u8] = &[2, 10, 1, 2, b'a', b'o', 3, b't', b'r', b'y', 0, 0];
    assert!(matches!(
        refusal(&with_sections(&[types, import])),
        WasmError::ForeignImport { .. }
    ));
}

#[test]
fn hidden_state_is_refused() {
    // (global (mut i32) (i32.const 0))
    let global: &[u8] = &[6, 6, 1, 0x7f, 1, 0x41, 0, 0x0b];
    assert!(matches!(
        refusal(&with_sections(&[global])),
        WasmError::HiddenGlobal { index: 0 }
    ));
}

#[test]
fn a_module_without_the_door_is_refused() {
    let engine = Engine::new(EngineSettings::default()).expect("an engine");
    let module = engine
        .compile(&with_sections(&[]))
        .expect("an empty module");
    let ended = aosec_wasm::Instance::boot(&module, b"", aosec_wasm::Limits::default());
    let Err(WasmError::Remembered(error)) = ended else {
        panic!("{ended:?}");
    };
    let is_missing = matches!(*error, WasmError::MissingExport { name: "memory" });
    assert!(is_missing, "{error:?}");
}

#[test]
fn text_vectors_and_wide_memories_are_refused() {
    assert!(matches!(
        refusal(b"(module)"),
        WasmError::Cap(_) | WasmError::Compile(_) | WasmError::Sections(_)
    ));
    assert!(matches!(
        refusal(b""),
        WasmError::Cap(_) | WasmError::Compile(_) | WasmError::Sections(_)
    ));
    // (memory i64 1), then (memory 1 1 shared)
    for memory in [&[5u8, 3, 1, 4, 1][..], &[5, 4, 1, 3, 1, 1]] {
        assert!(matches!(
            refusal(&with_sections(&[memory])),
            WasmError::Cap(_) | WasmError::Compile(_) | WasmError::Sections(_)
        ));
    }
}

#[test]
fn a_boot_text_that_fails_says_why() {
    let module = super::harness::module();
    let limits = aosec_wasm::Limits::default();
    for (text, words) in [
        ("error('no')", "no"),
        ("return 1", "function expected"),
        ("return (", "unexpected symbol"),
        ("\u{1b}Lua", "binary"),
    ] {
        let error = aosec_wasm::Instance::boot(module, text.as_bytes(), limits).expect_err(text);
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}
