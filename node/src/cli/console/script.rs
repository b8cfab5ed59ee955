//! The conversation with a pipe: lines in, answers out, and the first line that fails ends it with its exit code.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use super::super::exit::CliError;
use super::perform::{Console, Flow};
use super::session::Step;

/// One line of a script; Lua over this is loaded from a file.
const LINE_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Runs `first`, then every line of stdin.
///
/// # Errors
/// The first failure, with the number of its line.
pub(super) async fn run(mut console: Console, first: Vec<Step>) -> Result<(), CliError> {
    for step in first {
        console.perform(step).await?;
    }
    let mut lines = BufReader::new(tokio::io::stdin());
    for number in 1_u64.. {
        let line = next_line(&mut lines, number).await?;
        let step = match &line {
            Some(line) => console.session.line(line),
            None => console.session.ended(),
        };
        let done = console.perform(step).await;
        let flow = done.map_err(|error| {
            error.adding(&format!(
                "this was line {number}, and nothing behind it was run"
            ))
        })?;
        if flow == Flow::Leave || line.is_none() {
            break;
        }
    }
    Ok(())
}

async fn next_line(
    lines: &mut BufReader<tokio::io::Stdin>,
    number: u64,
) -> Result<Option<String>, CliError> {
    let mut bytes = Vec::new();
    let read = lines
        .take(LINE_BYTES_MAX + 1)
        .read_until(b'\n', &mut bytes)
        .await;
    let read = read.map_err(|error| CliError::failure(format!("stdin: {error}")))?;
    if read as u64 > LINE_BYTES_MAX {
        return Err(CliError::Usage(format!(
            "line {number} is longer than 10 MiB"
        )));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_bad| CliError::Usage(format!("line {number} is no UTF-8")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok((read > 0).then(|| line.strip_suffix('\r').unwrap_or(line).to_owned()))
}
