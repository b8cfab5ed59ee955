//! [`super::machine`] with wasmtime: the Lua module that this binary carries, and modules that strangers wrote.
//!
//! Under the format of the carried one only its own bytes run, those of [`process_module::WASM`]. Its boot text is the binary's as
//! well: a module item that names another one by `Boot-Hash` is refused, because it would come to other roots. Under the format
//! [`OPEN_FORMAT`] runs what keeps the caps and the contract with the host; it is compiled by a child process ([`super::compiler`])
//! and has no boot text. There the clock is a net below the fuel: what it stops has no result.
//!
//! A dry run has an instance of its own beside the hot one, made from a snapshot and kept for as long as the state stays the
//! same: the hot instance never sees it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use aosec_wasm::engine::ENGINE_NAME;
use aosec_wasm::process_module::{self, BOOT};
use aosec_wasm::{
    Changed, Engine, EngineSettings, EvaluationError, Instance, Limits, Module, Roots, Snapshot,
    WasmError,
};
use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;

use super::compiler::{Compiler, refusal};
use super::machine::{Failure, Machine, Program, Run, Workshop, WorkshopError};
use super::settings::LASTING_MAX;
use super::terms::{OPEN_FORMAT, Terms};

/// The tag by which a module item names the boot text that it runs with.
pub const BOOT_HASH: &str = "Boot-Hash";

/// SHA-256 of the boot text of this binary.
#[must_use]
pub fn boot_hash() -> Id {
    Id::sha256(BOOT)
}

/// Between two ticks of the clock below foreign modules.
const TICK: Duration = Duration::from_millis(100);
/// Ticks of the minute in which a core burns the most fuel that a node gives, [`FUEL_MAX`](super::settings::FUEL_MAX).
const TICKS_OF_FUEL: u64 = 600;
/// Ticks after which a message of a foreign module is stopped without a verdict: half an hour. It is a legal message that ends on
/// another machine, so it has the time in which a single core burns the fuel of all who may last at once, and as much again for those
/// who go before them.
const TICKS_MAX: u64 = 2 * LASTING_MAX as u64 * TICKS_OF_FUEL;
/// Where a process finds the file that it was started from, also after somebody has put another one in its place.
#[cfg(target_os = "linux")]
const OWN_BINARY: &str = "/proc/self/exe";

/// The workshop. The carried module is compiled once, when it is wanted first: a node that only orders messages never does.
#[derive(Debug)]
pub struct Wasmtime {
    engine: Engine,
    module: Mutex<Option<Module>>,
    binary: PathBuf,
    foreign: OnceLock<Result<Arc<Compiler>, WorkshopError>>,
}

impl Wasmtime {
    /// Looks whether this machine can run the engine. Nothing is compiled yet.
    ///
    /// # Errors
    /// [`WorkshopError`] where it cannot.
    pub fn new() -> Result<Self, WorkshopError> {
        Self::with_binary(own_binary()?)
    }

    /// The same; foreign modules are compiled by children that are started from `binary`.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_binary(binary: PathBuf) -> Result<Self, WorkshopError> {
        let engine = Engine::new(EngineSettings::default());
        Ok(Self {
            engine: engine.map_err(|error| refusal(&error))?,
            module: Mutex::default(),
            binary,
            foreign: OnceLock::new(),
        })
    }

    /// The carried module. The first caller compiles it, a fraction of a second of one core, and the others wait.
    ///
    /// # Errors
    /// [`WorkshopError`] where this machine has no room for it.
    pub fn module(&self) -> Result<Module, WorkshopError> {
        let mut kept = self.module.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = &*kept {
            return Ok(module.clone());
        }
        let module = self.engine.compile(process_module::WASM);
        // The bytes are the binary's own: whatever stands against them now is this machine's.
        let module = module.map_err(|error| WorkshopError::Room(error.to_string()))?;
        Ok(kept.insert(module).clone())
    }

    fn carried(&self, module: &VerifiedItem) -> Result<Loaded, WorkshopError> {
        if module.data() != process_module::WASM {
            return Err(WorkshopError::Module(
                "its bytes are not those of the module that this node carries".to_owned(),
            ));
        }
        match module.tags().get(BOOT_HASH) {
            Some(named) if named != boot_hash().to_string() => Err(WorkshopError::Module(format!(
                "it boots with {named}, this node with {}",
                boot_hash()
            ))),
            _ => Ok(Loaded {
                module: self.module()?,
                boot: BOOT,
            }),
        }
    }

    fn foreign(&self, module: &VerifiedItem) -> Result<Loaded, WorkshopError> {
        let compiler = self.foreign.get_or_init(|| {
            let engine = Engine::new(EngineSettings::FOREIGN).map_err(|error| refusal(&error))?;
            let compiler = Arc::new(Compiler::new(self.binary.clone(), engine.clone()));
            let ends = Arc::downgrade(&compiler);
            std::thread::spawn(move || tick(&engine, &ends));
            Ok(compiler)
        });
        let compiler = compiler.as_ref().map_err(Clone::clone)?;
        Ok(Loaded {
            module: compiler.compile(&module.data())?,
            boot: &[],
        })
    }
}

/// The clock below foreign modules, for as long as there is their compiler.
fn tick(engine: &Engine, ends: &Weak<Compiler>) {
    while ends.strong_count() > 0 {
        std::thread::sleep(TICK);
        engine.tick();
    }
}

#[cfg(target_os = "linux")]
fn own_binary() -> Result<PathBuf, WorkshopError> {
    Ok(PathBuf::from(OWN_BINARY))
}

