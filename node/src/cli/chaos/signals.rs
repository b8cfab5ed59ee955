//! Silence and waking: signals to a node's process.
//!
//! A silenced node is a stopped process: it accepts connections and answers nothing, as a machine that hangs. A woken one goes on where it
//! was, and believes that no time has passed. Only processes that `devnet.json` names and that run a node of that folder are touched.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::Net;
use crate::cli::Output;
use crate::cli::exit::CliError;
use crate::devnet::file::NodeEntry;

/// A signal, and what is true of the node afterwards.
pub(super) type Word = (Signal, &'static str);
/// It stops.
pub(super) const SILENCE: Word = (Signal::STOP, "is silent");
/// It goes on.
pub(super) const WAKE: Word = (Signal::CONT, "goes on");

pub(super) fn send(
    net: &Net,
    name: &str,
    (signal, said): Word,
    out: Output,
) -> Result<(), CliError> {
    let (_, node) = net.node(name)?;
    let pid = running(node, &net.folder)?;
    kill_process(pid, signal)
        .map_err(|error| CliError::failure(format!("{name} (process {}): {error}", node.pid)))?;
    out.result(
        &json!({ "node": name, "pid": node.pid, "signal": signal.as_raw() }),
        format!("{name} {said}"),
    )
}

/// The node's process, if that number still is one: after a devnet has ended, another process may have it.
fn running(node: &NodeEntry, devnet: &Path) -> Result<Pid, CliError> {
    let gone = || {
        CliError::NotFound(format!(
            "{} does not run as process {}: the devnet in {} has ended",
            node.name,
            node.pid,
            devnet.display()
        ))
    };
    let raw = i32::try_from(node.pid).map_err(|_large| gone())?;
    let pid = Pid::from_raw(raw).ok_or_else(gone)?;
    let words = std::fs::read(format!("/proc/{raw}/cmdline")).map_err(|_absent| gone())?;
    match is_node(&words, &node.name) && is_in(&words, raw, &devnet.join(&node.name)) {
        true => Ok(pid),
        false => Err(gone()),
    }
}

/// Whether the data folder that a command line names, as its process sees it, is this one: another devnet has a node of the same name.
fn is_in(words: &[u8], raw: i32, folder: &Path) -> bool {
    let Some(named) = data_folder(words) else {
        return false;
    };
    let there = PathBuf::from(format!("/proc/{raw}/cwd")).join(named);
    match (there.canonicalize(), folder.canonicalize()) {
        (Ok(there), Ok(here)) => there == here,
        _ => false,
    }
}

fn data_folder(words: &[u8]) -> Option<&str> {
    let mut words = words.split(|byte| *byte == 0);
    words.find(|word| *word == b"--data")?;
    std::str::from_utf8(words.next()?).ok()
}

/// Whether a command line is that of this node: `node run`, with a data folder of its name.
fn is_node(words: &[u8], name: &str) -> bool {
    let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
    let runs = words.windows(2).any(|pair| pair == [&b"node"[..], b"run"]);
    let ending = format!("/{name}");
    runs && words.iter().any(|word| word.ends_with(ending.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_nodes_own_process_is_touched() {
        let line = |text: &str| text.replace(' ', "\0").into_bytes();
        assert!(is_node(
            &line("/bin/aosec node run --data /net/node1 --json"),
            "node1"
        ));
        assert!(!is_node(
            &line("/bin/aosec node run --data /net/node2"),
            "node1"
        ));
        assert!(!is_node(&line("vim /net/node1"), "node1"));
        let other = tempfile::tempdir().unwrap();
        let (net, own) = (other.path().join("net"), std::process::id());
        std::fs::create_dir_all(net.join("node1")).unwrap();
        let words = line(&format!("aosec node run --data {}/node1", net.display()));
        let raw = i32::try_from(own).unwrap();
        assert!(is_in(&words, raw, &net.join("node1")));
        assert!(!is_in(&words, raw, &other.path().join("node1")));
        std::fs::create_dir_all(other.path().join("node1")).unwrap();
        assert!(!is_in(&words, raw, &other.path().join("node1")));
    }
}
