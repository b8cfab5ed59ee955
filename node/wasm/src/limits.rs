//! What one process may use, and the constants behind the verdicts.
//!
//! All of these are part of the consensus on a result: change one and old logs may end otherwise.

/// The limits of one instance. A process names them by its `Memory-Limit` and `Compute-Limit`
/// tags, or its module does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory in bytes; growth beyond it fails inside the module, as Lua's "not enough
    /// memory".
    pub memory_bytes: u64,
    /// Fuel for one message: one unit is about one wasm instruction.
    pub fuel_per_message: u64,
    /// Longest answer in bytes.
    pub output_bytes: u64,
    /// Ticks of [`crate::Engine::tick`] after which an interruptible engine stops a message.
    pub ticks_per_message: u64,
}

impl Default for Limits {
    /// What a process gets that names nothing: 64 MiB, a second or two of work, 16 MiB out.
    fn default() -> Self {
        Self {
            memory_bytes: 64 << 20,
            fuel_per_message: 10_000_000_000,
            output_bytes: 16 << 20,
            ticks_per_message: u64::MAX / 2,
        }
    }
}

/// Limits of the boot text, whatever the process names: its state is shared by all that boot so.
pub(crate) const BOOT: Limits = Limits {
    memory_bytes: 64 << 20,
    fuel_per_message: 1_000_000_000,
    output_bytes: 1 << 20,
    ticks_per_message: u64::MAX / 2,
};

/// Fuel for what a module runs when it is instantiated, before anybody asks it anything: a start function, `_initialize`. It runs
/// again wherever an instance is made, so it is small; the own module uses less than a thousandth.
pub(crate) const START_FUEL: u64 = 10_000_000;

/// Growths of its memory that one message may ask for, granted or not. Each costs the machine as much as hundreds of instructions
/// and the module a few; 1 GiB taken page by page needs 16,384 of them.
pub(crate) const GROWTHS_MAX: u32 = 65_536;

/// Fuel charged for one throw: unwinding takes the host about as long as this many instructions.
pub const THROW_FUEL: u64 = 10_000;

/// Fuel charged for entering one protected call through the host.
pub const TRY_FUEL: u64 = 500;

/// Native stack of wasm and the host frames between, in bytes. Threads of 2 MiB hold it; Lua's own
/// limit of 200 nested calls ends a recursion at less than half of it.
pub const STACK_BYTES: usize = 1 << 20;
