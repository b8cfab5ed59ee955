//! The whole house under test: what needs two crates, a process, npm or Lua lives here; unit tests live beside the code.
