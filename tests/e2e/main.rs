//! End to end: the real binary, real processes, real sockets and real ao clients.
//!
//! Read in this order: [`clients`] (what users do, with npm's unmodified aoconnect), [`command_line`] (what newcomers type),
//! [`first_steps`] (the page for them, typed into terminals), [`console`] (the same beside its page),
//! [`signers`] and [`transactions`] (what we sign, judged by others), [`base_layer`] (a chain that misbehaves), [`arlocal`] (one
//! that others wrote), [`repeats`] (what is sent more than once), [`from_blocks`] (what a node computes that has blocks alone),
//! [`checkpoints`] (states that others computed), [`court`] (stake, leases and pay, judged by blocks alone), [`fees`] (what a messenger is
//! paid before it carries anything; the end of the same story), [`orphan`]
//! (a silent host is challenged, and Arweave goes on), [`story`] (the same, by the one command that plays it), [`faults`] (every other
//! fault, by nodes that really commit it), [`honest`] (what a host survives in the middle of a case), [`trust`] (whom a process hears
//! under the court), [`unpublished`] (what a host does that nobody hears), [`wakes`] (a process that wakes itself), [`hostile_items`],
//! [`hostile_modules`], [`hostile_requests`] and [`slow`] (what
//! enemies send), [`chaos`] and [`base_layer_kills`] (what power switches do), [`disk`] (what disks do), [`guard`] (what lost, old and
//! doubled files do), [`operate`] (what an operator is told of it all).

mod arlocal;
mod base_layer;
mod base_layer_kills;
mod chaos;
mod checkpoints;
mod clients;
mod command_line;
mod console;
mod court;
mod disk;
mod faults;
mod fees;
mod first_steps;
mod from_blocks;
mod guard;
mod honest;
mod hostile_items;
mod hostile_modules;
mod hostile_requests;
mod operate;
mod orphan;
mod repeats;
mod signers;
mod slow;
mod story;
mod transactions;
mod trust;
mod unpublished;
mod wakes;
mod wellbeing;
