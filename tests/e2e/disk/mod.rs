//! What a disk can do to a scheduler: no room, errors, changed and cut files, the power gone. Whatever it does, no
//! acknowledged slot is lost unnoticed, none is signed twice, and the node says what is wrong.
//!
//! [`stand`] is one node with its load and its judgement. `AOSEC_SEED` plays a run again. What needs a mount runs as root
//! alone; cutting the power (`AOSEC_POWER_ROUNDS`) takes minutes and is asked for.

mod damage;
mod errors;
mod full;
mod mount;
mod power;
mod stand;
