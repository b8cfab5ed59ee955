//! A folder of shared vectors: thought out by hand as cases of a test, written down for every reader of the law, and read again.
//!
//! What a vector looks like and how it runs is its test's own.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

type Cases<V> = fn() -> Vec<V>;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct File<V> {
    about: String,
    vectors: Vec<V>,
}

/// The files of a folder below `tests/vectors`, each with the cases that it holds.
pub(crate) struct Files<V: 'static> {
    pub(crate) folder: &'static str,
    /// What a reader who has nothing but the file must know.
    pub(crate) about: &'static str,
    /// The fewest cases that the files together may have.
    pub(crate) least: usize,
    pub(crate) cases: &'static [(&'static str, Cases<V>)],
}

impl<V: DeserializeOwned + PartialEq + Serialize> Files<V> {
    /// The files must be what the cases say; `WRITE_VECTORS=1` writes them anew.
    pub(crate) fn are_what_the_cases_say(&self) {
        for &(name, cases) in self.cases {
            if std::env::var_os("WRITE_VECTORS").is_some() {
                let text = serde_json::to_string_pretty(&self.made(cases)).unwrap();
                fs::write(self.path(name), text + "\n").unwrap();
            }
            assert!(
                self.read(name) == self.made(cases),
                "{name}.json is not what its cases say"
            );
        }
    }

    /// Every vector must hold: `broken` says what is wrong with one.
    pub(crate) fn hold(&self, name: fn(&V) -> &str, broken: fn(&V) -> Option<String>) {
        let files = self.cases.iter().map(|(name, _)| self.read(name));
        let vectors: Vec<V> = files.flat_map(|file| file.vectors).collect();
        let wrong: Vec<String> = vectors.iter().filter_map(broken).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let names: BTreeSet<&str> = vectors.iter().map(name).collect();
        assert_eq!(names.len(), vectors.len(), "two vectors have one name");
        assert!(names.len() >= self.least, "{} vectors", names.len());
    }

    fn made(&self, cases: Cases<V>) -> File<V> {
        File {
            about: self.about.to_owned(),
            vectors: cases(),
        }
    }

    fn read(&self, name: &str) -> File<V> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("../tests/vectors").join(self.folder);
        folder.join(format!("{name}.json"))
    }
}
