//! What a process answers, read out of a result, and what of it may reach a terminal. Pure.
//!
//! What a process prints is a stranger's text: on a terminal it may bring its colours and nothing else that moves a cursor, renames a
//! window or turns the direction of writing.

use serde_json::Value;

use super::super::outcome::plain;

/// A prompt over this hides the line that is typed.
const PROMPT_CHARS_MAX: usize = 60;
/// Numbers of a colour code, `38;2;255;255;255` and more.
const CODE_CHARS_MAX: usize = 24;
/// Ends whatever colours a text began.
const PLAIN: &str = "\u{1b}[0m";
const RED: &str = "\u{1b}[31m";
const GREY: &str = "\u{1b}[90m";

/// What a result says to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// What was printed or returned.
    pub(super) text: String,
    /// Why nothing was kept.
    pub(super) error: Option<String>,
    /// What the process wants to stand before the next line.
    pub(super) prompt: Option<String>,
    /// True where the process wants its owner to see it unasked.
    pub(super) print: bool,
}

impl Answer {
    /// Reads a result of this runtime or of aos, whose `Output.data` is a text, or an object with `output` and `prompt`.
    pub(super) fn of(result: &Value) -> Self {
        let output = &result["Output"];
        let inner = output.get("data").unwrap_or(output);
        let prompt = [&output["prompt"], &inner["prompt"]]
            .into_iter()
            .find_map(Value::as_str);
        let error = result
            .get("Error")
            .filter(|error| !error.is_null())
            .map(plain);
        Self {
            text: plain(inner),
            error: error.filter(|error| !error.is_empty()),
            prompt: prompt
                .filter(|prompt| !prompt.is_empty())
                .map(str::to_owned),
            print: output["print"] == Value::Bool(true),
        }
    }
}

/// How words look where they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Into a file or a pipe, as they are.
    Raw,
    /// Onto a terminal that wants no colours.
    Plain,
    /// Onto a terminal.
    Coloured,
}

impl Look {
    /// A process's own words.
    pub(super) fn words(self, text: &str) -> String {
        match self {
            Self::Raw => text.to_owned(),
            Self::Plain => tame(text, false),
            Self::Coloured => tame(text, true),
        }
    }

    /// What went wrong.
    pub(super) fn wrong(self, text: &str) -> String {
        self.painted(RED, text)
    }

    /// What the console itself says.
    pub(super) fn aside(self, text: &str) -> String {
        self.painted(GREY, text)
    }

    fn painted(self, colour: &str, text: &str) -> String {
        match self {
            Self::Raw => text.to_owned(),
            Self::Plain => tame(text, false),
            Self::Coloured => format!("{colour}{}{PLAIN}", tame(text, false)),
        }
    }
}

/// A prompt of a process as one short line without codes; rustyline counts its columns.
pub(super) fn prompt(text: &str) -> String {
    let line = tame(text, false).replace(['\n', '\t'], " ");
    let mut short: String = line.chars().take(PROMPT_CHARS_MAX).collect();
    if short.len() < line.len() {
        short.push_str("> ");
    }
    short
}

/// Leaves letters, line breaks and, with `colours`, codes that only colour.
fn tame(text: &str, colours: bool) -> String {
    let mut tamed = String::with_capacity(text.len());
    let mut painted = false;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let code = if letter == '\u{1b}' {
            colour_code(rest)
        } else {
            None
        };
        if let Some(code) = code {
            if colours {
                tamed.push_str(code);
                painted = true;
            }
            rest = rest.get(code.len()..).unwrap_or_default();
            continue;
        }
        if letter == '\n' || letter == '\t' || !(letter.is_control() || turns_direction(letter)) {
            tamed.push(letter);
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    if painted {
        tamed.push_str(PLAIN);
    }
    tamed
}

/// `ESC [ numbers m` at the start of a text.
fn colour_code(text: &str) -> Option<&str> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    let ends_well = numbers.get(end..)?.starts_with('m') && end <= CODE_CHARS_MAX;
    ends_well.then(|| text.get(..2 + end + 1)).flatten()
}

/// Letters that make a line read otherwise than it stands.
fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_of_both_kinds_of_process_are_read() {
        let ours =
            json!({ "Output": { "data": "2", "prompt": "p> ", "print": false }, "Messages": [] });
        let answer = Answer::of(&ours);
        assert_eq!(
            (answer.text.as_str(), answer.prompt.as_deref(), answer.print),
            ("2", Some("p> "), false)
        );
        let aos =
            json!({ "Output": { "data": { "output": "2", "prompt": "aos> " }, "print": true } });
        let answer = Answer::of(&aos);
        assert_eq!(
            (answer.text.as_str(), answer.prompt.as_deref(), answer.print),
            ("2", Some("aos> "), true)
        );
        let failed = json!({ "Error": "eval:1: no", "Output": { "data": "printed before" } });
        let answer = Answer::of(&failed);
        assert_eq!(
            (answer.text.as_str(), answer.error.as_deref()),
            ("printed before", Some("eval:1: no"))
        );
        assert_eq!(Answer::of(&json!({})), Answer::default());
    }

    #[test]
    fn a_strangers_text_colours_and_does_nothing_else() {
        let red = "\u{1b}[31mred\u{1b}[0m";
        assert_eq!(Look::Plain.words(red), "red");
        assert_eq!(Look::Coloured.words(red), format!("{red}{PLAIN}"));
        assert_eq!(Look::Raw.words(red), red);
        let attacks = [
            "\u{1b}[2J\u{1b}[H",
            "\u{1b}]0;title\u{7}",
            "\r",
            "\u{8}\u{8}",
            "\u{9b}2J",
            "\u{202e}",
            "\u{1b}[31",
        ];
        for attack in attacks {
            let left = Look::Coloured.words(attack);
            let harmless = left
                .chars()
                .all(|letter| !letter.is_control() && !turns_direction(letter));
            assert!(harmless, "{attack:?} becomes {left:?}");
        }
    }

    #[test]
    fn a_prompt_is_one_short_line() {
        assert_eq!(prompt("a@b[Inbox:1]> "), "a@b[Inbox:1]> ");
        assert_eq!(prompt("two\nlines\u{1b}[1m> "), "two lines> ");
        assert!(prompt(&"x".repeat(500)).chars().count() <= PROMPT_CHARS_MAX + 2);
    }
}