#[cfg(not(target_os = "linux"))]
fn own_binary() -> Result<PathBuf, WorkshopError> {
    std::env::current_exe()
        .map_err(|error| WorkshopError::Room(format!("this binary cannot be found: {error}")))
}

impl Workshop for Wasmtime {
    fn engine(&self) -> &str {
        ENGINE_NAME
    }

    fn load(&self, module: &VerifiedItem) -> Result<Arc<dyn Program>, WorkshopError> {
        let loaded = match module.tags().get("Module-Format") {
            Some(OPEN_FORMAT) => self.foreign(module),
            _ => self.carried(module),
        };
        Ok(Arc::new(loaded?))
    }
}

/// A compiled module, and what it boots with.
#[derive(Clone, Debug)]
struct Loaded {
    module: Module,
    boot: &'static [u8],
}

impl Program for Loaded {
    fn boot(&self, terms: Terms) -> Result<Box<dyn Machine>, WorkshopError> {
        let instance = Instance::boot(&self.module, self.boot, limits(terms));
        let instance = instance.map_err(|error| refusal(&error))?;
        Ok(Box::new(Hot::new(self.clone(), instance)))
    }

    fn restore(&self, snapshot: &[u8], terms: Terms) -> Result<Box<dyn Machine>, WorkshopError> {
        let snapshot = Snapshot::from_bytes(snapshot)
            .map_err(|error| WorkshopError::Snapshot(error.to_string()))?;
        let instance = Instance::restore(&self.module, self.boot, &snapshot, limits(terms));
        let instance = instance.map_err(|error| match error {
            WasmError::Snapshot(reason) => WorkshopError::Snapshot(reason.to_string()),
            other => refusal(&other),
        })?;
        Ok(Box::new(Hot::new(self.clone(), instance)))
    }
}

fn limits(terms: Terms) -> Limits {
    Limits {
        memory_bytes: terms.memory_bytes,
        fuel_per_message: terms.fuel,
        // Seen by foreign modules alone: the engine of the carried one asks no clock.
        ticks_per_message: TICKS_MAX,
        ..Limits::default()
    }
}

/// A hot instance, and its twin for dry runs.
#[derive(Debug)]
struct Hot {
    loaded: Loaded,
    instance: Instance,
    twin: Option<Instance>,
}

/// An instance and the image that it goes back to.
const COPIES: u64 = 2;

impl Hot {
    fn new(loaded: Loaded, instance: Instance) -> Self {
        Self {
            loaded,
            instance,
            twin: None,
        }
    }

    /// A copy of the committed state that may burn `fuel` for a message.
    fn twin(&mut self, fuel: u64) -> Result<&mut Instance, WasmError> {
        let root = self.instance.root();
        let kept = self
            .twin
            .take()
            .filter(|twin| twin.root() == root && twin.limits().fuel_per_message == fuel);
        let twin = match kept {
            Some(twin) => twin,
            None => {
                let limits = Limits {
                    fuel_per_message: fuel,
                    ..self.instance.limits()
                };
                let snapshot = self.instance.snapshot();
                Instance::restore(&self.loaded.module, self.loaded.boot, &snapshot, limits)?
            }
        };
        Ok(self.twin.insert(twin))
    }
}

impl Machine for Hot {
    fn run(&mut self, message: &[u8], environment: &[u8]) -> Run {
        run(&mut self.instance, message, environment)
    }

    fn dry_run(&mut self, message: &[u8], environment: &[u8], fuel: u64) -> Run {
        match self.twin(fuel) {
            Ok(twin) => {
                let run = run(twin, message, environment);
                twin.rollback();
                run
            }
            Err(error) => Run {
                answer: Err(Failure::Interrupted(error.to_string())),
                fuel_used: 0,
            },
        }
    }

    fn commit(&mut self) -> [u8; 32] {
        self.instance.commit()
    }

    fn rollback(&mut self) {
        self.instance.rollback();
    }

    fn lend_roots(&mut self) -> Option<Roots> {
        self.instance.lend_roots()
    }

    fn keep(&mut self, tell: &mut dyn FnMut(&Changed<'_>)) {
        self.instance.keep(tell);
    }

    fn take_back(&mut self, roots: Roots) {
        self.instance.take_back(roots);
    }

    fn root(&self) -> [u8; 32] {
        self.instance.root()
    }

    fn snapshot(&self) -> Vec<u8> {
        self.instance.snapshot().to_bytes()
    }

    fn memory(&self) -> Bytes {
        Bytes::copy_from_slice(self.instance.memory())
    }

    fn resident_bytes(&self) -> u64 {
        let twin = self.twin.as_ref().map_or(0, Instance::memory_bytes);
        (self.instance.memory_bytes() + twin).saturating_mul(COPIES)
    }
}

fn run(instance: &mut Instance, message: &[u8], environment: &[u8]) -> Run {
    match instance.handle(message, environment) {
        Ok(evaluation) => Run {
            answer: Ok(evaluation.output),
            fuel_used: evaluation.fuel_used,
        },
        Err(error) => Run {
            fuel_used: match error {
                EvaluationError::OutOfFuel => instance.limits().fuel_per_message,
                // The engine does not say what a trap had burnt.
                _ => 0,
            },
            answer: Err(failure(&error)),
        },
    }
}

fn failure(error: &EvaluationError) -> Failure {
    match error.is_verdict() {
        true => Failure::Verdict(error.to_string()),
        false => Failure::Interrupted(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_may_last_at_once_have_the_time_for_their_fuel_on_one_core() {
        let minutes = u128::from(TICKS_MAX) * TICK.as_millis() / 60_000;
        assert!(minutes >= LASTING_MAX as u128, "{minutes}");
    }
}
