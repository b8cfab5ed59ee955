//! Slots under a court that run as no-ops: the court has emptied them, or their message is not eligible (PROTOCOL 5.8, 5.10). Pure.
//!
//! Every node names the same reason, and the state stays as it was.

use aosec_challenge::inbox::{Unfit, check_eligible, eligible};
use aosec_wire::{Id, SignatureKind, Strictness, Tags, VerifiedItem};

use super::subject::Subject;

/// Why the message of a slot does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Noop {
    /// Nobody could show it in time.
    #[error(
        "5.10 empty: nobody has shown the message of this slot to the court in time, so it never runs"
    )]
    Empty,
    /// It is no data item.
    #[error(
        "5.8 not eligible: it is a transaction, and a process under a court takes data items only"
    )]
    Transaction,
    /// The law does not take it.
    #[error("5.8 not eligible: {0}")]
    Unfit(#[from] Unfit),
}

/// Checks that the message of a slot behind the spawn may run.
///
/// # Errors
/// Why it does not.
pub fn check(subject: &Subject, process: Id) -> Result<(), Noop> {
    match subject {
        Subject::Transaction(..) => Err(Noop::Transaction),
        Subject::Item(item) if is_canonical(item) => Ok(check_eligible(item, process)?),
        Subject::Item(item) => Ok(eligible(item.bytes().clone(), process).map(drop)?),
    }
}

/// Whether the form of an item is plainly the canonical one, so that nothing of it need be verified anew. Of RSA the salt counts too,
/// which only the signature shows.
fn is_canonical(item: &VerifiedItem) -> bool {
    let (raw, count) = (item.raw_tags(), item.tags().len());
    item.kind() != SignatureKind::Arweave && Tags::decode(raw, count, Strictness::Entrance).is_ok()
}
