//! A Lua file with the local files that it requires, as one text. Pure over a reader of files.
//!
//! `require("lib.math")` names `lib/math.lua` beside the file that was loaded. What lies there goes along, and what it requires; what
//! does not is the process's own affair (`json`, `.utils`). The newest text counts: a file that is loaded again is run again.

use std::collections::{BTreeMap, BTreeSet};

use aosec_wasm::process_module::{self, SourceFile};
use aosec_wire::limits::ITEM_BYTES_MAX;

use super::lex::{Token, tokens};

/// Files that one load takes along; a program with more is to be built before.
const FILES_MAX: usize = 256;

/// Why files do not become one text.
#[derive(Debug, thiserror::Error)]
pub(super) enum BundleError {
    /// More files than one load takes.
    #[error("it requires more than {FILES_MAX} files")]
    Many,
    /// More text than a message holds.
    #[error("together with what it requires it is larger than a message (10 MiB)")]
    Large,
    /// Two files require one another.
    #[error("the files require one another in a circle: {0}")]
    Circle(String),
    /// A file that is there and cannot be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// Its path below the loaded file's folder.
        file: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file that cannot be wrapped.
    #[error(transparent)]
    Wrap(#[from] process_module::BundleError),
}

/// The text to send for the file `name` with text `main`. `read` gives the text of a path below its folder, none where nothing is there.
///
/// # Errors
/// [`BundleError`]
pub(super) fn bundle(
    name: &str,
    main: &str,
    read: impl FnMut(&str) -> std::io::Result<Option<String>>,
) -> Result<String, BundleError> {
    let mut gathered = Gathered {
        read,
        known: BTreeMap::new(),
        order: Vec::new(),
        bytes: main.len(),
        open: Vec::new(),
    };
    for required in required(main) {
        gathered.take(required)?;
    }
    if gathered.order.is_empty() {
        return Ok(main.to_owned());
    }
    let Gathered {
        known, mut order, ..
    } = gathered;
    order.push(wrapped_name(name));
    let text_of = |name: &String| known.get(name).and_then(Option::as_deref).unwrap_or(main);
    let files: Vec<_> = order
        .iter()
        .map(|name| SourceFile {
            name,
            text: text_of(name),
        })
        .collect();
    let run = run_of(&order);
    let text = process_module::bundle(
        &files,
        SourceFile {
            name: "run",
            text: &run,
        },
    )?;
    match text.len() > ITEM_BYTES_MAX {
        true => Err(BundleError::Large),
        false => Ok(text),
    }
}

/// The last file is the one that was loaded: it runs, once the others are forgotten as they were.
fn run_of(order: &[String]) -> String {
    let mut text = String::new();
    for name in order {
        text.push_str(&format!("package.loaded['{name}'] = nil\n"));
    }
    if let Some(main) = order.last() {
        text.push_str(&format!("return package.preload['{main}']('{main}')\n"));
    }
    text
}

/// A name that the wrapping takes and that no `require` can mean.
fn wrapped_name(file: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            letter
        } else {
            '_'
        }
    };
    format!("/{}", file.chars().map(plain).collect::<String>())
}

struct Gathered<R> {
    read: R,
    /// What was looked for, with its text where it was there.
    known: BTreeMap<String, Option<String>>,
    /// Those that were there, each behind what it requires.
    order: Vec<String>,
    bytes: usize,
    /// Names on the way to the file at hand.
    open: Vec<String>,
}

