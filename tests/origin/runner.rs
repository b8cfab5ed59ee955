//! Many games by number, on some threads: game n is the same on every machine.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::draw::Drawer;
use super::game::{Game, Script, Trouble};
use super::shrink;

/// Moves of one game: enough that stake grows old, few enough that one genesis does not rule all.
pub const MOVES_PER_GAME: u64 = 1_500;

/// Before each game, courts that are founded with something wrong.
const FOUNDINGS: u64 = 4;

/// Moves of such a court: whether it stands is seen at once.
const FOUNDING_MOVES: u64 = 3;

/// What some games came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Games that were played.
    pub games: u64,
    /// Moves in them.
    pub moves: u64,
    /// How many messages ended with which code.
    pub codes: BTreeMap<String, u64>,
    /// The first game that failed.
    pub failure: Option<Failed>,
}

/// A game in which the courts differ.
#[derive(Debug)]
pub struct Failed {
    /// Its number.
    pub seed: u64,
    /// What went wrong.
    pub trouble: String,
    /// Its moves up to there.
    pub script: Script,
}

/// Plays games `from ..` until `moves` are played, on `jobs` threads, up to the first failure.
///
/// # Panics
/// Where a game panics.
#[must_use]
pub fn run(text: &str, from: u64, moves: u64, jobs: usize) -> Report {
    let next = AtomicU64::new(from);
    let last = from + moves.div_ceil(MOVES_PER_GAME);
    let stop = AtomicBool::new(false);
    let report = Mutex::new(Report::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        return;
                    }
                    let one = game(text, seed);
                    stop.fetch_or(one.failure.is_some(), Ordering::Relaxed);
                    report.lock().expect("no game panics").add(one);
                }
            });
        }
    });
    report.into_inner().expect("no game panics")
}

impl Report {
    fn add(&mut self, other: Self) {
        self.games += other.games;
        self.moves += other.moves;
        for (code, count) in other.codes {
            *self.codes.entry(code).or_insert(0) += count;
        }
        if self.failure.is_none() {
            self.failure = other.failure;
        }
    }
}

/// Plays one game by number.
#[must_use]
pub fn game(text: &str, seed: u64) -> Report {
    let mut drawer = Drawer::new(seed);
    let mut script = Script::default();
    let mut report = Report {
        games: 1,
        ..Report::default()
    };
    for number in 0..FOUNDINGS {
        let mut spoiled = Drawer::spoiled(seed * FOUNDINGS + number);
        let mut short = Script::default();
        let played = play(text, &mut spoiled, &mut short, FOUNDING_MOVES, &mut report);
        if let Err(trouble) = played {
            report.failure = Some(Failed {
                seed,
                trouble: trouble.to_string(),
                script: short,
            });
            return report;
        }
    }
    let played = play(text, &mut drawer, &mut script, MOVES_PER_GAME, &mut report);
    if let Err(trouble) = played {
        report.failure = Some(Failed {
            seed,
            trouble: trouble.to_string(),
            script: script.clone(),
        });
    }
    report.moves = u64::try_from(script.moves.len()).unwrap_or(u64::MAX);
    report
}

/// The moves of one game by number, as the model alone goes through them.
///
/// # Panics
/// Where the model breaks an invariant.
#[must_use]
pub fn drawn(seed: u64, moves: u64) -> Script {
    let (mut drawer, mut script) = (Drawer::new(seed), Script::default());
    let played = play("", &mut drawer, &mut script, moves, &mut Report::default());
    assert!(played.is_ok(), "game {seed}: {played:?}");
    script
}

fn play(
    text: &str,
    drawer: &mut Drawer,
    script: &mut Script,
    moves: u64,
    report: &mut Report,
) -> Result<(), Trouble> {
    let mut game = Game::begin(text)?;
    let result = (|| {
        for number in 0..moves {
            let one = drawer.next(&game, number);
            script.moves.push(one.clone());
            game.play(&one)?;
            if game.model.court().is_none() && number > 4 {
                break;
            }
        }
        game.finish()
    })();
    for (what, count) in game.tally() {
        *report.codes.entry(what).or_insert(0) += count;
    }
    result
}

impl Failed {
    /// The story of the failure, shortened.
    #[must_use]
    pub fn told(&self, text: &str) -> String {
        let short = shrink::shrink(text, &self.script);
        let again = Game::replay(text, &short).err();
        let trouble = again.map_or_else(|| self.trouble.clone(), |error| error.to_string());
        let script = serde_json::to_string(&short).unwrap_or_default();
        format!(
            "game {}: {trouble}\nits {} moves:\n{script}",
            self.seed,
            short.moves.len()
        )
    }
}
