//! What the story says as it happens: sentences and the commands behind them for a person, a line of JSON a step for a program.

use serde_json::{Map, Value, json};

use crate::cli::Output;
use crate::cli::exit::CliError;

/// The voice of the story.
pub(super) struct Teller {
    out: Output,
    step: u64,
    title: &'static str,
    says: Vec<String>,
    typed: Vec<String>,
    facts: Map<String, Value>,
}

impl Teller {
    pub(super) fn new(out: Output) -> Self {
        Self {
            out,
            step: 0,
            title: "the stage",
            says: Vec::new(),
            typed: Vec::new(),
            facts: Map::new(),
        }
    }

    /// The next step begins.
    pub(super) fn step(&mut self, title: &'static str) -> Result<(), CliError> {
        self.close()?;
        (self.step, self.title) = (self.step + 1, title);
        self.line(&format!("\n{:>2}. {title}", self.step))
    }

    /// A command is typed.
    pub(super) fn types(&mut self, command: &str) -> Result<(), CliError> {
        self.typed.push(command.to_owned());
        self.line(&format!("      $ {command}"))
    }

    /// A sentence.
    pub(super) fn says(&mut self, sentence: impl Into<String>) -> Result<(), CliError> {
        let sentence = sentence.into();
        self.line(&format!("    {sentence}"))?;
        self.says.push(sentence);
        Ok(())
    }

    /// A fact for programs.
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), value.into());
    }

    /// The end.
    pub(super) fn ends(&mut self, summary: &[String], facts: &Value) -> Result<(), CliError> {
        self.close()?;
        let lines = summary.iter().map(|line| format!("  - {line}"));
        let text = format!("\nThe end:\n{}", lines.collect::<Vec<_>>().join("\n"));
        self.out.result(
            &json!({ "ended": "well", "summary": summary, "facts": facts }),
            text,
        )
    }

    /// An error, with the step in which it happened.
    pub(super) fn failed(&self, error: CliError) -> CliError {
        CliError::failure(format!(
            "the story broke off in step {} ({}): {error}",
            self.step, self.title
        ))
    }

    fn line(&self, line: &str) -> Result<(), CliError> {
        match self.out.is_json() {
            true => Ok(()),
            false => self.out.result(&Value::Null, line),
        }
    }

    /// A step is over: programs hear of it.
    fn close(&mut self) -> Result<(), CliError> {
        let (says, typed) = (
            std::mem::take(&mut self.says),
            std::mem::take(&mut self.typed),
        );
        let facts = std::mem::take(&mut self.facts);
        if !self.out.is_json() || self.step == 0 {
            return Ok(());
        }
        let line = json!({ "step": self.step, "title": self.title, "says": says, "typed": typed, "facts": facts });
        self.out.result(&line, "")
    }
}
