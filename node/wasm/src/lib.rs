//! One door to wasmtime: a module, an instance, one message at a time.
