//! Authority keys (4.7).

use super::*;
use crate::slash;

fn willing(by: &str) -> Child {
    let mut item = key(by);
    item.tags[0].1 = "Origin-Authority".to_owned();
    item
}

impl Story {
    fn authorize(&mut self, who: &str, key: &str) -> Outcome {
        self.says(who, &[("Action", "Authorize")], vec![willing(key)])
    }

    fn refused(&mut self, who: &str, key: &str) -> String {
        let code = self.authorize(who, key).verdict.code;
        code.unwrap_or_default()
    }

    fn revoke(&mut self, who: &str, key: &str) -> Outcome {
        let key = named(key);
        self.says(who, &[("Action", "Revoke"), ("Key", &key)], Vec::new())
    }
}

/// Rows as (key, from, to).
fn rows(outcome: &Outcome) -> Vec<(String, u64, Option<u64>)> {
    let rows = outcome.verdict.authorities.iter();
    rows.map(|row| (row.key.trim_end_matches('_').to_owned(), row.from, row.to))
        .collect()
}

fn row(key: &str, from: u64, to: Option<u64>) -> (String, u64, Option<u64>) {
    (key.to_owned(), from, to)
}

#[test]
fn keys_count_from_the_activation_on_in_the_order_in_which_they_came() {
    let mut story = Story::new();
    assert_eq!(story.refused("owner", "push"), "4 owner");
    assert_eq!(story.bond(), "");
    assert_eq!(rows(&story.authorize("owner", "z")), vec![]);
    assert_eq!(rows(&story.authorize("owner", "a")), vec![]);
    // What never counted has no row.
    assert_eq!(rows(&story.authorize("owner", "gone")), vec![]);
    assert_eq!(rows(&story.revoke("operator", "gone")), vec![]);
    let active = story.tick(1_721);
    assert_eq!(
        rows(&active),
        vec![row("z", 1_721, None), row("a", 1_721, None)]
    );
    assert_eq!(
        rows(&story.authorize("owner", "hot")),
        vec![row("hot", 1_721, None)]
    );
    assert_eq!(
        story.operator()["Authorities"],
        serde_json::json!([named("z"), named("a"), named("hot")])
    );
}

#[test]
fn a_key_is_one_record_s_for_ever_and_four_stand_at_most() {
    let mut story = Story::new();
    assert_eq!(story.bond(), "");
    for name in ["a", "b", "c", "d"] {
        assert_eq!(story.refused("owner", name), "");
    }
    assert_eq!(story.refused("owner", "e"), "4.7 full");
    assert_eq!(story.refused("owner", "a"), "4.7 used");
    assert_eq!(story.refused("operator", "e"), "4 owner");
    let tags = [("Action", "Authorize")];
    assert_eq!(story.code("owner", &tags, vec![key("e")]), "4.7 items");
    assert_eq!(story.code("owner", &tags, vec![]), "4.7 items");
    let revoked = |story: &mut Story, who: &str, key: &str| {
        let code = story.revoke(who, key).verdict.code;
        code.unwrap_or_default()
    };
    assert_eq!(revoked(&mut story, "other", "a"), "4 operator");
    assert_eq!(revoked(&mut story, "owner", "e"), "4.7 key");
    assert_eq!(revoked(&mut story, "owner", "a"), "");
    assert_eq!(revoked(&mut story, "owner", "a"), "4.7 key");
    assert_eq!(story.refused("owner", "a"), "4.7 used");
    assert_eq!(story.refused("owner", "e"), "");
}

#[test]
fn an_exit_and_a_tombstone_silence_keys_and_a_new_bond_wakes_them() {
    let mut story = Story::new();
    assert_eq!(story.bond(), "");
    story.tick(1_721);
    story.authorize("owner", "push");
    story.tick(1_730);
    let quantity = (1_000 * TOKEN).to_string();
    let tags = [("Action", "Unbond"), ("Quantity", quantity.as_str())];
    let exit = story.says("owner", &tags, Vec::new());
    assert_eq!(rows(&exit), vec![row("push", 1_721, Some(1_730))]);
    assert_eq!(story.refused("owner", "other"), "4 state");
    story.tick(1_730 + 21_601);
    assert_eq!(
        story.code("owner", &[("Action", "Withdraw")], Vec::new()),
        ""
    );
    assert_eq!(story.bond(), "");
    let again = 1_730 + 21_601 + 721;
    assert_eq!(rows(&story.tick(again)), vec![row("push", again, None)]);

    let court = story.state.court_mut().expect("a court");
    slash::tombstone(court, &named("operator"));
    let made = court.changes.authorities.last().cloned();
    assert_eq!(made.and_then(|row| row.to), Some(again));
    assert_eq!(story.refused("owner", "other"), "4 tombstoned");
    assert_eq!(rows(&story.revoke("owner", "push")), vec![]);
}
