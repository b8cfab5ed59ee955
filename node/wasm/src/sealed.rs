//! Compiled code on its way from the process that compiled it to the one that runs it.
//!
//! Code that an engine loads is code that this machine runs, so loading it is unsafe in wasmtime unless wasmtime has made it. Here
//! the maker says so: [`Engine::seal`] compiles a module and puts in front of the code a keyed hash over module and code;
//! [`Engine::open`] loads what carries that seal and nothing else. The key is drawn by the one who runs the code, for one module,
//! and told to nobody but the process that it starts to compile it (ADR 0038). Nothing of this is ever kept on a disk.
//!
//! The one file of this crate with unsafe code.

#![allow(unsafe_code)]

use crate::{Engine, Module, error::WasmError};

/// Length of a seal.
const SEAL_BYTES: usize = blake3::OUT_LEN;

/// What seals one module's code. It is used once.
#[derive(Clone)]
pub struct SealKey([u8; blake3::KEY_LEN]);

impl SealKey {
    /// Bytes of a key.
    pub const BYTES: usize = blake3::KEY_LEN;

    /// A key of random bytes.
    pub fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    fn seal(&self, wasm: &[u8], code: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(blake3::hash(wasm).as_bytes());
        hasher.update(code);
        hasher.finalize()
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

impl Engine {
    /// Checks and compiles a module; gives its seal and its code.
    ///
    /// # Errors
    /// As [`Engine::compile`].
    pub fn seal(&self, wasm: &[u8], key: &SealKey) -> Result<Vec<u8>, WasmError> {
        let module = self.compile(wasm)?;
        let code = module.compiled().serialize().map_err(WasmError::Code)?;
        let mut sealed = key.seal(wasm, &code).as_bytes().to_vec();
        sealed.extend_from_slice(&code);
        Ok(sealed)
    }

    /// The module whose code was sealed with this key.
    ///
    /// # Errors
    /// [`WasmError::Unsealed`] where the seal is not this key's over this module and this code; [`WasmError::OtherEngine`] where
    /// the code was made by an engine with other settings.
    pub fn open(&self, wasm: &[u8], key: &SealKey, sealed: &[u8]) -> Result<Module, WasmError> {
        let (seal, code) = sealed
            .split_at_checked(SEAL_BYTES)
            .ok_or(WasmError::Unsealed)?;
        // This comparison takes the same time wherever they differ.
        if key.seal(wasm, code) != *seal {
            return Err(WasmError::Unsealed);
        }
        // SAFETY: the bytes are those that `Module::serialize` gave to `Engine::seal`, unchanged: nobody else writes a seal of this
        // key. Whether version and settings are the same, wasmtime looks for itself.
        let loaded = unsafe { wasmtime::Module::deserialize(self.wasmtime_engine(), code) };
        self.around(loaded.map_err(WasmError::OtherEngine)?, wasm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineSettings, process_module::WASM};

    fn engine(interruptible: bool) -> Engine {
        let settings = EngineSettings {
            interruptible,
            ..EngineSettings::default()
        };
        Engine::new(settings).expect("an engine")
    }

    #[test]
    fn only_the_code_of_this_module_under_this_key_is_opened() {
        let (engine, key) = (engine(true), SealKey::new([1; 32]));
        let sealed = engine.seal(WASM, &key).expect("sealed");
        let opened = engine.open(WASM, &key, &sealed).expect("opened");
        assert_eq!(
            opened.hash(),
            engine.compile(WASM).expect("compiled").hash()
        );
        let refused = |wasm: &[u8], key: &SealKey, sealed: &[u8]| {
            matches!(engine.open(wasm, key, sealed), Err(WasmError::Unsealed))
        };
        assert!(
            refused(WASM, &SealKey::new([2; 32]), &sealed),
            "another key"
        );
        assert!(
            refused(&WASM[..WASM.len() - 1], &key, &sealed),
            "another module"
        );
        assert!(refused(WASM, &key, &sealed[..sealed.len() - 1]), "cut");
        assert!(refused(WASM, &key, b""), "nothing");
        for place in (0..sealed.len()).step_by(10_007) {
            let mut bent = sealed.clone();
            bent[place] ^= 1;
            assert!(refused(WASM, &key, &bent), "bent at {place}");
        }
    }

    #[test]
    fn code_of_an_engine_with_other_settings_is_not_loaded() {
        let key = SealKey::new([1; 32]);
        let sealed = engine(false).seal(WASM, &key).expect("sealed");
        let opened = engine(true).open(WASM, &key, &sealed);
        assert!(
            matches!(opened, Err(WasmError::OtherEngine(_))),
            "{opened:?}"
        );
    }
}
