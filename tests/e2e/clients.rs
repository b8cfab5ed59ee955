//! What users do, told by stories in `tests/clients/stories` that use aoconnect from npm as it is.

use aosec_tests::harness::World;
use aosec_tests::harness::npm::play;

#[test]
fn spawn_message_result_results_and_dryrun_work_with_aoconnect() {
    play(World::shared(), "message");
}

#[test]
fn a_token_pays_processes_on_other_nodes() {
    play(World::shared(), "token");
}

#[test]
fn a_process_spawns_a_child_and_hears_of_it() {
    play(World::shared(), "child");
}

#[test]
fn an_error_in_a_handler_leaves_the_state_as_it_was() {
    play(World::shared(), "fault");
}

#[test]
fn all_nodes_compute_the_same_results_and_roots() {
    play(World::shared(), "agreement");
}

#[test]
fn a_message_is_assigned_to_another_process() {
    play(World::shared(), "assign");
}

#[test]
fn the_owner_of_a_process_has_it_monitored_and_nobody_else() {
    play(World::shared(), "monitor");
}

#[test]
fn wallets_of_three_kinds_are_taken() {
    play(World::shared(), "wallets");
}

#[test]
fn a_thousand_messages_at_once_have_a_thousand_slots() {
    play(World::shared(), "thousand");
}
