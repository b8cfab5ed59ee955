//! One process, warm: a live instance beside its last committed image.
//!
//! Rules:
//! 1. [`Instance::handle`] leaves a pending change. More messages may follow before a commit; a
//!    rollback goes back to the last commit, whatever lies between.
//! 2. A message that fails ([`EvaluationError`]) rolls back by itself, to the last commit.
//! 3. A boot text runs once for each module in use; every process that boots with it starts from, and
//!    is put to sleep as the difference to, that one state.
//! 4. Memory cannot shrink: after growth, going back means a new instance filled with the image.
//! 5. While the roots are lent, [`Instance::keep`] stands in the place of a commit, and [`Instance::root`] is that of the last commit.

use std::sync::Arc;

use crate::{
    engine::Module,
    error::{EvaluationError, WasmError},
    image::Image,
    limits::{self, Limits},
    live::Live,
    root::{PAGE_BYTES, Tree},
    roots::{Changed, Roots},
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
    base: Arc<Booted>,
    image: Image,
    root: [u8; 32],
    /// None while they are lent.
    roots: Option<Roots>,
    /// A rollback found no room on this machine; nothing runs before it is done.
    stale: bool,
}

/// The state after a boot text, and the tree over it.
pub(crate) struct Booted {
    image: Image,
    tree: Tree,
}

impl Instance {
    /// A new process in the state after the boot text, which is committed.
    pub fn boot(module: &Module, boot: &[u8], limits: Limits) -> Result<Self, WasmError> {
        let base = base(module, boot)?;
        let (image, tree) = (base.image.clone(), base.tree.clone());
        let roots = Roots::new(module.hash(), hash(boot), &image.globals, tree);
        Self::around(module, boot, limits, base, image, roots)
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
        let (image, changed) = snapshot.image(&base.image, limits.memory_bytes)?;
        let tree = base.tree.clone();
        let mut roots = Roots::new(module.hash(), hash(boot), &base.image.globals, tree);
        roots.take(&Changed::of(&image, &changed));
        Self::around(module, boot, limits, base, image, roots)
    }

    fn around(
        module: &Module,
        boot: &[u8],
        limits: Limits,
        base: Arc<Booted>,
        image: Image,
        roots: Roots,
    ) -> Result<Self, WasmError> {
        let needs = image.memory.len() as u64;
        if needs > limits.memory_bytes {
            let limit = limits.memory_bytes;
            return Err(WasmError::Cramped { needs, limit });
        }
        let mut live = Live::start(module, limits)?;
        fill(&mut live, &image).map_err(WasmError::Instantiate)?;
        Ok(Self {
            module: module.clone(),
            limits,
            boot_hash: hash(boot),
            live,
            base,
            image,
            root: roots.root(),
            roots: Some(roots),
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
    ///
    /// # Panics
    /// While the roots are lent: no root may be given that is not the state's.
    pub fn commit(&mut self) -> [u8; 32] {
        if let Some(indexes) = self.accept() {
            let roots = self.roots.as_mut().expect("the roots are at home");
            self.root = roots.take(&Changed::of(&self.image, &indexes));
        }
        self.root
    }

    /// Accepts what is pending and tells what it has changed, for whoever has the roots; nothing where nothing can be pending.
    pub fn keep(&mut self, tell: impl FnOnce(&Changed<'_>)) {
        if let Some(indexes) = self.accept() {
            tell(&Changed::of(&self.image, &indexes));
        }
    }

    /// Lends the half that computes roots; none where it is lent already.
    pub fn lend_roots(&mut self) -> Option<Roots> {
        self.roots.take()
    }

    /// Takes it back, with all that was changed meanwhile.
    pub fn take_back(&mut self, roots: Roots) {
        self.root = roots.root();
        self.roots = Some(roots);
    }

    fn accept(&mut self) -> Option<Vec<usize>> {
        if self.stale {
            return None;
        }
        let globals = self.live.globals();
        Some(self.image.take(self.live.memory(), globals))
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
        let base = &self.base.image;
        Snapshot::of(self.module.hash(), self.boot_hash, base, &self.image)
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

fn base(module: &Module, boot: &[u8]) -> Result<Arc<Booted>, WasmError> {
    module.booted(hash(boot), || {
        let mut live = Live::start(module, limits::BOOT)?;
        live.boot(module, boot)?;
        let (memory, globals) = (live.memory().to_vec(), live.globals());
        Ok(Booted {
            tree: Tree::new(&memory),
            image: Image { memory, globals },
        })
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
