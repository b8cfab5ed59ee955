//! The third port of the compute unit: which authority keys the court counts, at the height that a slot is stamped with
//! (PROTOCOL 5.17).

use std::fmt;

use aosec_wire::Id;

use super::{Answer, SourceError};
use crate::cu::authority::Keys;

/// The court, as processes that leave their trust to it need it.
pub trait Authorities: Send + Sync + fmt::Debug {
    /// The keys that a slot stamped with `height` sees in the tags of a process under `court`.
    ///
    /// # Errors
    /// [`SourceError::OtherCourt`], [`SourceError::CourtBehind`], [`SourceError::CourtStill`].
    fn keys(&self, court: Id, height: u64) -> Result<Keys, SourceError>;

    /// Waits until the court has come to this block, within a bound.
    fn reached(&self, height: u64) -> Answer<'_, ()>;
}

/// A unit beside which no court is computed.
#[derive(Clone, Copy, Debug)]
pub struct NoAuthorities;

impl Authorities for NoAuthorities {
    fn keys(&self, court: Id, _height: u64) -> Result<Keys, SourceError> {
        Err(SourceError::OtherCourt { named: court })
    }

    fn reached(&self, _height: u64) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
