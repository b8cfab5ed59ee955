//! The cut and the fallback with two hosts, everything that can happen in it (PROTOCOL 5.6 to 5.9, 9.6, 9.7).
//!
//! One process; its first host has published two slots. In the blocks that follow, in every order and every distance: the host's late
//! record, a receipt of it for a message that leads to nothing, a message in the inbox, the end of the lease, a `Resume` of the next
//! host, his first record; and once the chain goes back as far as it may. Derivation and order are the real ones; of the court there is
//! no more than who hosts ([`court`]).

mod court;
mod world;
mod writings;

use self::court::Plant;
use self::world::{Handover, blocks};
use crate::search::{Searched, Trouble, search};

fn searched(plant: Plant) -> Result<Searched, Trouble> {
    search(Handover::begin(plant))
}

#[test]
fn two_hosts_never_share_a_slot_and_no_canonical_one_is_lost() {
    let searched = searched(Plant::Nothing);
    let searched = searched.unwrap_or_else(|trouble| panic!("{trouble:?}"));
    eprintln!("two hosts over {} blocks: {searched:?}", blocks());
    assert!(searched.states > 4_000, "{searched:?}");
}

/// A reader whose cut is a block later counts a late record.
#[test]
fn a_reader_with_another_cut_is_found() {
    let trouble = searched(Plant::LaterCut).unwrap_err();
    eprintln!("{}: {}", trouble.what, trouble.way);
}

/// A court that lets the next host in before the cut.
#[test]
fn a_resume_before_the_cut_is_found() {
    let trouble = searched(Plant::EarlyResume).unwrap_err();
    eprintln!("{}: {}", trouble.what, trouble.way);
}
