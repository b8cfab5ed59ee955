//! The page for newcomers, typed as it stands there into three real terminals, answer by answer.
//!
//! Only the block that builds the program is not typed: cargo has built it. Where the page says PROCESS, the id is typed that the console
//! has shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use aosec_tests::harness::binary;
use aosec_tests::harness::terminal::{Mark, Terminal};

const PAGE: &str = include_str!("../../docs/FIRST-STEPS.md");
/// A network starts within this, on a busy machine.
const START: Duration = Duration::from_secs(180);
/// The console's own bound on waiting for a result is 30 s.
const ANSWER: Duration = Duration::from_secs(60);
/// Stands on the page for what differs each time.
const ANYTHING: char = '…';

#[test]
fn a_newcomer_types_the_page_and_sees_what_it_says() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut reader = Reader::new(folder.path());
    let blocks = blocks(PAGE);
    assert!(blocks.len() > 15, "the page is read: {blocks:?}");
    for block in &blocks {
        reader.follows(block);
    }
    assert!(
        reader.compared > 15,
        "only {} answers were compared",
        reader.compared
    );
    let history = folder.path().join("state/aosec/console-history");
    let history = std::fs::read_to_string(history).expect("the console keeps its history");
    assert!(history.contains("Inbox[1].Data"), "{history}");
}

/// One fenced block: its language, its terminal, its lines.
#[derive(Debug)]
struct Block {
    kind: String,
    terminal: String,
    lines: Vec<String>,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_end), Some(block)) => found.push(block),
            (Some(info), None) => {
                let (kind, terminal) = info
                    .split_once(' ')
                    .expect("each block of the page names its terminal");
                let (kind, terminal) = (kind.to_owned(), terminal.to_owned());
                open = Some(Block {
                    kind,
                    terminal,
                    lines: Vec::new(),
                });
            }
            (None, Some(mut block)) => {
                block.lines.push(line.to_owned());
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    found
}

/// Somebody who reads the page and types.
struct Reader {
    terminals: BTreeMap<String, Terminal>,
    /// From where on each terminal's own words are looked for.
    read: BTreeMap<String, Mark>,
    process: Option<String>,
    compared: usize,
}

impl Reader {
    fn new(folder: &Path) -> Self {
        let programs = folder.join("bin");
        std::fs::create_dir(&programs).expect("a folder for programs");
        std::os::unix::fs::symlink(binary::aosec(), programs.join("aosec"))
            .expect("the program by its name");
        let path = std::env::var("PATH").unwrap_or_default();
        let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
        let path = format!("{}:{path}", text(&programs));
        let (data, state) = (text(&folder.join("devnet")), text(&folder.join("state")));
        // A network beside others on this machine, and a home that is not the tester's.
        let variables = [
            ("PATH", path.as_str()),
            ("AOSEC_DEVNET", data.as_str()),
            ("AOSEC_BASE_PORT", "0"),
            ("XDG_STATE_HOME", state.as_str()),
        ];
        let open = |name: &str| (name.to_owned(), Terminal::open(name, folder, &variables));
        let terminals: BTreeMap<_, _> = ["first", "second", "third"].map(open).into();
        let read = terminals
            .iter()
            .map(|(name, terminal)| (name.clone(), terminal.mark()))
            .collect();
        Self {
            terminals,
            read,
            process: None,
            compared: 0,
        }
    }

    fn follows(&mut self, block: &Block) {
        match (block.kind.as_str(), block.terminal.as_str()) {
            (_sh, "build") => {}
            ("text", name) => self.sees(name, &block.lines),
            ("keys", name) => {
                for key in &block.lines {
                    self.presses(name, key);
                }
            }
            ("sh" | "lua", name) => {
                for line in &block.lines {
                    self.types(name, line);
                }
            }
            _other => panic!("nobody knows how to follow {block:?}"),
        }
    }

    fn types(&mut self, name: &str, line: &str) {
        let known = self.process.as_deref().unwrap_or("PROCESS");
        let line = line.replace("PROCESS", known);
        let (typed, expected) = parted(&line);
        let terminal = &self.terminals[name];
        self.read.insert(name.to_owned(), terminal.mark());
        if typed == "aosec devnet" {
            // It keeps its terminal.
            terminal.press(&format!("{typed}\r"));
            return;
        }
        let said = terminal.answer_to(typed, ANSWER, is_prompt);
        match expected {
            Some(words) => {
                assert!(stands_in(words, &said), "{name}: {line}\n--- said\n{said}");
                self.compared += 1;
            }
            None => assert!(!said.contains("error:"), "{name}: {line}\n--- said\n{said}"),
        }
        if self.process.is_none() && typed.starts_with("aosec console") {
            self.process = said
                .split_whitespace()
                .find(|word| is_id(word))
                .map(str::to_owned);
        }
    }

    /// What appears by itself: each line of the block, in any order, since this terminal was last typed into.
    fn sees(&mut self, name: &str, lines: &[String]) {
        let (terminal, mark) = (&self.terminals[name], self.read[name]);
        for line in lines {
            terminal.wait_for(line, mark, START, |said, _last| {
                said.lines().any(|shown| fits(shown, line))
            });
            self.compared += 1;
        }
    }

    fn presses(&mut self, name: &str, key: &str) {
        let terminal = &self.terminals[name];
        let mark = terminal.mark();
        self.read.insert(name.to_owned(), mark);
        match key {
            "Ctrl-C" => terminal.press("\u{3}"),
            "Ctrl-D" => terminal.press("\u{4}"),
            _other => panic!("there is no key {key}"),
        }
        terminal.wait_for("the shell is back", mark, ANSWER, |_said, last| {
            last.ends_with("$ ")
        });
    }
}

/// What is typed, and what is said to it: the remark behind the arrow, which nobody types.
fn parted(line: &str) -> (&str, Option<&str>) {
    match line.split_once("--> ") {
        Some((typed, words)) => (
            typed.trim_end().trim_end_matches('#').trim_end(),
            Some(words.trim()),
        ),
        None => (line.trim_end(), None),
    }
}

/// True where the words are there as words, not inside of an id.
fn stands_in(words: &str, said: &str) -> bool {
    let beside = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_ascii_alphanumeric());
    said.match_indices(words).any(|(at, _)| {
        let before = said.get(..at).and_then(|text| text.chars().next_back());
        let after = said
            .get(at + words.len()..)
            .and_then(|text| text.chars().next());
        beside(before) && beside(after)
    })
}

/// The shell, the console, or the console that waits for more of the same Lua.
fn is_prompt(last: &str) -> bool {
    last.ends_with("$ ") || last.ends_with("]> ") || last.ends_with(".. ")
}

fn is_id(word: &str) -> bool {
    word.len() == 43
        && word
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
}

/// A line of the page in a line of a terminal, its parts in order.
fn fits(shown: &str, line: &str) -> bool {
    let mut rest = shown;
    line.split(ANYTHING)
        .all(|part| match rest.split_once(part) {
            Some((_before, after)) => {
                rest = after;
                true
            }
            None => false,
        })
}
