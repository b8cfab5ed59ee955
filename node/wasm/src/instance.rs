//! One process, warm: a live instance beside its last committed image.
//!
//! Rules:
//! 1. [`Instance::handle`] leaves a pending change. More messages may follow before a commit; a
//!    rollback goes back to the last commit, whatever lies between.
//! 2. A message that fails ([`EvaluationError`]) rolls back by itself, to the last commit.
//! 3. A boot text runs once for each module in use; every process that boots with it starts from, and
//!    is put to sleep as the difference to, that one state.
//! 4. Memory cannot shrink: after growth, going back means a new instance filled with the image.

use std::sync::Arc;

use crate::{
    engine::Module,
    error::{EvaluationError, WasmError},
    image::Image,
    limits::{self, Limits},
    live::Live,
    root::{PAGE_BYTES, state_root},
    snapshot::Snapshot,
};

/// What one message gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer's bytes, JSON in UTF-8 from the own module.
    pub output: Vec<u8>,
    /// Fuel used; 0 where the engine counts none.
    pub fuel_used: u64,
}

/// A process that takes messages.
pub struct Instance {
    module: Module,
    limits: Limits,
    boot_hash: [u8; 32],
    live: Live,
    base: Arc<Image>,
    image: Image,
    root: [u8; 32],
    /// A rollback found no room on this machine; nothing runs before it is done.
    stale: bool,
}

impl Instance {
    /// A new process in the state after the boot text, which is committed.
    pub fn boot(module: &Module, boot: &[u8], limits: Limits) -> Result<Self, WasmError> {
        let base = base(module, boot)?;
        let image = Image::clone(&base);
        Self::around(module, boot, limits, base, image)
    }

    /// The process that a snapshot was taken of.
    pub fn restore(
        module: &Module,
        boot: &[u8],
        snapshot: &Snapshot,
        limits: Limits,
    ) -> Result<Self, WasmError> {
        snapshot.check(module.hash(), hash(boot), module.globals().len())?;
        let base = base(module, boot)?;
        let image = snapshot.image(&base, limits.memory_bytes)?;
        Self::around(module, boot, limits, base, image)
    }

    fn around(
        module: &Module,
        boot: &[u8],
        limits: Limits,
        base: Arc<Image>,
        image: Image,
    ) -> Result<Self, WasmError> {
        let needs = image.memory.len() as u64;
        if needs > limits.memory_bytes {
            let limit = limits.memory_bytes;
            return Err(WasmError::Cramped { needs, limit });
        }
        let mut live = Live::start(module, limits)?;
        fill(&mut live, &image).map_err(WasmError::Instantiate)?;
        let boot_hash = hash(boot);
        let root = state_root(&module.hash(), &boot_hash, &image.globals, &image.tree);
        let module = module.clone();
        Ok(Self {
            module,
            limits,
            boot_hash,
            live,
            base,
            image,
            root,
            stale: false,
        })
    }

    /// Runs one message. On success the change is pending; on failure it is forgotten already.
    pub fn handle(&mut self, message: &[u8], env: &[u8]) -> Result<Evaluation, EvaluationError> {
        if self.stale {
            self.go_back().map_err(EvaluationError::Host)?;
            self.stale = false;
        }
        let ended = self.run(message, env);
        if ended.is_err() {
            self.rollback();
        }
        ended
    }

    fn run(&mut self, message: &[u8], env: &[u8]) -> Result<Evaluation, EvaluationError> {
        self.live.arm(&self.module, self.limits)?;
        let output = self.live.handle(message, env, self.limits.output_bytes)?;
        let counts = self.module.engine().settings().fuel;
        let fuel_used = if counts {
            self.limits.fuel_per_message - self.live.fuel_left()
        } else {
            0
        };
        Ok(Evaluation { output, fuel_used })
    }

    /// Accepts what is pending and gives the new state root.
    pub fn commit(&mut self) -> [u8; 32] {
        if !self.stale {
            let globals = self.live.globals();
            self.image.take(self.live.memory(), globals);
            let Image { globals, tree, .. } = &self.image;
            self.root = state_root(&self.module.hash(), &self.boot_hash, globals, tree);
        }
        self.root
    }

    /// Forgets what is pending: the state is the last committed one again.
    ///
    /// Where this machine has no room for it, the next [`Instance::handle`] tries again first.
    pub fn rollback(&mut self) {
        self.stale = self.go_back().is_err();
    }

    fn go_back(&mut self) -> Result<(), wasmtime::Error> {
        if self.live.memory().len() != self.image.memory.len() {
            self.live = Live::start(&self.module, self.limits).map_err(wasmtime::Error::new)?;
        }
        fill(&mut self.live, &self.image)
    }

    /// The state root of the last commit.
    pub fn root(&self) -> [u8; 32] {
        self.root
    }

    /// The last committed state, to be kept and restored.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.module.hash(), self.boot_hash, &self.base, &self.image)
    }

    /// Bytes of linear memory in use now.
    pub fn memory_bytes(&self) -> u64 {
        self.live.memory().len() as u64
    }

    /// The linear memory of the last commit.
    pub fn memory(&self) -> &[u8] {
        &self.image.memory
    }

    /// The limits that this instance was made with.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("module", &self.module)
            .field("pages", &(self.image.memory.len() / PAGE_BYTES))
            .field("root", &blake3::Hash::from(self.root))
            .finish_non_exhaustive()
    }
}

fn base(module: &Module, boot: &[u8]) -> Result<Arc<Image>, WasmError> {
    module.booted(hash(boot), || {
        let mut live = Live::start(module, limits::BOOT)?;
        live.boot(module, boot)?;
        Ok(Image::new(live.memory().to_vec(), live.globals()))
    })
}

fn hash(boot: &[u8]) -> [u8; 32] {
    *blake3::hash(boot).as_bytes()
}

fn fill(live: &mut Live, image: &Image) -> Result<(), wasmtime::Error> {
    live.grow_to(image.memory.len())?;
    image.write_over(live.memory_mut());
    live.set_globals(&image.globals)
}
