//! CI's share of the games between contract and model: the kept ones, a million random moves, and some faults put in on purpose.

mod foretold;

use std::time::Instant;
use std::{env, fs, path::Path};

use aosec_tests::harness::adversary::costs;
use aosec_tests::origin::case_search::{self, Conduct};
use aosec_tests::origin::game::{Game, Script};
use aosec_tests::origin::{contract, mutations, runner, second, siege};

/// Moves that every run of the tests plays; `AOSEC_ORIGIN_MOVES` asks for another number.
const SHARE: u64 = 1_000_000;
/// Moves that the model plays alone; `AOSEC_ORIGIN_MODEL_MOVES` asks for another number.
const MODEL_SHARE: u64 = 200_000;
/// Blocks in which attackers besiege an honest host; `AOSEC_SIEGE_BLOCKS` asks for another number, `AOSEC_SIEGE_FROM` for other games.
const SIEGE_SHARE: u64 = 20_000;
/// Moves of one drawn game that a real aos module plays too, and its number; `AOSEC_AOS_MOVES` asks for more.
const AOS_SHARE: u64 = 120;
const AOS_GAME: u64 = 1;
/// The machine of CI has two cores.
const JOBS: usize = 2;
/// Faults by which nothing changes that anybody could see: what they take away is asked again behind them, or is over already. A sample
/// of the others is to be found whole; `all` counts these too.
const NEVER_FOUND: [&str; 3] = [
    "4 tombstoned twice",
    "4.4 held while a case names it",
    "6.7 twice at one height",
];
/// Every so many of the mutations is tried in CI. `AOSEC_ORIGIN_MUTATIONS=all` tries all of them, any other words those of the files
/// and rules that they name (`buffer|6.7`); `AOSEC_ORIGIN_WITHIN` gives each more moves.
const SAMPLE: usize = 31;
/// How many of a hundred mutations must be found.
const FOUND_PERCENT: usize = 90;

fn whole() -> String {
    contract::text(|_, text| text.to_owned())
}

fn number(name: &str, otherwise: u64) -> u64 {
    let asked = env::var(name).ok();
    asked.map_or(otherwise, |text| text.parse().expect("a decimal number"))
}

#[test]
fn kept_games_end_alike_in_both_courts() {
    let kept = kept();
    for (name, script) in &kept {
        if let Err(trouble) = Game::replay(&whole(), script) {
            panic!("{name}: {trouble}");
        }
    }
    assert!(!kept.is_empty(), "no kept game was found");
}

fn kept() -> Vec<(String, Script)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/origin");
    let files = fs::read_dir(folder).expect("the folder of the kept games");
    let paths = files.map(|file| file.expect("a file").path());
    let games = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).expect("a kept game");
        let script = serde_json::from_str(&text).expect("a game in JSON");
        (path.display().to_string(), script)
    };
    games.map(read).collect()
}

/// The kept games, and some that are drawn, in a module of others: what the contract says is not our runtime's doing.
#[test]
fn a_real_aos_module_says_the_same() {
    let mut games = Vec::new();
    for (name, script) in kept() {
        let runs = Game::recorded(&whole(), &script).expect("it ends well in both courts");
        games.push(second::transcript(&name, &runs));
    }
    let moves = number("AOSEC_AOS_MOVES", AOS_SHARE);
    let script = runner::drawn(AOS_GAME, moves);
    let runs = Game::recorded(&whole(), &script).expect("it ends well in both courts");
    games.push(second::transcript(&format!("game {AOS_GAME}"), &runs));
    if let Some(said) = second::opinion(&games) {
        println!("{said}");
    }
}

/// The model alone, many games, by its invariants: what the contract says of them the next test asks.
#[test]
fn the_model_keeps_its_invariants() {
    let (moves, from) = (
        number("AOSEC_ORIGIN_MODEL_MOVES", MODEL_SHARE),
        number("AOSEC_ORIGIN_FROM", 0),
    );
    let report = runner::run("", from, moves, JOBS);
    eprintln!(
        "games {from}.., {} of them, {} moves",
        report.games, report.moves
    );
    for (code, count) in &report.codes {
        eprintln!("{count:>8} {code}");
    }
    if let Some(failed) = report.failure {
        panic!("{}", failed.told(""));
    }
}

