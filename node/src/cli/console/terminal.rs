//! The conversation at a terminal: lines are edited and remembered, news appear beside them, Ctrl-C stops a wait.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter};

use super::super::exit::CliError;
use super::answer::Answer;
use super::history;
use super::live::{Live, Printer};
use super::perform::{Console, Flow};
use super::session::Step;

/// Talks until the person leaves. `first` is done before, as if it had been typed.
///
/// # Errors
/// The terminal cannot be used. Lines that fail are told and no error.
pub(super) async fn converse(
    mut console: Console,
    first: Vec<Step>,
    history: Option<PathBuf>,
) -> Result<(), CliError> {
    let mut lines = Lines::open(history, &console)?;
    let live = Live::start(Arc::clone(&console.link), console.look, lines.printer());
    for step in first {
        told(&mut console, step).await;
    }
    loop {
        if let Some(prompt) = live.prompt() {
            console.session.answered(&Answer {
                prompt: Some(prompt),
                ..Answer::default()
            });
        }
        let step = match lines.read(console.session.prompt()).await? {
            Typed::Line(line) => {
                let step = console.session.line(&line);
                lines.remember(&line, &step, &console);
                step
            }
            Typed::CtrlC => console.session.interrupted(),
            Typed::CtrlD => console.session.ended(),
        };
        if told(&mut console, step).await == Flow::Leave {
            return Ok(());
        }
    }
}

/// Performs a step and tells how it failed; Ctrl-C leaves the wait, not the console.
async fn told(console: &mut Console, step: Step) -> Flow {
    let performed = tokio::select! {
        performed = console.perform(step) => performed,
        stopped = tokio::signal::ctrl_c() => match stopped {
            Ok(()) => Err(CliError::DeadlinePassed("no longer waiting".to_owned())),
            Err(error) => Err(CliError::failure(format!("Ctrl-C cannot be heard: {error}"))),
        },
    };
    let left = console.in_flight.take();
    performed.unwrap_or_else(|error| {
        let error = match left {
            Some(message) => error.adding(&format!(
                "message {message} may have been taken: `.result {message}` shows what it came to, `.again {message}` sends the very same, `aosec message status {message}` \
                 what has become of it"
            )),
            None => error,
        };
        console.out.progress(console.look.wrong(&format!("error: {error}")));
        Flow::On
    })
}

enum Typed {
    Line(String),
    CtrlC,
    CtrlD,
}

/// The editor of lines, which is away while a person types.
struct Lines {
    editor: Option<DefaultEditor>,
    file: Option<PathBuf>,
}

impl Lines {
    fn open(file: Option<PathBuf>, console: &Console) -> Result<Self, CliError> {
        let config = Config::builder()
            .history_ignore_space(true)
            .max_history_size(history::LINES_MAX);
        let config = config.map_err(unusable)?.build();
        let mut lines = Self {
            editor: Some(DefaultEditor::with_config(config).map_err(unusable)?),
            file,
        };
        let loaded = match (&lines.file, &mut lines.editor) {
            (Some(file), Some(editor)) => history::make_room(file)
                .map_err(ReadlineError::from)
                .and_then(|()| editor.load_history(file)),
            _nothing_to_load => Ok(()),
        };
        match loaded {
            Err(ReadlineError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => lines.forget(&error, console),
            Ok(()) => {}
        }
        Ok(lines)
    }

    /// A history that cannot be kept is told once; lines are edited without it.
    fn forget(&mut self, error: &ReadlineError, console: &Console) {
        if let Some(file) = self.file.take() {
            console.aside(&format!("no history is kept: {}: {error}", file.display()));
        }
    }

    /// Prints beside the line that is typed; a terminal that cannot do that gets the words as they come.
    fn printer(&mut self) -> Printer {
        match self
            .editor
            .as_mut()
            .map(DefaultEditor::create_external_printer)
        {
            Some(Ok(mut beside)) => Box::new(move |words| {
                if let Err(error) = tokio::task::block_in_place(|| beside.print(words)) {
                    tracing::debug!(%error, "a terminal that takes no words");
                }
            }),
            _no_such_terminal => Box::new(|words| {
                let mut stdout = std::io::stdout().lock();
                let _closed_stdout_ends_the_reading_too = stdout
                    .write_all(words.as_bytes())
                    .and_then(|()| stdout.flush());
            }),
        }
    }

    async fn read(&mut self, prompt: &str) -> Result<Typed, CliError> {
        let (editor, prompt) = (self.editor.take(), prompt.to_owned());
        let reading = tokio::task::spawn_blocking(move || {
            let mut editor = editor?;
            let read = editor.readline(prompt.as_str());
            Some((editor, read))
        });
        let read = reading
            .await
            .map_err(|error| CliError::failure(format!("the line editor ended: {error}")))?;
        let (editor, read) = read.ok_or_else(|| CliError::failure("the line editor is gone"))?;
        self.editor = Some(editor);
        match read {
            Ok(line) => Ok(Typed::Line(line)),
            Err(ReadlineError::Interrupted) => Ok(Typed::CtrlC),
            Err(ReadlineError::Eof) => Ok(Typed::CtrlD),
            Err(error) => Err(unusable(error)),
        }
    }

    fn remember(&mut self, line: &str, step: &Step, console: &Console) {
        let Some((entry, editor)) = history::entry(line, step).zip(self.editor.as_mut()) else {
            return;
        };
        let kept = editor
            .add_history_entry(entry)
            .and_then(|_new| match &self.file {
                Some(file) => editor.append_history(file),
                None => Ok(()),
            });
        if let Err(error) = kept {
            self.forget(&error, console);
        }
    }
}

fn unusable(error: ReadlineError) -> CliError {
    CliError::failure(format!("this terminal cannot be read: {error}"))
}

/// What is said first.
pub(super) fn greeting(console: &Console) -> String {
    let process = console.link.process;
    format!(
        "{}\n.help tells what there is; Ctrl-D leaves, and `aosec console {process}` comes back",
        console.who()
    )
}
