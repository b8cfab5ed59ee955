//! The messenger under test: the pure life of a message under any order of events, and whole journeys against fakes.
//!
//! Fakes stand in for the scheduler, the compute unit and the base layer; they exist in tests alone. The store and the HTTP
//! client are the real ones.

mod api;
mod crash;
mod fakes;
mod fees;
mod hostless;
mod journeys;
mod life;
mod pushing;
mod real_scheduler;
mod redirects;
mod scheduler;
mod till;
mod watching;