/// `AOSEC_ORIGIN_FROM` begins at another game than the first, for long runs.
#[test]
fn contract_and_model_say_the_same_over_a_million_moves() {
    let (moves, from) = (
        number("AOSEC_ORIGIN_MOVES", SHARE),
        number("AOSEC_ORIGIN_FROM", 0),
    );
    let begun = Instant::now();
    let report = runner::run(&whole(), from, moves, JOBS);
    let seconds = begun.elapsed().as_secs();
    eprintln!(
        "games {from}.., {} of them, {} moves, {seconds} s",
        report.games, report.moves
    );
    for (code, count) in &report.codes {
        eprintln!("{count:>8} {code}");
    }
    if let Some(failed) = report.failure {
        panic!("{}", failed.told(&whole()));
    }
}

fn chosen(asked: Option<&str>) -> Vec<mutations::Mutation> {
    let all = mutations::all().into_iter();
    match asked {
        None => all
            .filter(|one| !NEVER_FOUND.contains(&one.breaks.as_str()))
            .step_by(SAMPLE)
            .collect(),
        Some("all") => all.collect(),
        Some(words) => all
            .filter(|one| {
                words
                    .split('|')
                    .any(|word| one.file == word || one.breaks.contains(word))
            })
            .collect(),
    }
}

#[test]
fn faults_put_into_the_contract_are_found() {
    let tried = chosen(env::var("AOSEC_ORIGIN_MUTATIONS").ok().as_deref());
    let within = number("AOSEC_ORIGIN_WITHIN", mutations::FOUND_WITHIN);
    let mut survivors = Vec::new();
    for mutation in &tried {
        match mutation.found(within, JOBS) {
            Some(moves) => eprintln!("{:>7} moves: {}", moves, mutation.breaks),
            None => {
                eprintln!("  not found: {}", mutation.breaks);
                survivors.push(mutation);
            }
        }
    }
    let found = tried.len() - survivors.len();
    eprintln!(
        "{found} of {} found; not found: {survivors:#?}",
        tried.len()
    );
    // Of a small sample one may be one of the known survivors.
    let may_survive = (tried.len() * (100 - FOUND_PERCENT) / 100).max(1);
    assert!(survivors.len() <= may_survive, "{survivors:#?}");
}

/// Every way in which a challenge can go: how long each transaction waits, one jam, one crash, one reorg.
#[test]
fn an_honest_host_is_never_slashed_and_a_silent_one_always_is() {
    for conduct in [Conduct::Honest, Conduct::Silent] {
        match case_search::all(conduct) {
            Ok(searched) => eprintln!("{conduct:?}: {searched:?}"),
            Err(trouble) => panic!("{conduct:?}: {}: {}", trouble.what, trouble.way),
        }
    }
}

#[test]
fn hosts_that_defend_themselves_badly_are_found() {
    for conduct in [Conduct::WaitsToPublish, Conduct::ForgetsItsSlot] {
        let trouble = case_search::all(conduct).expect_err("a planted fault");
        eprintln!("{conduct:?}: {}: {}", trouble.what, trouble.way);
    }
}

/// Attacks that are cheap, and known to be: what stands against them costs no tokens.
const CHEAP: [&str; 1] = ["answer at the last block for ever"];

/// Section 10, as far as it concerns stake and cases: attacker's cost, victim's cost.
#[test]
fn attacks_cost_their_attackers_more_than_anybody_else() {
    let all = costs::all();
    eprintln!("| attack | attacker, tokens | others | ratio | rule | |");
    all.iter()
        .for_each(|outcome| eprintln!("{}", outcome.row()));
    let cheap = all.iter().filter(|outcome| !outcome.is_dear());
    let cheap: Vec<&str> = cheap.map(|outcome| outcome.attack).collect();
    assert_eq!(cheap, CHEAP);
}

#[test]
fn an_honest_host_withstands_attackers_and_forks() {
    let (from, blocks) = (
        number("AOSEC_SIEGE_FROM", 0),
        number("AOSEC_SIEGE_BLOCKS", SIEGE_SHARE),
    );
    let begun = Instant::now();
    let withstood = siege::withstand(from, blocks, siege::Host::Honest);
    let withstood = withstood.unwrap_or_else(|what| panic!("{what}"));
    let seconds = begun.elapsed().as_secs();
    eprintln!("games {from}..: {withstood:?}, {seconds} s");
    assert!(withstood.cases > blocks / 100 && withstood.forks > blocks / 100);
}

#[test]
fn a_host_that_keeps_data_back_falls() {
    let fallen = siege::withstand(1, SIEGE_SHARE, siege::Host::Careless);
    let what = fallen.expect_err("a host that is slashed");
    assert!(what.contains("is slashed"), "{what}");
}
