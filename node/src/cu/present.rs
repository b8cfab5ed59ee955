//! What time it is, for processes that wake themselves: a port, so that the rules need no clock.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::input::Moment;
use crate::arweave::tip::TipWatch;

/// The present.
pub trait Present: Send + Sync + fmt::Debug {
    /// The time and the newest height; none where this unit does not look, or does not know yet: then nothing runs behind the last slot.
    fn now(&self) -> Option<Moment>;
}

/// For a unit that only computes what is settled.
#[derive(Clone, Copy, Debug)]
pub struct NoPresent;

impl Present for NoPresent {
    fn now(&self) -> Option<Moment> {
        None
    }
}

/// The machine's clock, and the tip of the base layer: what schedulers stamp by.
impl Present for TipWatch {
    fn now(&self) -> Option<Moment> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(Moment {
            timestamp_ms: u64::try_from(since.as_millis()).ok()?,
            height: self.borrow()?.height,
        })
    }
}
