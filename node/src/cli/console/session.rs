//! One conversation as a pure machine: a line, or what came of the last step, goes in; the next step comes out.
//!
//! It knows no terminal and no network: both ways of reading, lines from a person and lines from a pipe, feed the same machine.

use std::path::PathBuf;

use aosec_wire::Id;

use super::answer::{self, Answer};
use super::grammar::{is_empty, is_unfinished};

/// Before the next line of Lua that is not whole yet.
const MORE: &str = ".. ";
/// Before a line of the editor.
const EDITOR: &str = "| ";
/// Where a process names no prompt.
const PROMPT_DEFAULT: &str = "> ";
/// A text over this fits into no message: the bound on a data item (10 MiB).
const TEXT_BYTES_MAX: usize = aosec_wire::limits::ITEM_BYTES_MAX;

/// What `.help` says.
pub(super) const HELP: &str = "\
Lua goes to the process as a message and takes a slot; what is not whole yet goes on in the next line.

.load FILE        run a Lua file; the files that it requires and that lie beside it go along
.editor           many lines at once: .done sends them, .cancel drops them
.try LUA          run it on a copy of the process: no slot, nothing kept
.inbox [NUMBER]   the newest messages that no handler took, or one of them
.result MESSAGE   what a message came to
.again MESSAGE    send the very same message once more, where it got no slot; it never runs twice
.process          the process, its owner, and who you are
.help             this
.exit             leave, as Ctrl-D does; the process stays

Ctrl-C drops what is typed, or stops waiting for an answer. A line that begins with a space, and one that looks like a secret, is not
kept in the history.";

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Read another line.
    Read,
    /// Send this Lua as a message.
    Send(String),
    /// Run this Lua on a copy.
    Try(String),
    /// Read this file and send it.
    Load(PathBuf),
    /// Show the inbox, or one message of it.
    Inbox(Option<u32>),
    /// Show what a message came to.
    Result(Id),
    /// Send the same message again.
    Again(Id),
    /// Say who is who.
    Who,
    /// Say this.
    Say(String),
    /// Say that the line is wrong, and why.
    Refuse(String),
    /// The end.
    Leave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Line,
    Editor,
}

/// The machine.
#[derive(Debug)]
pub(super) struct Session {
    prompt: String,
    mode: Mode,
    text: String,
}

impl Session {
    /// A conversation that has just begun.
    pub(super) fn new() -> Self {
        Self {
            prompt: PROMPT_DEFAULT.to_owned(),
            mode: Mode::Line,
            text: String::new(),
        }
    }

    /// What stands before the next line.
    pub(super) fn prompt(&self) -> &str {
        match self.mode {
            Mode::Editor => EDITOR,
            Mode::Line if self.is_open() => MORE,
            Mode::Line => &self.prompt,
        }
    }

    /// True while lines are collected.
    pub(super) fn is_open(&self) -> bool {
        self.mode == Mode::Editor || !self.text.is_empty()
    }

    /// Takes the prompt that an answer brings.
    pub(super) fn answered(&mut self, answer: &Answer) {
        if let Some(prompt) = &answer.prompt {
            self.prompt = answer::prompt(prompt);
        }
    }

    /// A line was typed; a pasted one may hold line breaks.
    pub(super) fn line(&mut self, line: &str) -> Step {
        if self.mode == Mode::Editor {
            return self.edited(line);
        }
        if self.text.is_empty()
            && let Some(command) = command_of(line)
        {
            return self.command(command);
        }
        self.push(line);
        if self.text.len() > TEXT_BYTES_MAX {
            return self.refuse("this is more than a message holds (10 MiB)");
        }
        if is_empty(&self.text) {
            self.text.clear();
            return Step::Read;
        }
        match is_unfinished(&self.text) {
            true => Step::Read,
            false => Step::Send(std::mem::take(&mut self.text)),
        }
    }

