//! The figures of the house, each beside the limit or the peer measured in the same run. It measures and judges nothing: shared
//! machines are noisy, so ratios count and no test depends on them.
//!
//! `cargo run --release -p aosec-tests --bin bench -- --help` names what can be measured.

mod court;
mod cpu;
mod enemies;
mod generator;
mod growth;
mod heard;
mod items;
mod kept_alive;
mod limits;
mod machine;
mod many;
mod memory;
mod module;
mod product;
mod published;
mod quiet;
mod replay;
mod scheduler;
mod su;
mod table;
mod year;

use machine::Machine;
use table::Table;

/// A word, whether it is measured where no word is given, and what it says.
const WORDS: [(&str, bool, &str); 10] = [
    (
        "module",
        true,
        "token transfers a core, and what state roots cost (half a minute)",
    ),
    (
        "su",
        true,
        "durable acknowledged assignments: rate, waiting times, publication (about a minute a row, four rows)",
    ),
    (
        "su-ed25519",
        false,
        "the two rows of `su` with ed25519 items",
    ),
    (
        "growth",
        true,
        "cost of a message at ten times the processes and ten times the log (some minutes)",
    ),
    (
        "replay",
        true,
        "slots a second from the blocks of the base layer to results, and from a checkpoint; of as many slots as a number says",
    ),
    (
        "origin",
        true,
        "messages a second that a reader derives from the court's blocks, and how fast its state is read (half a minute)",
    ),
    (
        "origin-year",
        false,
        "the same over a million messages, or over as many as a number behind it says",
    ),
    (
        "enemies",
        true,
        "an honest process beside hostile modules, one, as many as there are cores, and many (a minute)",
    ),
    (
        "many",
        false,
        "ten thousand idle processes, or as many as a number says: memory, waking, cost of a message beside them (many minutes)",
    ),
    (
        "memory",
        false,
        "memory of a node after a million messages (D35; ten minutes and more)",
    ),
];

/// The words that need the node's binary.
const WITH_NODES: [&str; 5] = ["su", "su-ed25519", "growth", "many", "memory"];

fn main() {
    let (sizes, wanted): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word.parse::<u64>().is_ok());
    let size = sizes.first().and_then(|size| size.parse().ok());
    let is_known = |word: &String| WORDS.iter().any(|(name, ..)| name == word);
    if !wanted.iter().all(is_known) {
        return help();
    }
    let is_wanted = |word: &str| {
        let by_itself = WORDS.iter().any(|(name, whole, _)| *whole && *name == word);
        wanted.iter().any(|one| one == word) || wanted.is_empty() && by_itself
    };
    let machine = Machine::look();
    eprintln!("{machine}");
    let mut table = Table::default();
    if is_wanted("module") {
        module::measure(&mut table);
    }
    if is_wanted("replay") {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let slots = size.and_then(|size| usize::try_from(size).ok());
        runtime.block_on(replay::measure(&mut table, slots.unwrap_or(replay::SLOTS)));
    }
    if is_wanted("origin") {
        court::measure(&mut table, court::SHORT);
    }
    if is_wanted("origin-year") {
        court::measure(&mut table, size.unwrap_or(court::BUSY));
    }
    if is_wanted("enemies") {
        product::build();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(enemies::measure(&mut table));
    }
    if WITH_NODES.iter().any(|word| is_wanted(word)) {
        product::build();
        let many = size.and_then(|size| usize::try_from(size).ok());
        with_nodes(&mut table, is_wanted, many.unwrap_or(many::MANY));
    }
    println!(
        "\n{machine}\nload average at the end: {}\n\n{table}",
        machine::load()
    );
}

fn with_nodes(table: &mut Table, is_wanted: impl Fn(&str) -> bool, many: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        if is_wanted("su") {
            su::measure(table, &su::KINDS).await;
        } else if is_wanted("su-ed25519") {
            su::measure(table, &su::KINDS[..1]).await;
        }
        if is_wanted("growth") {
            growth::measure(table).await;
        }
        if is_wanted("many") {
            many::measure(table, many).await;
        }
        if is_wanted("memory") {
            memory::measure(table).await;
        }
    });
}

fn help() {
    println!("Measures the node of this checkout on this machine and prints one table.\n");
    println!("  cargo run --release -p aosec-tests --bin bench [-- WORD ... [NUMBER]]\n");
    for (word, whole, says) in WORDS {
        let only = if whole {
            ""
        } else {
            "; only where it is named"
        };
        println!("  {word:11} {says}{only}");
    }
    println!(
        "\nRatios count: figure and limit come from the same minute. `others` is what other programs used meanwhile."
    );
}
