//! `sim`: plays worlds by number, for as long as one likes, and says which of them show what must never be.
//!
//! Exit codes: 0 all is well, 1 a world failed, 2 the command is not understood, 3 the state file cannot be used.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use aosec_tests::sim::{self, Plant, runner};
use clap::Parser;
use serde_json::{Value, json};

/// Worlds between two notes of the progress: some seconds.
const PIECE: u64 = 500;
/// After so many failing worlds nothing new is learned.
const FAILURES_MAX: usize = 10;
const EVERY: Duration = Duration::from_secs(10);

/// Plays whole networks by number and checks what must never be after every event.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many worlds to play.
    #[arg(long, default_value_t = 5_000)]
    seeds: u64,
    /// The number of the first one.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Puts a fault into the simulated node: answer-before-fsync, guard-ignored, gap-on-fork or old-cases-forgotten.
    #[arg(long)]
    plant: Option<Plant>,
    /// Notes the progress in this file, and goes on where it stands there.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Prints the result as one line of JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("the state file cannot be used: {error}; name another one with --state");
            ExitCode::from(3)
        }
    }
}

/// Plays, piece by piece. True where no world failed.
fn run(arguments: &Arguments) -> io::Result<bool> {
    let Arguments {
        from,
        seeds,
        jobs,
        plant,
        ..
    } = *arguments;
    let (mut done, mut events) = resumed(arguments)?;
    let (begun, mut told) = (Instant::now(), Instant::now());
    let mut report = runner::Report::default();
    let skipped = done;
    while done < seeds && report.failures.len() < FAILURES_MAX {
        let piece = PIECE.min(seeds - done);
        report.add(runner::run(from + done, piece, jobs, plant));
        done += piece;
        if let Some(path) = &arguments.state {
            note(path, arguments, done, events + report.events)?;
        }
        if told.elapsed() > EVERY {
            told = Instant::now();
            eprintln!("{done} of {seeds} worlds, {} failed", report.failures.len());
        }
    }
    events += report.events;
    tell_failures(&report, plant);
    let line = json!({
        "from": from, "seeds": done, "events": events, "failed": report.failures.len(),
        "seconds": begun.elapsed().as_secs(), "resumed_at": skipped,
        "traces": format!("{:016x}", report.traces), "seen": report.seen,
    });
    match arguments.json {
        true => println!("{line}"),
        false => print_table(&line),
    }
    Ok(report.failures.is_empty())
}

fn tell_failures(report: &runner::Report, plant: Option<Plant>) {
    for (index, (seed, failure)) in report.failures.iter().enumerate() {
        eprintln!("\nworld {seed} failed. {failure}");
        // The first one in full: the others are often the same.
        if index == 0 {
            sim::tell(*seed, plant)
                .lines
                .iter()
                .for_each(|line| eprintln!("  {line}"));
        }
        let planted = plant.map_or(String::new(), |plant| format!(" --plant {plant}"));
        eprintln!(
            "play it again: cargo run -p aosec-tests --bin sim -- --from {seed} --seeds 1{planted}"
        );
    }
}

fn print_table(line: &Value) {
    let count = |name: &str| line[name].as_u64().unwrap_or(0);
    println!(
        "{} worlds from {}, {} events, {} failed, {} s, traces {}",
        count("seeds"),
        count("from"),
        count("events"),
        count("failed"),
        count("seconds"),
        line["traces"].as_str().unwrap_or_default(),
    );
    for (what, count) in line["seen"].as_object().into_iter().flatten() {
        println!("{count:>10}  {what}");
    }
}

/// Worlds and events that the state file says are done.
fn resumed(arguments: &Arguments) -> io::Result<(u64, u64)> {
    let Some(path) = arguments.state.as_deref().filter(|path| path.exists()) else {
        return Ok((0, 0));
    };
    let state: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    if state["from"] != json!(arguments.from) || state["plant"] != json!(planted(arguments)) {
        return Err(io::Error::other("it belongs to another run"));
    }
    let number = |name: &str| {
        state[name]
            .as_u64()
            .ok_or(io::Error::other("it has no progress"))
    };
    Ok((number("done")?, number("events")?))
}

fn note(path: &Path, arguments: &Arguments, done: u64, events: u64) -> io::Result<()> {
    let state = json!({"from": arguments.from, "plant": planted(arguments), "done": done, "events": events});
    fs::write(path, state.to_string())
}

fn planted(arguments: &Arguments) -> Option<String> {
    arguments.plant.map(|plant| plant.to_string())
}
