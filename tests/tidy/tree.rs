//! The project as a map from path to text, and what is said about a place in it.
//!
//! Files are those that git tracks, so that a stray note in somebody's folder fails nothing (`git add` a new file to have it judged);
//! without git, all but build and package folders.
//! Binary files are left out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that are products, never sources; skipped where git cannot say so.
const PRODUCTS: [&str; 3] = [".git", "target", "node_modules"];

/// One untidy place: where, against which rule, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    pub(crate) advice: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "  {}:{} [{}] {}",
            self.file, self.line, self.rule, self.advice
        )
    }
}

impl Violation {
    pub(crate) fn new(
        file: &str,
        line: usize,
        rule: &'static str,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            line,
            rule,
            advice: advice.into(),
        }
    }
}

/// Texts by path; paths are relative to the root of the project, with `/`.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    texts: BTreeMap<String, String>,
}

impl Tree {
    pub(crate) fn of_the_project() -> Self {
        let root = root();
        let paths = listed_by_git(&root).unwrap_or_else(|| walked(&root, &root));
        Self {
            texts: paths
                .into_iter()
                .filter_map(|path| read(&root, path))
                .collect(),
        }
    }

    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self {
            texts: files.iter().map(own).collect(),
        }
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn with_ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    /// Whether a file, or a folder with a file in it, stands there.
    pub(crate) fn stands(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.texts.contains_key(path) || self.files().any(|(file, _)| file.starts_with(&folder))
    }
}

/// The root of the project: the folder that holds this crate's.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the tests stand in a folder of the project")
        .to_owned()
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty())?;
    let names = String::from_utf8(output.stdout).ok()?;
    Some(names.split_terminator('\0').map(str::to_owned).collect())
}

fn walked(root: &Path, folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder of the project can be read");
    let mut found = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let product = PRODUCTS.iter().any(|name| entry.file_name() == *name);
        if path.is_dir() && !product {
            found.extend(walked(root, &path));
        } else if let (true, Ok(relative)) = (path.is_file(), path.strip_prefix(root)) {
            found.push(relative.to_string_lossy().replace('\\', "/"));
        }
    }
    found
}

/// `None` for what is no text, and for a file that git still lists but that has just been removed.
fn read(root: &Path, path: String) -> Option<(String, String)> {
    let text = std::fs::read_to_string(root.join(&path)).ok()?;
    Some((path, text))
}
