//! The compiler and its settings, fixed so that every operator runs the same code.
//!
//! Fuel, pooling and interruption may differ between machines: none of them changes a result of a
//! message that ends. Everything else is part of what operators attest and stands here in one
//! place. Bulk memory is off on purpose: without it a copy costs fuel by its length. Reference types this build of the engine cannot
//! switch off; what of them could change a table is refused by [`caps`], so that memory and globals are the whole state.

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::{caps, error::WasmError, instance::Booted, limits::STACK_BYTES, shape};

/// The compiler that operators name beside a result.
pub const ENGINE_NAME: &str = "wasmtime 48.0.8";

/// Largest memory of a pooled instance: the 4 GiB of a 32-bit module would reserve too much
/// address space for a pool.
const POOLED_MEMORY_BYTES: usize = 1 << 30;

/// Choices of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// Count fuel and stop a message that runs out of it. Off only where the log is trusted.
    pub fuel: bool,
    /// Take memories from a pool that is reserved at once.
    pub pooling: bool,
    /// Instances alive at once in a pool.
    pub pool_instances: u32,
    /// Let [`Engine::tick`] stop a message, as a net below the fuel.
    pub interruptible: bool,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            fuel: true,
            pooling: false,
            pool_instances: 64,
            interruptible: false,
        }
    }
}

impl EngineSettings {
    /// What modules of strangers run under, in the process that compiles them and in the one that runs them.
    pub const FOREIGN: Self = Self {
        fuel: true,
        pooling: false,
        pool_instances: 64,
        interruptible: true,
    };
}

/// Compiles modules and carries the settings. Clones share one engine.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    settings: EngineSettings,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with the house's fixed settings and this machine's choices.
    pub fn new(settings: EngineSettings) -> Result<Self, WasmError> {
        let inner = wasmtime::Engine::new(&config(settings)).map_err(WasmError::Engine)?;
        Ok(Self { inner, settings })
    }

    /// Checks and compiles a module. Bytes only: text and precompiled code are refused.
    ///
    /// What is no module is told apart from what this machine cannot do before any code is made: to compile takes memory, and the
    /// engine's error does not say what was missing.
    pub fn compile(&self, wasm: &[u8]) -> Result<Module, WasmError> {
        caps::check(wasm)?;
        wasmtime::Module::validate(&self.inner, wasm).map_err(WasmError::Compile)?;
        let compiled = wasmtime::Module::from_binary(&self.inner, wasm).map_err(WasmError::Code)?;
        self.around(compiled, wasm)
    }

    /// A module around its code.
    pub(crate) fn around(
        &self,
        compiled: wasmtime::Module,
        wasm: &[u8],
    ) -> Result<Module, WasmError> {
        shape::check_imports(&compiled)?;
        let globals = shape::mutable_globals(wasm)?;
        let hash = *blake3::hash(wasm).as_bytes();
        Ok(Module {
            parts: Arc::new(Parts {
                compiled,
                globals,
                hash,
                booted: Mutex::default(),
            }),
            engine: self.clone(),
        })
    }

    /// One tick of the operator's clock; see [`crate::Limits::ticks_per_message`].
    pub fn tick(&self) {
        self.inner.increment_epoch();
    }

    pub(crate) fn wasmtime_engine(&self) -> &wasmtime::Engine {
        &self.inner
    }

    pub(crate) fn settings(&self) -> EngineSettings {
        self.settings
    }
}

/// A compiled module, ready to be instantiated as often as needed.
#[derive(Clone)]
pub struct Module {
    parts: Arc<Parts>,
    engine: Engine,
}

struct Parts {
    compiled: wasmtime::Module,
    globals: Vec<String>,
    hash: [u8; 32],
    booted: Mutex<Vec<([u8; 32], Ended)>>,
}

/// The state after a boot text, or why every machine refuses it.
type Ended = Result<Arc<Booted>, Arc<WasmError>>;

/// Boot texts whose state is kept with a module: all Lua processes of one binary share one.
const BOOTS_KEPT: usize = 4;

impl Module {
    /// BLAKE3 of the module's bytes.
    pub fn hash(&self) -> [u8; 32] {
        self.parts.hash
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn wasmtime_engine(&self) -> &wasmtime::Engine {
        &self.engine.inner
    }

    pub(crate) fn compiled(&self) -> &wasmtime::Module {
        &self.parts.compiled
    }

    /// The state after a boot text, run at most once while its end is kept. A fault of this machine is no end.
    pub(crate) fn booted(
        &self,
        boot: [u8; 32],
        run: impl FnOnce() -> Result<Booted, WasmError>,
    ) -> Result<Arc<Booted>, WasmError> {
        let mut kept = self
            .parts
            .booted
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, ended)) = kept.iter().find(|(hash, _)| *hash == boot) {
            return ended.clone().map_err(WasmError::Remembered);
        }
        let ended = match run() {
            Err(error) if !error.is_verdict() => return Err(error),
            ended => ended.map(Arc::new).map_err(Arc::new),
        };
        if kept.len() == BOOTS_KEPT {
            drop(kept.remove(0));
        }
        kept.push((boot, ended.clone()));
        ended.map_err(WasmError::Remembered)
    }

    /// Export names of the mutable globals, in the order of the state root.
    pub(crate) fn globals(&self) -> &[String] {
        &self.parts.globals
    }
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module")
            .field("hash", &blake3::Hash::from(self.parts.hash))
            .finish()
    }
}

fn config(settings: EngineSettings) -> Config {
    let mut config = Config::new();
    fix_features(&mut config);
    config
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(STACK_BYTES)
        .wasm_backtrace_max_frames(None)
        .consume_fuel(settings.fuel)
        .epoch_interruption(settings.interruptible);
    if settings.pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    }
    config
}

fn fix_features(config: &mut Config) {
    config
        .wasm_bulk_memory(false)
        .wasm_multi_value(false)
        .wasm_multi_memory(false)
        .wasm_simd(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_memory64(false)
        .wasm_wide_arithmetic(false)
        .wasm_custom_page_sizes(false);
}

fn pool(settings: EngineSettings) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(settings.pool_instances)
        .total_memories(settings.pool_instances)
        .total_tables(settings.pool_instances)
        .max_memory_size(POOLED_MEMORY_BYTES);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::EvaluationError;
    use crate::process_module::WASM;

    #[test]
    fn the_name_of_the_engine_is_the_pinned_version() {
        let manifest = include_str!("../../../Cargo.toml");
        let version = ENGINE_NAME.trim_start_matches("wasmtime ");
        assert!(manifest.contains(&format!("wasmtime = {{ version = \"={version}\"")));
    }

    #[test]
    fn a_boot_that_every_machine_refuses_is_run_once_and_a_fault_of_this_one_is_tried_again() {
        let engine = Engine::new(EngineSettings::default()).expect("an engine");
        let module = engine.compile(WASM).expect("a module");
        let runs = |boot: [u8; 32], fault: fn() -> WasmError| {
            let mut runs = 0;
            for _again in 0..3 {
                let refused = module.booted(boot, || {
                    runs += 1;
                    Err(fault())
                });
                let refused = refused.err().expect("told to refuse");
                assert_eq!(refused.to_string(), fault().to_string());
                assert_eq!(refused.is_verdict(), fault().is_verdict());
            }
            runs
        };
        assert_eq!(
            runs([1; 32], || WasmError::BootStopped(
                EvaluationError::OutOfFuel
            )),
            1
        );
        assert_eq!(
            runs([2; 32], || WasmError::BootStopped(
                EvaluationError::StackExhausted
            )),
            3
        );
    }
}