    /// Ctrl-C: drops what is collected.
    pub(super) fn interrupted(&mut self) -> Step {
        match self.drop_text() {
            true => Step::Say("dropped; nothing was sent".to_owned()),
            false => Step::Say(".exit or Ctrl-D leaves, .help tells what there is".to_owned()),
        }
    }

    /// Ctrl-D, or the end of the pipe.
    pub(super) fn ended(&mut self) -> Step {
        match self.drop_text() {
            true => {
                Step::Refuse("the end came before this Lua was whole; it was not sent".to_owned())
            }
            false => Step::Leave,
        }
    }

    fn edited(&mut self, line: &str) -> Step {
        match line.trim() {
            ".cancel" => {
                self.drop_text();
                Step::Say("dropped; nothing was sent".to_owned())
            }
            ".done" => {
                self.mode = Mode::Line;
                let text = std::mem::take(&mut self.text);
                if is_empty(&text) {
                    Step::Read
                } else {
                    Step::Send(text)
                }
            }
            _lua => {
                self.push(line);
                match self.text.len() > TEXT_BYTES_MAX {
                    true => self.refuse("this is more than a message holds (10 MiB)"),
                    false => Step::Read,
                }
            }
        }
    }

    fn command(&mut self, (name, rest): (&str, &str)) -> Step {
        match (name, rest) {
            ("exit", "") => Step::Leave,
            ("help", "") => Step::Say(HELP.to_owned()),
            ("process", "") => Step::Who,
            ("editor", "") => {
                self.mode = Mode::Editor;
                Step::Say("many lines: .done sends them, .cancel drops them".to_owned())
            }
            ("load", "") => Step::Refuse("name the file: .load FILE".to_owned()),
            ("load", file) => Step::Load(PathBuf::from(unquoted(file))),
            ("try", "") => Step::Refuse("name the Lua: .try #Inbox".to_owned()),
            ("try", lua) => Step::Try(lua.to_owned()),
            ("inbox", "") => Step::Inbox(None),
            ("inbox", number) => match number.parse() {
                Ok(number) => Step::Inbox(Some(number)),
                Err(_no_number) => Step::Refuse(".inbox takes the number of a message".to_owned()),
            },
            ("result", message) => named(message, Step::Result),
            ("again", message) => named(message, Step::Again),
            ("exit" | "help" | "process" | "editor", _more) => {
                Step::Refuse(format!(".{name} stands alone"))
            }
            _unknown => Step::Refuse(format!("there is no .{name}; .help tells what there is")),
        }
    }

    fn push(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
    }

    fn refuse(&mut self, why: &str) -> Step {
        self.drop_text();
        Step::Refuse(why.to_owned())
    }

    /// True where something was collected.
    fn drop_text(&mut self) -> bool {
        let open = self.is_open();
        self.mode = Mode::Line;
        self.text.clear();
        open
    }
}

