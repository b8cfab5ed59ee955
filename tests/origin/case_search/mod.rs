//! A challenge against a host, everything that can happen in it: how long each transaction waits, one jam, one crash, one reorg.
//!
//! The court is the model (house and docket, [`super::joint`]), what the host takes up when is the defender's own rule
//! ([`aosec_challenge::defender`]). The world around them is small: one process, one message, miners that leave a transaction out for
//! some blocks ([`host`], [`world`]). An honest host is never slashed, a silent one always is, no money is lost, and no case is left.

mod founding;
mod host;
mod world;

pub use super::search::{Searched, Trouble};
pub use host::Conduct;

use world::Story;

/// Looks at everything that can happen to a host of this conduct.
///
/// # Errors
/// The shortest way to what must never be.
pub fn all(conduct: Conduct) -> Result<Searched, Trouble> {
    super::search::search(Story::begin(conduct))
}
