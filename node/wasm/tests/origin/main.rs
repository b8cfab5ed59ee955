//! The court in the real module: stories for each rule of PROTOCOL.md that it keeps, bad input, random moves, and what a message
//! costs. The deriver that would feed it is played by [`court`]; nothing else is.

mod bad_input;
mod court;
mod genesis;
mod hosting;
mod operators;
mod pay;
mod people;
mod random;
mod scale;
mod slashes;
mod spec;
mod ticks;
mod token;