impl<R: FnMut(&str) -> std::io::Result<Option<String>>> Gathered<R> {
    fn take(&mut self, name: String) -> Result<(), BundleError> {
        if self.open.contains(&name) {
            self.open.push(name);
            return Err(BundleError::Circle(self.open.join(" -> ")));
        }
        if self.known.contains_key(&name) {
            return Ok(());
        }
        let file = format!("{}.lua", name.replace('.', "/"));
        let text = (self.read)(&file).map_err(|error| BundleError::Unreadable { file, error })?;
        self.known.insert(name.clone(), text.clone());
        let Some(text) = text else {
            return Ok(());
        };
        self.bytes += text.len();
        if self.bytes > ITEM_BYTES_MAX {
            return Err(BundleError::Large);
        }
        // Files on the way count too, so that a chain of files ends before the stack does.
        if self.order.len() + self.open.len() >= FILES_MAX {
            return Err(BundleError::Many);
        }
        self.open.push(name.clone());
        for required in required(&text) {
            self.take(required)?;
        }
        self.open.pop();
        self.order.push(name);
        Ok(())
    }
}

/// The names that a text requires by a plain string and that may be files: words with dots between. Sorted.
fn required(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let mut names = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let own = !matches!(before, Some(Token::Word("." | ":" | "function")));
        if *token != Token::Name("require") || !own {
            continue;
        }
        let bracket = tokens.get(at + 1) == Some(&Token::Word("("));
        if let Some(Token::Text(name)) = tokens.get(at + 1 + usize::from(bracket))
            && is_path(name)
        {
            names.insert((*name).to_owned());
        }
    }
    names
}

/// No empty part: a dot at the start names a module of the process, and two dots would climb out of the folder.
fn is_path(name: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    name.split('.')
        .all(|part| !part.is_empty() && part.chars().all(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(files: &[(&str, &str)]) -> Result<String, BundleError> {
        let main = "local a = require('a')\nreturn a.value";
        bundle("my main.lua", main, |path| {
            Ok(files
                .iter()
                .find(|(name, _)| *name == path)
                .map(|(_, text)| (*text).to_owned()))
        })
    }

    #[test]
    fn a_file_that_needs_no_other_is_sent_as_it_is() {
        assert_eq!(from(&[]).unwrap(), "local a = require('a')\nreturn a.value");
    }

    #[test]
    fn what_is_required_stands_before_who_requires_it() {
        let text = from(&[
            ("a.lua", "local b = require \"lib.b\" return {}"),
            ("lib/b.lua", "return 1"),
        ])
        .unwrap();
        let place = |name: &str| text.find(&format!("preload['{name}'] =")).unwrap();
        assert!(
            place("lib.b") < place("a") && place("a") < place("/my_main.lua"),
            "{text}"
        );
        assert!(text.contains("package.loaded['a'] = nil"), "{text}");
        assert!(
            text.ends_with("return package.preload['/my_main.lua']('/my_main.lua')\n"),
            "{text}"
        );
    }

    #[test]
    fn circles_crowds_and_weights_are_refused() {
        let circle = from(&[("a.lua", "require 'b'"), ("b.lua", "require 'a'")]);
        assert!(
            matches!(&circle, Err(BundleError::Circle(names)) if names == "a -> b -> a"),
            "{circle:?}"
        );
        let heavy = "x".repeat(ITEM_BYTES_MAX);
        assert!(matches!(
            from(&[("a.lua", &heavy)]),
            Err(BundleError::Large)
        ));
        let chain = bundle("main.lua", "require 'a'", |path| {
            Ok(Some(format!(
                "require '{}a'",
                path.strip_suffix(".lua").unwrap()
            )))
        });
        assert!(matches!(chain, Err(BundleError::Many)), "{chain:?}");
        let broken = bundle("main.lua", "require 'a'", |_path| {
            Err(std::io::Error::other("no"))
        });
        assert!(matches!(broken, Err(BundleError::Unreadable { .. })));
    }

    #[test]
    fn only_plain_names_in_code_are_files() {
        let text = "-- require('no')\nlocal s = \"require('no')\"\nx.require('no') require(name) require('.utils') \
            require('../up') require('..up') require('/etc/x') require(\"yes.it\")";
        assert_eq!(required(text), BTreeSet::from(["yes.it".to_owned()]));
    }
}
