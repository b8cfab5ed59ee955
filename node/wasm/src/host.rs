//! The host's half of a protected call, and the only two functions that a module may import.
//!
//! `ao.try(call, state, argument)` calls the module back through its export `protected`; if
//! `ao.throw()` is reached inside, everything up to the nearest `try` is unwound, the module's
//! stack pointer is put back, and `try` returns. Both cost fuel, because unwinding takes this
//! machine far longer than the instructions that asked for it.

use std::sync::Arc;

use wasmtime::{Caller, Global, Linker, ResourceLimiter, Result, Trap, TypedFunc, Val};

use crate::limits::{GROWTHS_MAX, THROW_FUEL, TRY_FUEL};

/// What a store carries beside the instance.
pub(crate) struct Host {
    memory_bytes: usize,
    fuel: bool,
    /// Growths that the message at work has asked for.
    growths: u32,
    /// Whether the last of them was within all limits.
    granted: bool,
    /// Set as soon as the instance stands; before that nothing can call.
    pub(crate) door: Option<Arc<Door>>,
}

/// The parts of the instance that a protected call needs. Shared, because a copy would be one of the function's type as well.
pub(crate) struct Door {
    pub(crate) protected: TypedFunc<(i32, i32, i32), ()>,
    pub(crate) stack_pointer: Global,
}

impl Host {
    pub(crate) fn new(memory_bytes: u64, fuel: bool) -> Self {
        Self {
            memory_bytes: usize::try_from(memory_bytes).unwrap_or(usize::MAX),
            fuel,
            growths: 0,
            granted: false,
            door: None,
        }
    }

    /// Begins to count anew, for one message.
    pub(crate) fn begin(&mut self) {
        self.growths = 0;
    }
}

/// The error that `ao.throw` raises, known to `ao.try` alone.
#[derive(Debug, thiserror::Error)]
#[error("a throw outside of any protected call")]
pub(crate) struct Thrown;

/// The error of one growth too many: a verdict, because every machine counts alike.
#[derive(Debug, thiserror::Error)]
#[error("more than {GROWTHS_MAX} growths of the memory")]
pub(crate) struct TooManyGrowths;

pub(crate) fn linker(engine: &wasmtime::Engine) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("ao", "try", protect)?;
    linker.func_wrap("ao", "throw", throw)?;
    Ok(linker)
}

fn protect(mut caller: Caller<'_, Host>, call: i32, state: i32, argument: i32) -> Result<()> {
    charge(&mut caller, TRY_FUEL)?;
    let door = caller
        .data()
        .door
        .clone()
        .ok_or(Trap::UnreachableCodeReached)?;
    let stack = door.stack_pointer.get(&mut caller);
    match door.protected.call(&mut caller, (call, state, argument)) {
        Err(error) if error.is::<Thrown>() => restore_stack(&mut caller, &door, stack),
        ended => ended,
    }
}

fn restore_stack(caller: &mut Caller<'_, Host>, door: &Door, stack: Val) -> Result<()> {
    door.stack_pointer.set(caller, stack)
}

fn throw(mut caller: Caller<'_, Host>) -> Result<()> {
    charge(&mut caller, THROW_FUEL)?;
    Err(Thrown.into())
}

fn charge(caller: &mut Caller<'_, Host>, fuel: u64) -> Result<()> {
    if !caller.data().fuel {
        return Ok(());
    }
    let left = caller.get_fuel()?;
    caller.set_fuel(left.saturating_sub(fuel))?;
    if left < fuel {
        Err(Trap::OutOfFuel.into())
    } else {
        Ok(())
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, _now: usize, wanted: usize, max: Option<usize>) -> Result<bool> {
        self.growths = self.growths.saturating_add(1);
        if self.growths > GROWTHS_MAX {
            return Err(TooManyGrowths.into());
        }
        self.granted = wanted <= self.memory_bytes && max.is_none_or(|max| wanted <= max);
        Ok(self.granted)
    }

    /// What was granted only this machine can fail to give, and that is never a result. Anything else is a plain no to the module.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        match std::mem::take(&mut self.granted) {
            true => Err(error),
            false => Ok(()),
        }
    }

    fn table_growing(&mut self, _now: usize, _wanted: usize, _max: Option<usize>) -> Result<bool> {
        Ok(true)
    }
}
