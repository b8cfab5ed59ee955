//! What keeps the contract's VM from an answer: faults of this machine, and never facts about a message.

use aosec_challenge::inbox::BadVerdict;
use aosec_wasm::{EvaluationError, WasmError};
use aosec_wire::{Id, ItemError};

use crate::cu::machine::WorkshopError;

/// Why a message has no verdict on this machine.
#[derive(Debug, thiserror::Error)]
pub enum ChamberError {
    /// The VM does not start.
    #[error("the contract's VM: {0}")]
    Wasm(#[from] WasmError),
    /// Nor does its engine.
    #[error("the contract's engine: {0}")]
    Workshop(#[from] WorkshopError),
    /// There is no VM before the court's spawn.
    #[error("the court has not begun")]
    NotBegun,
    /// A run ended without a verdict of fuel or memory.
    #[error("Origin's slot {slot}: {source}")]
    Run {
        /// The slot.
        slot: u64,
        /// What happened.
        source: EvaluationError,
    },
    /// The spawn names another module.
    #[error("Origin runs on module {named}, this node carries {carried}")]
    Module {
        /// What the spawn says.
        named: String,
        /// What the binary carries.
        carried: Id,
    },
    /// The carried module makes no item.
    #[error("the carried module: {0}")]
    Carried(#[from] ItemError),
    /// The output is none of this contract.
    #[error(transparent)]
    Verdict(#[from] BadVerdict),
    /// The output or the spawn is no JSON of an ao message.
    #[error("Origin's slot {slot}: {error}")]
    Json {
        /// The slot.
        slot: u64,
        /// What is wrong.
        error: String,
    },
}
