//! The court in the real module: stories for each rule of PROTOCOL.md that it keeps, bad input, random moves, and what a message
//! costs. The deriver that would feed it is played by [`court`]; nothing else is.

mod accusers;
mod answers;
mod authorities;
mod bad_input;
mod court;
mod delay;
mod genesis;
mod hosting;
mod joiners;
mod liveness;
mod logs;
mod operators;
mod pay;
mod payouts;
mod people;
mod quarrels;
mod random;
mod refusals;
mod reported;
mod scale;
mod scale_cases;
mod slashes;
mod spec;
mod ticks;
mod token;
mod unpublished;
mod withheld;
