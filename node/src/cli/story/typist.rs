//! Types commands: this same program, with `--json`, on the story's devnet.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use crate::cli::exit::CliError;

/// The longest that one command may take; each has bounds of its own below it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Somebody who types.
pub(super) struct Typist {
    folder: PathBuf,
}

/// How a command ended.
pub(super) struct Typed {
    pub(super) code: i32,
    /// What it printed, as JSON; its error where it failed.
    pub(super) said: Value,
}

impl Typist {
    pub(super) const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// A command that must succeed.
    pub(super) async fn done(&self, words: &[&str]) -> Result<Value, CliError> {
        let typed = self.typed(words).await?;
        match typed.code {
            0 => Ok(typed.said),
            code => Err(CliError::failure(format!(
                "`{}` ended with {code}: {}",
                line(words),
                typed.said["error"].as_str().unwrap_or("it said nothing")
            ))),
        }
    }

    /// A command, however it ends.
    pub(super) async fn typed(&self, words: &[&str]) -> Result<Typed, CliError> {
        let own = std::env::current_exe()
            .map_err(|error| CliError::failure(format!("this program: {error}")))?;
        let mut command = Command::new(own);
        command
            .args(words)
            .arg("--json")
            .env("AOSEC_DEVNET", &self.folder);
        let output = self.ran(command, &line(words)).await?;
        let told = [&output.stdout, &output.stderr];
        let said = told
            .iter()
            .find_map(|text| last_json(text))
            .unwrap_or_default();
        Ok(Typed {
            code: output.status.code().unwrap_or(-1),
            said,
        })
    }

    /// Another program, by a shell; gives the last word that it prints.
    pub(super) async fn foreign(
        &self,
        program: &str,
        environment: &[(&str, String)],
    ) -> Result<String, CliError> {
        let mut command = Command::new("sh");
        command.args(["-c", program]);
        command.envs(
            environment
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        let output = self.ran(command, program).await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let word = said.split_whitespace().next_back().map(str::to_owned);
        word.filter(|_word| output.status.success()).ok_or_else(|| {
            let error = String::from_utf8_lossy(&output.stderr);
            CliError::failure(format!(
                "`{program}` sent no message that waits: {}",
                error.chars().take(500).collect::<String>()
            ))
        })
    }

    async fn ran(
        &self,
        mut command: Command,
        name: &str,
    ) -> Result<std::process::Output, CliError> {
        command.stdin(Stdio::null()).kill_on_drop(true);
        let ran = tokio::time::timeout(PATIENCE, command.output()).await;
        let late = || {
            CliError::DeadlinePassed(format!(
                "`{name}` did not end within {} s",
                PATIENCE.as_secs()
            ))
        };
        let output = ran.map_err(|_late| late())?;
        output.map_err(|error| CliError::failure(format!("`{name}`: {error}")))
    }
}

/// A command as a person reads it.
pub(super) fn line(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| match word.contains([' ', '"']) {
        true => format!("'{word}'"),
        false => (*word).to_owned(),
    });
    format!("aosec {}", quoted.collect::<Vec<_>>().join(" "))
}

fn last_json(bytes: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .rev()
        .find_map(|line| serde_json::from_str(line).ok())
}
