//! What the house does for cases: pay held and clipped, stake held, who is named, how a slash is divided (4.4, 5.2, 5.12, 6.6 to 6.8).

use super::*;
use crate::bench::{Bench, Need};
use crate::named::Name;
use crate::slash;
use crate::{CaseRow, Court, Refusal};

fn court(story: &mut Story) -> &mut Court {
    story.state.court_mut().expect("a court")
}

fn name(opened: u64, falls: bool) -> Name {
    Name {
        opened,
        is_open: true,
        falls,
    }
}

fn settle(story: &mut Story) -> Outcome {
    let process = named("process");
    let tags = [("Action", "Settle"), ("Process", process.as_str())];
    story.says("user", &tags, Vec::new())
}

#[test]
fn pay_behind_the_opening_of_the_oldest_case_waits_for_its_end() {
    let mut story = Story::new();
    story.host();
    let before = story.free("owner");
    court(&mut story).name(1, 7, name(1_751, true));
    court(&mut story).name(1, 8, name(1_741, true));
    story.tick(1_771);
    story.publish(1_771);
    settle(&mut story);
    assert_eq!(story.free("owner") - before, 20 * TOKEN);
    assert_eq!(story.process()["Lease"]["Owed"], (30 * TOKEN).to_string());
    court(&mut story).unname(1, 8);
    settle(&mut story);
    assert_eq!(story.free("owner") - before, 30 * TOKEN);
    court(&mut story).unname(1, 7);
    settle(&mut story);
    assert_eq!(story.free("owner") - before, 50 * TOKEN);
}

#[test]
fn at_the_end_pay_is_clipped_and_the_rest_goes_back_to_the_escrow() {
    for (clip, paid) in [(Some(1_741), 20), (Some(1_751), 30), (None, 50)] {
        let mut story = Story::new();
        story.host();
        let before = story.free("owner");
        court(&mut story).name(1, 7, name(1_741, true));
        court(&mut story).name(1, 8, name(1_751, true));
        story.tick(1_771);
        story.publish(1_771);
        settle(&mut story);
        court(&mut story).unhost(1, 1_771, clip);
        story.check();
        assert_eq!(story.free("owner") - before, paid * TOKEN);
        let escrow = (100 - paid) * TOKEN;
        assert_eq!(story.process()["Escrow"], escrow.to_string());
    }
}

#[test]
fn a_process_is_challenged_while_any_case_names_its_host() {
    let mut story = Story::new();
    story.host();
    court(&mut story).name(1, 7, name(1_721, true));
    court(&mut story).name(1, 8, name(1_721, false));
    assert_eq!(story.process()["State"], "Challenged");
    assert_eq!(story.process()["Lease"]["Cases"], 2);
    court(&mut story).unname(1, 7);
    assert_eq!(story.process()["State"], "Challenged");
    court(&mut story).unname(1, 8);
    assert_eq!(story.process()["State"], "Hosted");
    assert_eq!(settle(&mut story).verdict.hosting.len(), 0);
}

#[test]
fn held_stake_waits_for_the_last_case_that_names_the_lease_and_so_does_a_withdrawal() {
    let mut story = Story::new();
    story.host();
    court(&mut story).name(1, 7, name(1_721, true));
    court(&mut story).name(1, 8, name(1_721, false));
    court(&mut story).unhost(1, 1_721, None);
    // That of liveness fell with the lease.
    assert_eq!(story.operator()["Cases"], 1);
    story.tick(1_721 + 14_401);
    assert_eq!(story.operator()["Held"], (400 * TOKEN).to_string());
    let withdraw = [("Action", "Withdraw")];
    assert_eq!(story.code("owner", &withdraw, Vec::new()), "4 named");
    court(&mut story).unname(1, 8);
    assert_eq!(story.operator()["Held"], "0");
    assert_eq!(story.code("owner", &withdraw, Vec::new()), "4 unripe");
}

