//! Whole Lua processes in the embedded module: what they answer, what they may not do, and that the
//! same log gives the same roots however the engine runs it.

mod examples;
mod harness;
mod module;
mod roots;
mod runtime;
mod second_opinion;
mod snapshots;
mod spec;
mod speed;
mod traps;
mod trust;
