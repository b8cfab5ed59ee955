//! Where typed lines are kept, and which are not: secrets have no place in a file that nobody guards.

use std::path::{Path, PathBuf};

use super::session::Step;

/// Lines that are kept; the oldest go first.
pub(super) const LINES_MAX: usize = 1_000;
/// Words that stand beside secrets.
const SECRET_WORDS: [&str; 7] = [
    "password",
    "passphrase",
    "secret",
    "mnemonic",
    "seed phrase",
    "private key",
    "privatekey",
];
/// Hex digits of a 32 byte secret.
const HEX_SECRET: usize = 64;

/// The file where none is named: the state folder of the XDG rules.
pub(super) fn default_file() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = named.filter(|folder| folder.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir()?.join(".local").join("state")))?;
    Some(state.join("aosec").join("console-history"))
}

/// Makes the folder of the file, for its owner alone.
///
/// # Errors
/// What the system says.
pub(super) fn make_room(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        Some(folder) => std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder),
        None => Ok(()),
    }
}

/// What is remembered of a line and the step it led to: a whole text of many lines as one.
pub(super) fn entry(line: &str, step: &Step) -> Option<String> {
    let text = match step {
        Step::Read => return None,
        Step::Send(text) => text.as_str(),
        _other => line,
    };
    may_be_kept(text).then(|| text.to_owned())
}

fn may_be_kept(text: &str) -> bool {
    let lower = text.to_lowercase();
    let named = SECRET_WORDS.iter().any(|word| lower.contains(word));
    // The private exponent of a JWK.
    let wallet = lower.contains("\"d\":") || lower.contains("\"d\" :");
    let digits = lower.split(|letter: char| !letter.is_ascii_hexdigit() && letter != 'x');
    let raw = digits
        .map(|run| run.trim_start_matches("0x"))
        .any(|run| run.len() == HEX_SECRET);
    let blank = text.trim().is_empty() || text.starts_with(' ');
    !(named || wallet || raw || blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        for text in [
            "1 + 1",
            "Inbox[1].Data",
            "Send({ Target = 'abc', Action = 'Ping' })",
            ".load a.lua",
        ] {
            assert!(may_be_kept(text), "{text}");
        }
        let hex = "0x".to_owned() + &"a1".repeat(32);
        let secrets = [
            " 1 + 1",
            "",
            "Password = 'x'",
            "k = '{\"kty\":\"RSA\",\"d\":\"abc\"}'",
            hex.as_str(),
            "my mnemonic is",
        ];
        for text in secrets {
            assert!(!may_be_kept(text), "{text}");
        }
    }

    #[test]
    fn a_text_of_many_lines_is_one_entry() {
        assert_eq!(entry("function f()", &Step::Read), None);
        let whole = "function f()\nend".to_owned();
        assert_eq!(entry("end", &Step::Send(whole.clone())), Some(whole));
        assert_eq!(
            entry(".help", &Step::Say(String::new())),
            Some(".help".to_owned())
        );
    }
}