/// `.name rest`; no Lua begins with a dot and a letter.
fn command_of(line: &str) -> Option<(&str, &str)> {
    let words = line.trim().strip_prefix('.')?;
    let begins = words
        .chars()
        .next()
        .is_some_and(|letter| letter.is_ascii_alphabetic());
    let (name, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    begins.then(|| (name, rest.trim()))
}

/// A step with a message that is named by its id.
fn named(message: &str, step: impl Fn(Id) -> Step) -> Step {
    match message.parse() {
        Ok(message) => step(message),
        Err(_no_id) => Step::Refuse("name the message by its id, 43 characters".to_owned()),
    }
}

/// A file's name without the quotes that a shell or a dropped file puts around it.
fn unquoted(file: &str) -> &str {
    let inside = |quote: char| file.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Step {
        Step::Send(text.to_owned())
    }

    #[test]
    fn whole_lines_are_sent_and_open_ones_go_on() {
        let mut session = Session::new();
        assert_eq!(session.line("1 + 1"), sent("1 + 1"));
        assert_eq!(session.line("function f()"), Step::Read);
        assert_eq!(session.prompt(), MORE);
        assert_eq!(session.line("  return 1"), Step::Read);
        assert_eq!(session.line("end"), sent("function f()\n  return 1\nend"));
        assert_eq!(session.prompt(), PROMPT_DEFAULT);
        for nothing in ["  ", "-- a remark"] {
            assert_eq!(session.line(nothing), Step::Read);
        }
        assert!(!session.is_open());
        assert_eq!(
            session.line("if x then\n y()\nend"),
            sent("if x then\n y()\nend"),
            "a pasted text"
        );
    }

    #[test]
    fn ctrl_c_breaks_off_and_ctrl_d_leaves() {
        let mut session = Session::new();
        session.line("t = {");
        assert!(matches!(session.interrupted(), Step::Say(_)));
        assert_eq!(
            session.line("1"),
            sent("1"),
            "nothing of the old text is left"
        );
        assert!(matches!(session.interrupted(), Step::Say(_)));
        session.line("t = {");
        assert!(matches!(session.ended(), Step::Refuse(_)));
        assert_eq!(session.ended(), Step::Leave);
    }

    #[test]
    fn the_editor_takes_lines_as_they_are() {
        let mut session = Session::new();
        session.line(".editor");
        assert_eq!(session.prompt(), EDITOR);
        for line in ["x = 1", ".help", "", "end"] {
            assert_eq!(session.line(line), Step::Read);
        }
        assert_eq!(session.line(".done"), sent("x = 1\n.help\n\nend"));
        session.line(".editor");
        session.line("x = 2");
        assert!(matches!(session.line(".cancel"), Step::Say(_)));
        assert_eq!(session.line("3"), sent("3"));
        session.line(".editor");
        assert_eq!(
            session.line(".done"),
            Step::Read,
            "an empty text is no message"
        );
    }

    #[test]
    fn commands_are_understood_or_refused() {
        let id = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let cases = [
            (".load a b.lua", Step::Load(PathBuf::from("a b.lua"))),
            (".load 'x.lua'", Step::Load(PathBuf::from("x.lua"))),
            (" .exit ", Step::Leave),
            (".try #Inbox", Step::Try("#Inbox".to_owned())),
            (".inbox", Step::Inbox(None)),
            (".inbox 3", Step::Inbox(Some(3))),
            (".process", Step::Who),
            (".5 + 1", sent(".5 + 1")),
        ];
        for (line, step) in cases {
            assert_eq!(Session::new().line(line), step, "{line}");
        }
        assert_eq!(
            Session::new().line(&format!(".result {id}")),
            Step::Result(id.parse().unwrap())
        );
        for line in [
            ".load",
            ".inbox x",
            ".again now",
            ".result",
            ".nonsense",
            ".exit now",
            ".done",
        ] {
            assert!(
                matches!(Session::new().line(line), Step::Refuse(_)),
                "{line}"
            );
        }
    }

    #[test]
    fn every_command_is_in_the_help() {
        for line in HELP.lines().filter(|line| line.starts_with('.')) {
            let name = line.split(' ').next().unwrap();
            let refused = Session::new().line(name);
            assert!(
                !matches!(&refused, Step::Refuse(why) if why.contains("there is no")),
                "{name}"
            );
        }
    }

    #[test]
    fn a_text_that_fits_no_message_is_refused_and_forgotten() {
        let mut session = Session::new();
        let large = format!("t = {{ '{}',", "x".repeat(TEXT_BYTES_MAX));
        assert!(matches!(session.line(&large), Step::Refuse(_)));
        assert!(!session.is_open());
    }

    #[test]
    fn the_prompt_is_the_process_s() {
        let mut session = Session::new();
        let answer = Answer {
            prompt: Some("ping@aosec[Inbox:2]> ".to_owned()),
            ..Answer::default()
        };
        session.answered(&answer);
        assert_eq!(session.prompt(), "ping@aosec[Inbox:2]> ");
        session.answered(&Answer::default());
        assert_eq!(session.prompt(), "ping@aosec[Inbox:2]> ");
    }
}
