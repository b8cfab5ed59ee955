//! The module of every Lua process, embedded, and the Lua runtime that boots in it.
//!
//! Both are committed text and bytes of `contracts-lua/runtime`; the module is built by the script
//! beside it and never by cargo. Module hash and boot hash together name what a process runs, so
//! changing a single letter of the runtime makes another kind of process.
//!
//! [`bundle`] is the same wrapping for contracts: a fixed list of Lua files in one text.

use thiserror::Error;

/// The module's bytes.
pub const WASM: &[u8] = include_bytes!("../../../contracts-lua/runtime/process.wasm");

/// SHA-256 of [`WASM`] in hex, as the build script wrote it; a test compares.
pub const SHA256: &str = include_str!("../../../contracts-lua/runtime/process.wasm.sha256");

/// The value of a module's `Module-Format` tag.
pub const MODULE_FORMAT: &str = "wasm32-aosec-lua53-1";

/// Wraps one file of the runtime for [`BOOT`].
macro_rules! part {
    ($name:literal, $file:literal) => {
        concat!(
            "sources['",
            $name,
            "'] = [=====[\n",
            include_str!(concat!("../../../contracts-lua/runtime/", $file)),
            "]=====]\n"
        )
    };
}

/// The Lua runtime in one text: what [`crate::Instance::boot`] takes for every Lua process.
pub const BOOT: &[u8] = concat!(
    "local sources = {}\n",
    part!("boot", "boot.lua"),
    part!("globals", "globals.lua"),
    part!("clock", "clock.lua"),
    part!("output", "output.lua"),
    part!("stringify", "stringify.lua"),
    part!(".utils", "utils.lua"),
    part!("bint-words", "bint-words.lua"),
    part!("bint-text", "bint-text.lua"),
    part!(".bint", "bint.lua"),
    part!("handlers-utils", "handlers-utils.lua"),
    part!(".handlers", "handlers.lua"),
    part!("answers", "answers.lua"),
    part!("ao", "ao.lua"),
    part!("message", "message.lua"),
    part!("eval", "eval.lua"),
    part!("process", "process.lua"),
    "return load(sources.boot, '=aosec/boot', 't')(sources)\n",
)
.as_bytes();

/// The text of [`BOOT`] as bytes.
pub fn boot_source() -> &'static [u8] {
    BOOT
}

/// One Lua file of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceFile<'a> {
    /// The name that `require` takes.
    pub name: &'a str,
    /// The file's text.
    pub text: &'a str,
}

/// A file cannot be wrapped.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the Lua file '{name}' has a name or a text that cannot be wrapped")]
pub struct BundleError {
    /// Name of the file.
    pub name: String,
}

const CLOSE: &str = "]=====]";

/// Wraps modules into `package.preload`, in the order given, with `main` behind them: one text for
/// the data of a process that boots with `On-Boot: Data`.
pub fn bundle(modules: &[SourceFile<'_>], main: SourceFile<'_>) -> Result<String, BundleError> {
    let mut text = String::new();
    for file in modules {
        check(*file)?;
        text.push_str(&preload(file.name, file.text));
    }
    check(main)?;
    text.push_str(main.text);
    Ok(text)
}

fn preload(name: &str, text: &str) -> String {
    format!(
        "package.preload['{name}'] = function(...)\n\
         return assert(load([=====[\n{text}{CLOSE}, '={name}', 't'))(...)\nend\n"
    )
}

fn check(file: SourceFile<'_>) -> Result<(), BundleError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let fine = !file.name.is_empty() && file.name.chars().all(plain) && !file.text.contains(CLOSE);
    if fine {
        Ok(())
    } else {
        Err(BundleError {
            name: file.name.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_every_file_in_order_and_main_last() {
        let files = [
            SourceFile {
                name: "a",
                text: "return 1\n",
            },
            SourceFile {
                name: "b.c",
                text: "return 2\n",
            },
        ];
        let main = SourceFile {
            name: "main",
            text: "x = require('a')\n",
        };
        let text = bundle(&files, main).unwrap();
        let a = text.find("preload['a']").unwrap();
        let b = text.find("preload['b.c']").unwrap();
        assert!(a < b && text.ends_with("x = require('a')\n"));
    }

    #[test]
    fn what_would_break_the_wrapping_is_refused() {
        let main = SourceFile {
            name: "main",
            text: "",
        };
        for (name, text) in [("a'b", ""), ("", ""), ("a", "x = [=====[ ]=====]")] {
            let refused = bundle(&[SourceFile { name, text }], main);
            assert_eq!(
                refused,
                Err(BundleError {
                    name: name.to_owned()
                })
            );
        }
    }

    #[test]
    fn no_part_of_the_runtime_closes_its_wrapping() {
        let text = std::str::from_utf8(BOOT).unwrap();
        assert_eq!(
            text.matches(CLOSE).count(),
            text.matches("] = [=====[").count()
        );
    }
}
