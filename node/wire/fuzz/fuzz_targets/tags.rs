//! The Avro text of tags from any bytes: `cargo +nightly fuzz run tags`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aosec_wire_fuzz::tags(bytes));
