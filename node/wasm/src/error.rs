//! What can go wrong, told apart by who may be blamed: the module, the message, or this machine.

use std::sync::Arc;

use thiserror::Error;
use wasmtime::Trap;

use crate::caps::CapError;
use crate::host::{Thrown, TooManyGrowths};

/// A module or an instance could not be made.
#[derive(Debug, Error)]
pub enum WasmError {
    /// The engine refused its settings, or the machine has no room for it.
    #[error("the wasm engine cannot start")]
    Engine(#[source] wasmtime::Error),
    /// More of something than a module may have.
    #[error("the module is refused: {0}")]
    Cap(#[from] CapError),
    /// The bytes are no module that this engine takes.
    #[error("the module does not compile")]
    Compile(#[source] wasmtime::Error),
    /// The module is one, and this machine could not make code of it, or had no room for that code.
    #[error("this machine could not make code of the module")]
    Code(#[source] wasmtime::Error),
    /// The global section cannot be read.
    #[error("the module's sections cannot be read")]
    Sections(#[from] wasmparser::BinaryReaderError),
    /// The import list is closed.
    #[error("the module imports {module}.{name}, which is not offered")]
    ForeignImport {
        /// Module part of the import.
        module: String,
        /// Name part of the import.
        name: String,
    },
    /// State that no export shows would escape the state root.
    #[error("the module has a mutable global (number {index}) that it does not export")]
    HiddenGlobal {
        /// Index in the module's global space.
        index: u32,
    },
    /// A part of the contract with the host is not exported, or has another type.
    #[error("the module does not export {name} as needed")]
    MissingExport {
        /// The export looked for.
        name: &'static str,
    },
    /// The module cannot be set up in these limits, or the machine has no room.
    #[error("the module cannot be instantiated")]
    Instantiate(#[source] wasmtime::Error),
    /// The state after boot takes more than the process may have.
    #[error(
        "the module needs {needs} bytes of memory before its first message; the process has {limit}"
    )]
    Cramped {
        /// What it needs.
        needs: u64,
        /// The limit.
        limit: u64,
    },
    /// Compiled code that carries no seal of this key, or the seal of another module.
    #[error("the compiled code was not made for this module by the compiler that was asked")]
    Unsealed,
    /// Sealed code that the engine does not take: made by another version of it.
    #[error("the compiled code does not fit this engine")]
    OtherEngine(#[source] wasmtime::Error),
    /// The boot text ended in an error of its own.
    #[error("the boot text failed: {message}")]
    Boot {
        /// What the module says.
        message: String,
    },
    /// The boot text ran out of what it may use.
    #[error("the boot text was stopped")]
    BootStopped(#[source] EvaluationError),
    /// The boot text had come to this end before.
    #[error(transparent)]
    Remembered(Arc<Self>),
    /// The snapshot is of another module, boot text or size.
    #[error("the snapshot does not fit")]
    Snapshot(#[from] SnapshotError),
}

impl WasmError {
    /// Whether every honest machine refuses in the same way, so that asking again is of no use.
    pub fn is_verdict(&self) -> bool {
        match self {
            Self::Engine(_)
            | Self::Code(_)
            | Self::Unsealed
            | Self::OtherEngine(_)
            | Self::Snapshot(_) => false,
            Self::Remembered(error) => error.is_verdict(),
            Self::Instantiate(error) => {
                error
                    .downcast_ref::<Trap>()
                    .is_some_and(|trap| !matches!(trap, Trap::StackOverflow | Trap::Interrupt))
                    || error.is::<TooManyGrowths>()
                    || error.is::<Thrown>()
            }
            Self::BootStopped(error) => error.is_verdict(),
            _ => true,
        }
    }
}

/// Why a message has no answer. The state is as before the message.
#[derive(Debug, Error)]
pub enum EvaluationError {
    /// The module trapped.
    #[error("the module trapped: {0}")]
    Trap(Trap),
    /// The message used up its fuel.
    #[error("out of fuel")]
    OutOfFuel,
    /// The answer is longer than the limit.
    #[error("the answer has {bytes} bytes, more than {limit}")]
    OutputTooLarge {
        /// Length of the answer.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The message does not fit into what is left of the memory.
    #[error("not enough memory for the message")]
    Memory,
    /// The native stack ended, which depends on the build: no verdict.
    #[error("the call stack is exhausted")]
    StackExhausted,
    /// The operator's clock stopped the message: no verdict.
    #[error("interrupted by the host")]
    Interrupted,
    /// The module threw where nothing catches.
    #[error("the module threw outside of any protected call")]
    Uncaught,
    /// The message asked for more memory too often.
    #[error("the module asked for more memory too often")]
    TooManyGrowths,
    /// The module breaks its contract with the host.
    #[error("the module answered outside of its memory")]
    BrokenAnswer,
    /// This machine failed: no verdict.
    #[error("the host failed")]
    Host(#[source] wasmtime::Error),
}

impl EvaluationError {
    /// Whether every honest machine comes to the same end, so that it may be stored and signed as
    /// a result. Otherwise the message is to be tried again, here or elsewhere.
    pub fn is_verdict(&self) -> bool {
        !matches!(
            self,
            Self::StackExhausted | Self::Interrupted | Self::Host(_)
        )
    }
}

impl From<wasmtime::Error> for EvaluationError {
    fn from(error: wasmtime::Error) -> Self {
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => Self::OutOfFuel,
            Some(Trap::StackOverflow) => Self::StackExhausted,
            Some(Trap::Interrupt) => Self::Interrupted,
            Some(trap) => Self::Trap(*trap),
            None if error.is::<TooManyGrowths>() => Self::TooManyGrowths,
            None if error.is::<Thrown>() => Self::Uncaught,
            None => Self::Host(error),
        }
    }
}

/// Why bytes are no snapshot, or a snapshot not of this process.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SnapshotError {
    /// Length, order or mark is wrong.
    #[error("the bytes are not a snapshot: {0}")]
    Malformed(&'static str),
    /// Taken from another module.
    #[error("the snapshot belongs to another module")]
    OtherModule,
    /// Taken after another boot text.
    #[error("the snapshot belongs to another boot text")]
    OtherBoot,
    /// The memory in it is smaller than after boot, or larger than the limit.
    #[error("the snapshot's memory of {bytes} bytes does not fit")]
    OtherSize {
        /// Size of the memory in the snapshot.
        bytes: u64,
    },
}
