//! A running instance: its store, its memory and the functions of the module's door.
//!
//! It knows how to call and how to be overwritten; what is committed is [`crate::image`]'s.

use std::sync::Arc;

use wasmtime::{Global, InstancePre, Memory, Store, TypedFunc, Val, WasmParams, WasmResults};

use crate::{
    engine::Module,
    error::{EvaluationError, WasmError},
    host::{self, Door, Host},
    limits::{BOOT, Limits, START_FUEL},
};

pub(crate) struct Live {
    store: Store<Host>,
    memory: Memory,
    globals: Vec<Global>,
    door: Functions,
    fuel: bool,
}

struct Functions {
    alloc: TypedFunc<i32, i32>,
    dealloc: TypedFunc<(i32, i32), ()>,
    init: TypedFunc<(i32, i32), i32>,
    handle: TypedFunc<(i32, i32, i32, i32), i32>,
    result_len: TypedFunc<(), i32>,
}

impl Live {
    /// A new instance that has run nothing but the module's own start.
    pub(crate) fn start(module: &Module, limits: Limits) -> Result<Self, WasmError> {
        let fuel = module.engine().settings().fuel;
        let mut store = Store::new(
            module.wasmtime_engine(),
            Host::new(limits.memory_bytes, fuel),
        );
        store.limiter(|host| host);
        let instance = prepare(module)
            .and_then(|pre| {
                let start = Limits {
                    fuel_per_message: START_FUEL,
                    ..BOOT
                };
                arm(&mut store, module, start)?;
                pre.instantiate(&mut store)
            })
            .map_err(WasmError::Instantiate)?;
        let live = Self::open(store, &instance, module, fuel)?;
        Ok(live)
    }

