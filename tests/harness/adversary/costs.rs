//! What attacks on stake and cases cost those who attack, and those whom they are meant to hurt.

use super::stage::{Outcome, TOKEN};
use super::{
    accuses_itself, asks_the_impossible, crams, dawdles, drips, equivocates, floods, grabs, jams,
    leaves, publishes_nothing, raises_fees, spams, stalls, withholds,
};

/// How many times the victim's cost the attacker's should be.
pub const GOAL: i128 = 5;

/// Plays all of them; the one that is cheapest for its attacker comes first.
#[must_use]
pub fn all() -> Vec<Outcome> {
    let plays = [
        accuses_itself::play,
        asks_the_impossible::play,
        crams::play,
        dawdles::play,
        drips::play,
        equivocates::play,
        floods::play,
        grabs::play,
        jams::play,
        leaves::play,
        publishes_nothing::play,
        raises_fees::play,
        spams::play,
        stalls::play,
        withholds::play,
    ];
    let mut all: Vec<Outcome> = plays.iter().map(|play| play()).collect();
    all.sort_by_key(|outcome| {
        let hurts = outcome.victim > 0;
        let ratio = outcome.attacker * 1_000 / outcome.victim.max(1);
        (!hurts, ratio)
    });
    all
}

impl Outcome {
    /// Whether it costs its attacker so many times what it costs the others; always where it costs these nothing.
    #[must_use]
    pub const fn is_dear(&self) -> bool {
        self.victim <= 0 && self.attacker > 0
            || self.victim > 0 && self.attacker >= GOAL * self.victim
    }

    /// A row of the table: tokens, a gain in brackets.
    #[must_use]
    pub fn row(&self) -> String {
        let ratio = match self.victim > 0 {
            true => format!("{} : 1", self.attacker / self.victim),
            false => "costs nobody else anything".to_owned(),
        };
        let (attacker, victim) = (tokens(self.attacker), tokens(self.victim));
        format!(
            "| {} | {attacker} | {victim} | {ratio} | {} | {} |",
            self.attack, self.rule, self.note
        )
    }
}

fn tokens(units: i128) -> String {
    let cents = units * 100 / i128::try_from(TOKEN).unwrap_or(1);
    let text = format!("{}.{:02}", cents.abs() / 100, cents.abs() % 100);
    if cents < 0 { format!("({text})") } else { text }
}
