//! A bundle from any bytes: `cargo +nightly fuzz run bundle`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aosec_wire_fuzz::bundle(bytes));
