//! An item from any bytes: `cargo +nightly fuzz run item`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aosec_wire_fuzz::item(bytes));
