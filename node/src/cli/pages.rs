//! The commands on the pages for people parse as they stand there: a flag that is renamed takes its page along. Tests alone.

use clap::Parser as _;

use super::Cli;

const PAGES: [(&str, &str); 4] = [
    ("README.md", include_str!("../../../README.md")),
    (
        "docs/CHALLENGER.md",
        include_str!("../../../docs/CHALLENGER.md"),
    ),
    (
        "docs/FIRST-STEPS.md",
        include_str!("../../../docs/FIRST-STEPS.md"),
    ),
    (
        "docs/OPERATOR.md",
        include_str!("../../../docs/OPERATOR.md"),
    ),
];

/// An id and address of the right form.
const ID: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What stands for what a reader knows.
fn known(word: &str) -> String {
    match word {
        "PROCESS" | "MESSAGE" | "ORIGIN" | "OPERATOR" | "ADDRESS" | "$P" | "$M" => ID.to_owned(),
        "GATEWAY" | "MESSENGER" | "PAGE" => "http://127.0.0.1:4000".to_owned(),
        "Origin=ORIGIN" => format!("Origin={ID}"),
        other => other.to_owned(),
    }
}

/// Words as a shell parts them, as far as the pages use it: single quotes, comments, and lines that go on.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '#' if !quoted => break,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().expect("never empty").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The lines of the shell blocks of a page, those that go on joined.
fn lines(page: &str) -> Vec<String> {
    // Behind the language may stand the terminal that a block is typed into.
    let blocks = page.split("```sh").skip(1);
    let inner = blocks.filter_map(|block| block.split_once('\n'));
    let text = inner.filter_map(|(_terminal, block)| block.split("```").next());
    let joined = text.collect::<String>().replace("\\\n", " ");
    joined.lines().map(str::to_owned).collect()
}

/// The command of a line, where it is one of ours.
fn command(line: &str) -> Option<String> {
    let line = line.split_once("$(").map_or(line, |(_name, inner)| inner);
    let line = line.split(')').next().unwrap_or_default();
    line.starts_with("aosec ").then(|| line.to_owned())
}

#[test]
fn commands_of_the_pages_parse() {
    for (name, page) in PAGES {
        let commands: Vec<_> = lines(page)
            .iter()
            .filter_map(|line| command(line))
            .collect();
        assert!(commands.len() > 5, "{name} is read: {commands:?}");
        for line in commands {
            let words: Vec<_> = words(&line).iter().map(|word| known(word)).collect();
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{name}: {line}\n{error}");
            }
        }
    }
}
