//! A failing game made short: moves are dropped, in ever smaller pieces, while it still fails.

use super::game::{Game, Script};

/// Replays that one shrinking may cost.
const ATTEMPTS: usize = 2_000;

/// The shortest game found that still fails on this contract.
#[must_use]
pub fn shrink(text: &str, script: &Script) -> Script {
    let mut best = script.clone();
    let mut piece = best.moves.len().div_ceil(2).max(1);
    let mut attempts = 0;
    loop {
        let mut at = 1; // The genesis stays.
        while at < best.moves.len() && attempts < ATTEMPTS {
            let mut tried = best.clone();
            let end = (at + piece).min(tried.moves.len());
            tried.moves.drain(at..end);
            attempts += 1;
            match Game::replay(text, &tried) {
                Err(_) => best = tried,
                Ok(()) => at = end,
            }
        }
        if piece == 1 || attempts >= ATTEMPTS {
            return best;
        }
        piece = piece.div_ceil(2);
    }
}
