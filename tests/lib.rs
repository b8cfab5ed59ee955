//! The whole house under test: what needs two crates, a process, npm or Lua lives here; unit tests live beside the code.
//!
//! [`harness`] starts the real binary and speaks to it as strangers would. The test binaries beside it say what must hold:
//! `e2e` (real processes, real clients), and whatever `Cargo.toml` lists. `bench` measures and fails nothing.

pub mod harness;
pub mod origin;
pub mod sim;
