//! One door to wasmtime: a module, an instance, one message at a time.
//!
//! [`Engine`] compiles a [`Module`]; an [`Instance`] of it stays warm and takes one message after
//! the other. What a message changed is pending until [`Instance::commit`] gives the new state
//! root, or [`Instance::rollback`] forgets it. A trap, the end of the fuel or too long an answer
//! rolls back by itself.
//!
//! The same log gives the same roots on every machine: fuel decides, never a clock; the imports
//! are closed ([`host`]); NaN has one spelling; nothing of a process lives outside its linear
//! memory and the globals that the module exports ([`shape`]).
//!
//! Read next: [`root`] for what a state root is, [`roots`] for how another thread computes it, [`snapshot`] for how a process sleeps,
//! [`process_module`] for the Lua module that the binary carries, [`origin_contract`] for the court that runs in it.
//!
//! What strangers wrote is looked over first ([`caps`]) and compiled in a process of its own, whose code comes back under a seal
//! ([`sealed`]).
//!
//! Deliberately absent: network, disk, clock, threads, that process itself, and a cache of compiled modules.

pub mod caps;
pub mod engine;
pub mod error;
mod host;
mod image;
mod instance;
mod lanes;
pub mod limits;
mod live;
pub mod origin_contract;
pub mod process_module;
pub mod root;
pub mod roots;
pub mod sealed;
mod shape;
pub mod snapshot;

pub use engine::{Engine, EngineSettings, Module};
pub use error::{EvaluationError, SnapshotError, WasmError};
pub use instance::{Evaluation, Instance};
pub use limits::Limits;
pub use roots::{Change, Changed, Roots};
pub use sealed::SealKey;
pub use snapshot::Snapshot;
