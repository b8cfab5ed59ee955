//! A real terminal with a shell in it, typed into as a person does, and read as a person reads.
//!
//! Codes that move a cursor or colour are left out of what is read; the order of the words is kept.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

use super::will::Will;

/// How often what is awaited is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Wide enough that no line of a page is broken.
const COLUMNS: u16 = 180;
const ROWS: u16 = 50;
/// Bytes of one read.
const READ_BYTES: usize = 4096;

/// A terminal. Dropping it ends its shell, which hangs up on whatever runs in it.
pub struct Terminal {
    name: String,
    pty: Arc<Pty>,
    screen: Arc<Mutex<Vec<u8>>>,
    shell: Child,
    _will: Will,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A place in what a terminal has shown.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Terminal {
    /// Opens a terminal with a shell in `folder`; its prompt is `name$ `.
    ///
    /// # Panics
    /// Where the system gives no terminal or no shell.
    #[must_use]
    pub fn open(name: &str, folder: &Path, variables: &[(&str, &str)]) -> Self {
        let (pty, inside) = open().expect("the system gives terminals");
        pty.resize(Size::new(ROWS, COLUMNS))
            .expect("a terminal takes a size");
        let shell = Command::new("sh")
            .current_dir(folder)
            .env("PS1", format!("{name}$ "))
            .env("TERM", "xterm")
            .env_remove("ENV")
            .envs(variables.iter().copied());
        let shell = shell.spawn(inside).expect("a shell in a terminal");
        let will = Will::over(shell.id(), None);
        let pty = Arc::new(pty);
        let screen = Arc::new(Mutex::new(Vec::new()));
        read_all(Arc::clone(&pty), Arc::clone(&screen));
        let terminal = Self {
            name: name.to_owned(),
            pty,
            screen,
            shell,
            _will: will,
        };
        terminal.wait_for(
            "a shell",
            Mark(0),
            Duration::from_secs(20),
            |_said, line| line.ends_with("$ "),
        );
        terminal
    }

    /// Types bytes as they are.
    ///
    /// # Panics
    /// Where nobody reads the terminal any more.
    pub fn press(&self, keys: &str) {
        (&*self.pty)
            .write_all(keys.as_bytes())
            .expect("somebody reads the terminal");
    }

    /// Here and now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.said().len())
    }

    /// What was shown since `mark`.
    #[must_use]
    pub fn since(&self, mark: Mark) -> String {
        self.said().get(mark.0..).unwrap_or_default().to_owned()
    }

    /// Types a line, waits until it is echoed and `ready` says of the last line that the next may be typed; gives what was said to it.
    ///
    /// # Panics
    /// Where that takes longer than `limit`.
    #[must_use]
    pub fn answer_to(&self, line: &str, limit: Duration, ready: impl Fn(&str) -> bool) -> String {
        let mark = self.mark();
        self.press(&format!("{line}\r"));
        self.wait_for(line, mark, limit, |said, last| {
            said.contains(line.trim_end()) && ready(last)
        });
        let said = self.since(mark);
        let echoed = said
            .rfind(line.trim_end())
            .map_or(0, |at| at + line.trim_end().len());
        said.get(echoed..).unwrap_or_default().to_owned()
    }

    /// Waits until `enough` says so of what was shown since `mark` and of its last line.
    ///
    /// # Panics
    /// Where that takes longer than `limit`, with what was shown.
    pub fn wait_for(
        &self,
        what: &str,
        mark: Mark,
        limit: Duration,
        enough: impl Fn(&str, &str) -> bool,
    ) {
        let end = Instant::now() + limit;
        loop {
            let said = self.since(mark);
            let last = said.rsplit('\n').next().unwrap_or_default();
            if enough(&said, last) {
                return;
            }
            assert!(
                Instant::now() < end,
                "the {} terminal, not within {limit:?}: {what}\n--- it shows\n{}",
                self.name,
                self.said()
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn said(&self) -> String {
        let bytes = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        readable(&String::from_utf8_lossy(&bytes))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Err(error) = self.shell.kill() {
            eprintln!(
                "the shell of the {} terminal could not be ended: {error}",
                self.name
            );
        }
        let _already_reaped = self.shell.wait();
    }
}

/// Reads until the terminal is gone.
fn read_all(pty: Arc<Pty>, screen: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        let mut bytes = [0_u8; READ_BYTES];
        while let Ok(read) = (&*pty).read(&mut bytes)
            && read > 0
        {
            let mut screen = screen.lock().unwrap_or_else(PoisonError::into_inner);
            screen.extend_from_slice(bytes.get(..read).unwrap_or_default());
        }
    });
}

/// Without codes: `ESC [ … letter`, the bell, and returns. A line that is drawn again follows itself, so the newest stands last.
fn readable(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => {
                if letters.next() == Some('[') {
                    letters
                        .by_ref()
                        .find(|code| code.is_ascii_alphabetic() || *code == '~');
                }
            }
            '\u{7}' | '\r' => {}
            letter => words.push(letter),
        }
    }
    words
}