    fn open(
        mut store: Store<Host>,
        instance: &wasmtime::Instance,
        module: &Module,
        fuel: bool,
    ) -> Result<Self, WasmError> {
        let missing = |name| WasmError::MissingExport { name };
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or(missing("memory"))?;
        let globals = module
            .globals()
            .iter()
            .map(|name| {
                instance
                    .get_global(&mut store, name)
                    .ok_or(missing("a mutable global"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let protected = function(&mut store, instance, "protected").ok();
        let stack_pointer = instance.get_global(&mut store, "__stack_pointer");
        let start: Option<TypedFunc<(), ()>> = function(&mut store, instance, "_initialize").ok();
        let door = Functions {
            alloc: function(&mut store, instance, "alloc")?,
            dealloc: function(&mut store, instance, "dealloc")?,
            init: function(&mut store, instance, "init")?,
            handle: function(&mut store, instance, "handle")?,
            result_len: function(&mut store, instance, "result_len")?,
        };
        // A module that never calls `ao.try` needs neither.
        let door_back = protected.zip(stack_pointer);
        store.data_mut().door = door_back.map(|(protected, stack_pointer)| {
            Arc::new(Door {
                protected,
                stack_pointer,
            })
        });
        if let Some(start) = start {
            start.call(&mut store, ()).map_err(WasmError::Instantiate)?;
        }
        Ok(Self {
            store,
            memory,
            globals,
            door,
            fuel,
        })
    }

    /// Runs the boot text in a new instance.
    pub(crate) fn boot(&mut self, module: &Module, boot: &[u8]) -> Result<(), WasmError> {
        arm(&mut self.store, module, BOOT).map_err(WasmError::Instantiate)?;
        // A module without a boot text is asked to start from nothing, and needs no room for it.
        let text = match boot.is_empty() {
            true => (0, 0),
            false => self.place(boot).map_err(WasmError::BootStopped)?,
        };
        let ended = self.door.init.call(&mut self.store, text);
        let error = ended.map_err(|e| WasmError::BootStopped(e.into()))?;
        if error == 0 {
            return match boot.is_empty() {
                true => Ok(()),
                false => self.free(text).map_err(WasmError::BootStopped),
            };
        }
        let message = self
            .answer(error, BOOT.output_bytes)
            .map_err(WasmError::BootStopped)?;
        Err(WasmError::Boot {
            message: String::from_utf8_lossy(&message).into_owned(),
        })
    }

    /// Gives one message its fuel and ticks.
    pub(crate) fn arm(&mut self, module: &Module, limits: Limits) -> Result<(), EvaluationError> {
        arm(&mut self.store, module, limits).map_err(EvaluationError::Host)
    }

    /// One message in, the answer out.
    pub(crate) fn handle(
        &mut self,
        message: &[u8],
        env: &[u8],
        output_bytes: u64,
    ) -> Result<Vec<u8>, EvaluationError> {
        let message = self.place(message)?;
        let env = self.place(env)?;
        let arguments = (message.0, message.1, env.0, env.1);
        let address = self.door.handle.call(&mut self.store, arguments)?;
        let output = self.answer(address, output_bytes)?;
        self.free(message)?;
        self.free(env)?;
        Ok(output)
    }

    /// Fuel that is left of the last message.
    pub(crate) fn fuel_left(&self) -> u64 {
        if self.fuel {
            self.store.get_fuel().unwrap_or(0)
        } else {
            0
        }
    }

    pub(crate) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    pub(crate) fn memory_mut(&mut self) -> &mut [u8] {
        self.memory.data_mut(&mut self.store)
    }

    /// Grows the memory to `bytes`, which is a multiple of a wasm page.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), wasmtime::Error> {
        let missing = bytes.saturating_sub(self.memory().len()) / WASM_PAGE_BYTES;
        if missing > 0 {
            self.memory.grow(&mut self.store, missing as u64)?;
        }
        Ok(())
    }

    /// Values of the mutable globals as 64 bits, narrower ones zero-extended.
    pub(crate) fn globals(&mut self) -> Vec<u64> {
        let Self { store, globals, .. } = self;
        globals
            .iter()
            .map(|global| bits(&global.get(&mut *store)))
            .collect()
    }

    /// Puts the mutable globals back.
    pub(crate) fn set_globals(&mut self, values: &[u64]) -> Result<(), wasmtime::Error> {
        let Self { store, globals, .. } = self;
        for (global, value) in globals.iter().zip(values) {
            let like = global.get(&mut *store);
            global.set(&mut *store, like_bits(&like, *value))?;
        }
        Ok(())
    }

    fn place(&mut self, bytes: &[u8]) -> Result<(i32, i32), EvaluationError> {
        let length = i32::try_from(bytes.len()).map_err(|_| EvaluationError::Memory)?;
        let address = self.door.alloc.call(&mut self.store, length)?;
        if address == 0 {
            return Err(EvaluationError::Memory);
        }
        self.memory
            .write(&mut self.store, address as u32 as usize, bytes)
            .map_err(|_| EvaluationError::BrokenAnswer)?;
        Ok((address, length))
    }

    fn free(&mut self, block: (i32, i32)) -> Result<(), EvaluationError> {
        Ok(self.door.dealloc.call(&mut self.store, block)?)
    }

    fn answer(&mut self, address: i32, limit: u64) -> Result<Vec<u8>, EvaluationError> {
        let length = self.door.result_len.call(&mut self.store, ())? as u32;
        if u64::from(length) > limit {
            return Err(EvaluationError::OutputTooLarge {
                bytes: length.into(),
                limit,
            });
        }
        let start = address as u32 as usize;
        let range = start..start.saturating_add(length as usize);
        self.memory()
            .get(range)
            .map(<[u8]>::to_vec)
            .ok_or(EvaluationError::BrokenAnswer)
    }
}

/// Size in which a wasm memory grows.
pub(crate) const WASM_PAGE_BYTES: usize = 65_536;

fn prepare(module: &Module) -> wasmtime::Result<InstancePre<Host>> {
    host::linker(module.wasmtime_engine())?.instantiate_pre(module.compiled())
}

fn arm(store: &mut Store<Host>, module: &Module, limits: Limits) -> wasmtime::Result<()> {
    store.data_mut().begin();
    let settings = module.engine().settings();
    if settings.interruptible {
        store.set_epoch_deadline(limits.ticks_per_message);
    }
    if settings.fuel {
        store.set_fuel(limits.fuel_per_message)
    } else {
        Ok(())
    }
}

fn function<P: WasmParams, R: WasmResults>(
    store: &mut Store<Host>,
    instance: &wasmtime::Instance,
    name: &'static str,
) -> Result<TypedFunc<P, R>, WasmError> {
    instance
        .get_typed_func(store, name)
        .map_err(|_| WasmError::MissingExport { name })
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(v) => u64::from(*v as u32),
        Val::I64(v) => *v as u64,
        Val::F32(v) => u64::from(*v),
        Val::F64(v) => *v,
        _ => 0,
    }
}

fn like_bits(like: &Val, value: u64) -> Val {
    match like {
        Val::I64(_) => Val::I64(value as i64),
        Val::F32(_) => Val::F32(value as u32),
        Val::F64(_) => Val::F64(value),
        _ => Val::I32(value as u32 as i32),
    }
}
