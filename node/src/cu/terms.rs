//! What a process may use, and whether its module is one that can be run here. Pure.
//!
//! - T1 `Memory-Limit` and `Compute-Limit` of the process win over those of its module; where neither names one, nothing runs
//!   (a limit that each operator chose for itself would be another result on each machine).
//! - T2 a limit over what this operator allows is refused, never lowered: a lowered limit would be another result as well.
//! - T3 the module's format is [`FORMAT`] or [`OPEN_FORMAT`] and its encodings are [`ENCODING`]; extensions are refused.

use aosec_wire::Tags;

/// The format of the carried Lua module, which is one module and no other.
pub const FORMAT: &str = "wasm32-aosec-lua53-1";
/// The format of modules that anybody may write: the same contract with the host, and no boot text.
pub const OPEN_FORMAT: &str = "wasm32-aosec-1";
/// The only encoding of messages and results.
pub const ENCODING: &str = "JSON-1";

/// The limits that hold for each message of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The module's whole memory.
    pub memory_bytes: u64,
    /// Fuel for one message.
    pub fuel: u64,
}

impl Terms {
    /// T1 and T2.
    ///
    /// # Errors
    /// [`TermsError`] where a limit is missing, unreadable, zero, or over `most`.
    pub fn agree(process: &Tags, module: &Tags, most: Self) -> Result<Self, TermsError> {
        let memory = limit("Memory-Limit", process, module)?;
        let compute = limit("Compute-Limit", process, module)?;
        Ok(Self {
            memory_bytes: within(
                "Memory-Limit",
                parse_bytes(memory),
                memory,
                most.memory_bytes,
            )?,
            fuel: within("Compute-Limit", compute.parse().ok(), compute, most.fuel)?,
        })
    }
}

fn limit<'a>(
    name: &'static str,
    process: &'a Tags,
    module: &'a Tags,
) -> Result<&'a str, TermsError> {
    process
        .get(name)
        .or_else(|| module.get(name))
        .ok_or(TermsError::Missing(name))
}

fn within(
    name: &'static str,
    value: Option<u64>,
    text: &str,
    most: u64,
) -> Result<u64, TermsError> {
    match value {
        None | Some(0) => Err(TermsError::Unreadable {
            name,
            text: text.to_owned(),
        }),
        Some(asked) if asked > most => Err(TermsError::TooMuch { name, asked, most }),
        Some(asked) => Ok(asked),
    }
}

/// `500-mb`, `1-gb` and the like, in powers of 1,024; a bare number is bytes.
fn parse_bytes(text: &str) -> Option<u64> {
    let (count, unit) = text.split_once('-').unwrap_or((text, "b"));
    let shift = match unit.to_ascii_lowercase().as_str() {
        "b" => 0,
        "kb" => 10,
        "mb" => 20,
        "gb" => 30,
        _ => return None,
    };
    count.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// T3, over the tags of a module item.
///
/// # Errors
/// [`FormatError`] that names the tag and what stands in it.
pub fn check_format(module: &Tags) -> Result<(), FormatError> {
    for (name, supported) in [
        ("Module-Format", &[FORMAT, OPEN_FORMAT][..]),
        ("Input-Encoding", &[ENCODING]),
        ("Output-Encoding", &[ENCODING]),
    ] {
        let found = module.get(name).ok_or(FormatError::Missing(name))?;
        if !supported.contains(&found) {
            return Err(FormatError::Unsupported {
                name,
                found: found.to_owned(),
                supported,
            });
        }
    }
    match ["Extension", "Extensions"]
        .into_iter()
        .find_map(|name| module.get(name))
    {
        Some(extension) => Err(FormatError::Extension(extension.to_owned())),
        None => Ok(()),
    }
}

/// Why no limit could be agreed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// T1: nobody named it.
    #[error("neither the process nor its module has a {0} tag")]
    Missing(&'static str),
    /// The text is not a limit.
    #[error(
        "{name} '{text}' is not a limit: a number above zero, for memory with a unit like 512-mb"
    )]
    Unreadable {
        /// The tag.
        name: &'static str,
        /// Its value.
        text: String,
    },
    /// T2: more than this node gives to one process.
    #[error("{name} asks for {asked}; this node allows {most}")]
    TooMuch {
        /// The tag.
        name: &'static str,
        /// What it asks for.
        asked: u64,
        /// What this operator allows.
        most: u64,
    },
}

/// Why a module is not one for this unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A tag that every module carries.
    #[error("the module has no {0} tag")]
    Missing(&'static str),
    /// Another format or encoding.
    #[error("{name} '{found}' is not supported; supported is {}", supported.join(" or "))]
    Unsupported {
        /// The tag.
        name: &'static str,
        /// Its value.
        found: String,
        /// What would run.
        supported: &'static [&'static str],
    },
    /// Extensions are other units' own.
    #[error("extension '{0}' is not supported")]
    Extension(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Terms = Terms {
        memory_bytes: 1 << 30,
        fuel: 1_000,
    };

    fn limits(memory: &str, compute: &str) -> Tags {
        Tags::new()
            .with("Memory-Limit", memory)
            .with("Compute-Limit", compute)
    }

    #[test]
    fn the_process_overrides_its_module() {
        let module = limits("512-mb", "500");
        assert_eq!(
            Terms::agree(&Tags::new(), &module, MOST),
            Ok(Terms {
                memory_bytes: 512 << 20,
                fuel: 500
            })
        );
        let process = Tags::new().with("Memory-Limit", "1-gb");
        assert_eq!(
            Terms::agree(&process, &module, MOST).map(|terms| terms.memory_bytes),
            Ok(1 << 30)
        );
    }

    #[test]
    fn absurd_limits_are_refused_and_named() {
        for (memory, compute) in [
            ("2-gb", "1"),
            ("18446744073709551615-gb", "1"),
            ("1-tb", "1"),
            ("0-mb", "1"),
            ("-1-gb", "1"),
            ("many", "1"),
            ("1-gb", "1001"),
            ("1-gb", "0"),
            ("1-gb", "1e3"),
            ("1-gb", ""),
        ] {
            let refused = Terms::agree(&limits(memory, compute), &Tags::new(), MOST);
            assert!(refused.is_err(), "{memory} {compute}");
        }
        assert_eq!(
            Terms::agree(&Tags::new(), &Tags::new(), MOST),
            Err(TermsError::Missing("Memory-Limit"))
        );
    }

    #[test]
    fn foreign_formats_and_extensions_are_refused() {
        let own = Tags::new()
            .with("Module-Format", FORMAT)
            .with("Input-Encoding", ENCODING)
            .with("Output-Encoding", ENCODING);
        assert_eq!(check_format(&own), Ok(()));
        let open = own
            .iter()
            .fold(Tags::new(), |tags, (name, value)| match value {
                FORMAT => tags.with(name, OPEN_FORMAT),
                _ => tags.with(name, value),
            });
        assert_eq!(check_format(&open), Ok(()));
        assert!(check_format(&own.clone().with("Extension", "WeaveDrive")).is_err());
        assert!(check_format(&Tags::new()).is_err());
        let other = Tags::new().with("Module-Format", "wasm64-unknown-emscripten");
        assert!(matches!(
            check_format(&other),
            Err(FormatError::Unsupported { .. })
        ));
    }
}
