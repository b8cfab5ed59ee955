//! [`super::machine`] with wasmtime: the Lua module that this binary carries, and no other.
//!
//! Compiling what a stranger wrote can take minutes, and no fuel stops a compiler; so a module runs only where its bytes are
//! those of [`process_module::WASM`]. Its boot text is the binary's as well: a module item that names another one by `Boot-Hash`
//! is refused, because it would come to other roots.
//!
//! A dry run has an instance of its own beside the hot one, made from a snapshot and kept for as long as the state stays the
//! same: the hot instance never sees it.

use std::sync::{Arc, Mutex, PoisonError};

use aosec_wasm::engine::ENGINE_NAME;
use aosec_wasm::process_module::{self, BOOT};
use aosec_wasm::{
    Engine, EngineSettings, EvaluationError, Instance, Limits, Module, Snapshot, WasmError,
};
use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;

use super::machine::{Failure, Machine, Program, Run, Workshop, WorkshopError};
use super::terms::Terms;

/// The tag by which a module item names the boot text that it runs with.
pub const BOOT_HASH: &str = "Boot-Hash";

/// SHA-256 of the boot text of this binary.
#[must_use]
pub fn boot_hash() -> Id {
    Id::sha256(BOOT)
}

/// The workshop of the carried module, compiled once, when it is wanted first: a node that only orders messages never does.
#[derive(Debug)]
pub struct Wasmtime {
    engine: Engine,
    module: Mutex<Option<Module>>,
}

impl Wasmtime {
    /// Looks whether this machine can run the engine. Nothing is compiled yet.
    ///
    /// # Errors
    /// [`WorkshopError`] where it cannot.
    pub fn new() -> Result<Self, WorkshopError> {
        Ok(Self {
            engine: Engine::new(EngineSettings::default()).map_err(room)?,
            module: Mutex::default(),
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
        let module = self.engine.compile(process_module::WASM).map_err(room)?;
        Ok(kept.insert(module).clone())
    }
}

impl Workshop for Wasmtime {
    fn engine(&self) -> &str {
        ENGINE_NAME
    }

    fn load(&self, module: &VerifiedItem) -> Result<Arc<dyn Program>, WorkshopError> {
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
            _ => Ok(Arc::new(Lua(self.module()?))),
        }
    }
}

/// The carried module.
#[derive(Debug)]
struct Lua(Module);

impl Program for Lua {
    fn boot(&self, terms: Terms) -> Result<Box<dyn Machine>, WorkshopError> {
        let instance = Instance::boot(&self.0, BOOT, limits(terms)).map_err(room)?;
        Ok(Box::new(Hot::new(self.0.clone(), instance)))
    }

    fn restore(&self, snapshot: &[u8], terms: Terms) -> Result<Box<dyn Machine>, WorkshopError> {
        let snapshot = Snapshot::from_bytes(snapshot)
            .map_err(|error| WorkshopError::Snapshot(error.to_string()))?;
        let instance = Instance::restore(&self.0, BOOT, &snapshot, limits(terms));
        let instance = instance.map_err(|error| match error {
            WasmError::Snapshot(reason) => WorkshopError::Snapshot(reason.to_string()),
            other => room(other),
        })?;
        Ok(Box::new(Hot::new(self.0.clone(), instance)))
    }
}

fn limits(terms: Terms) -> Limits {
    Limits {
        memory_bytes: terms.memory_bytes,
        fuel_per_message: terms.fuel,
        ..Limits::default()
    }
}

fn room(error: WasmError) -> WorkshopError {
    use std::error::Error as _;
    let cause = error
        .source()
        .map_or_else(String::new, |cause| format!(": {cause}"));
    WorkshopError::Room(format!("{error}{cause}"))
}

/// A hot instance, and its twin for dry runs.
#[derive(Debug)]
struct Hot {
    module: Module,
    instance: Instance,
    twin: Option<Instance>,
}

/// An instance and the image that it goes back to.
const COPIES: u64 = 2;

impl Hot {
    fn new(module: Module, instance: Instance) -> Self {
        Self {
            module,
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
                Instance::restore(&self.module, BOOT, &snapshot, limits)?
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