#[test]
fn a_slash_is_divided_in_fifths_thirds_of_tenths_and_ashes() {
    let mut story = Story::new();
    story.host();
    let before = court(&mut story).ledger().burned();
    slash::slash(court(&mut story), &named("operator"), Some(1), 103);
    let finders = ["user", "other", "olga"].map(named);
    court(&mut story).divide(Some(&named("process")), 103, &finders);
    story.check();
    // ⌊103 / 5⌋ = 20 for three: 6 each; ⌊309 / 10⌋ = 30 for the process; the rest is burned.
    assert_eq!(story.free("olga"), 10_000 * TOKEN + 6);
    assert_eq!(story.process()["Escrow"], (100 * TOKEN + 30).to_string());
    assert_eq!(court(&mut story).ledger().burned() - before, 103 - 18 - 30);
}

#[test]
fn a_slash_goes_back_to_the_bond_or_to_the_owner_where_there_is_none() {
    let mut story = Story::new();
    story.host();
    let operator = named("operator");
    slash::slash(court(&mut story), &operator, Some(1), 100);
    court(&mut story).restore(&operator, 40);
    assert_eq!(story.operator()["Bond"], (1_000 * TOKEN - 60).to_string());
    let before = story.free("owner");
    slash::slash(court(&mut story), &operator, None, 2_000 * TOKEN);
    court(&mut story).restore(&operator, 60);
    story.check();
    assert_eq!(
        (story.free("owner") - before, &story.operator()["Bond"]),
        (60, &"0".into())
    );
}

/// A bench that knows no action and notes which of its entries were applied.
#[derive(Default)]
struct Notes(Vec<u64>);

impl Bench for Notes {
    fn action(&self, _name: &str) -> Option<&'static str> {
        None
    }

    fn begin(&mut self) {}

    fn judge(&mut self, _court: &mut Court, _item: &Item) -> Result<Value, Refusal> {
        Err(Refusal("2.2 action"))
    }

    fn settle(&mut self, _court: &mut Court, _item: &Item) -> Result<&'static str, Refusal> {
        Err(Refusal("6.5 case"))
    }

    /// The first one is stale, the third one needs a place.
    fn need(&self, _court: &Court, entry: u64) -> Option<Need> {
        let place = || Need {
            process: Some(named("process")),
            message: Some(named("m")),
        };
        match entry {
            1 => None,
            3 => Some(place()),
            _ => Some(Need::default()),
        }
    }

    fn apply(&mut self, _court: &mut Court, _tick: &Tick, entry: u64) {
        self.0.push(entry);
    }

    fn forget(&mut self, _court: &mut Court) {}

    fn rows(&self, _court: &Court) -> Vec<CaseRow> {
        Vec::new()
    }
}

#[test]
fn entries_of_the_bench_stand_in_the_one_queue_and_stop_it_where_a_place_is_missing() {
    let mut story = Story::new();
    story.host();
    for (due, entry) in [(1_723, 4), (1_722, 1), (1_722, 2), (1_723, 3), (1_723, 5)] {
        court(&mut story).schedule(due, entry);
    }
    story.publish(1_721);
    let mut notes = Notes::default();
    let mut tick = |story: &mut Story, height: u64| {
        let tick = Tick {
            height,
            queued: None,
            logs: story.logs.clone(),
        };
        let outcome = story.state.step_with(&Message::Tick(tick), &mut notes);
        (notes.0.clone(), outcome.verdict.sought)
    };
    let sought = vec![(named("process"), named("m"))];
    assert_eq!(tick(&mut story, 1_722), (vec![2], sought.clone()));
    // The head is there and the place is not.
    assert_eq!(tick(&mut story, 1_723), (vec![2, 4], sought));
    let log = story.logs.get_mut(&named("process")).expect("a log");
    log.of.insert(named("m"), None);
    assert_eq!(tick(&mut story, 1_724), (vec![2, 4, 3, 5], Vec::new()));
}
