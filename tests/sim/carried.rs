//! What a transaction of the publication carries.

use aosec_wire::Assignment;

/// The content of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// The assignments of the runs in it, as they ride beside their messages.
    pub(super) assignments: Vec<Assignment>,
}
