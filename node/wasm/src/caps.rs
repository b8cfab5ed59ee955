//! How much of everything a module of strangers may have, looked at before anything is compiled.
//!
//! No fuel stops a compiler, and its time and memory grow with what stands in a module: these counts keep both small. They are
//! the same on every machine, so a refusal by one of them is final. Nothing is validated here: a section that lies about itself
//! is the compiler's to refuse. Own and foreign modules keep the same caps; a test says so of the own one.

use thiserror::Error;
use wasmparser::{
    BinaryReaderError, Encoding, FunctionBody, Import, Imports, Operator, Parser, Payload, TypeRef,
    ValType,
};

use crate::error::WasmError;

/// The whole module. Known ones lie below 4 MiB, and the time to compile grows with the size.
pub const MODULE_BYTES: u64 = 4 << 20;
/// Types of functions; the own module has some 30.
pub const TYPES: u64 = 1_000;
/// Functions. A hundred thousand empty ones take a compiler 18 s; large modules have 5,000.
pub const FUNCTIONS: u64 = 10_000;
/// One function. The largest of Lua, its interpreter, has about 30 KB; compilers need more than twice the time for twice the size.
pub const BODY_BYTES: u64 = 128 << 10;
/// Locals of one function.
pub const LOCALS: u64 = 1_000;
/// Blocks within blocks. The large switches of interpreters have some 200; compilers need time by depth and length.
pub const DEPTH: u64 = 300;
/// Branches and blocks of each function times its locals, over the whole module: what a compiler carries from block to block. The
/// own module has some hundred thousand; what the cap allows takes seconds.
pub const TANGLE: u64 = 4_000_000;
/// Tables: one, for indirect calls.
pub const TABLES: u64 = 1;
/// Elements of the table; each takes memory in every instance.
pub const TABLE_ELEMENTS: u64 = 10_000;
/// Memories: one, and it is the state.
pub const MEMORIES: u64 = 1;
/// Pages of 64 KiB that the memory begins with: 64 MiB, what a boot text has as well.
pub const MEMORY_PAGES: u64 = 1_024;
/// Globals; the state root goes over the mutable ones.
pub const GLOBALS: u64 = 1_000;
/// Exports.
pub const EXPORTS: u64 = 1_000;
/// Segments, of data or of elements.
pub const SEGMENTS: u64 = 1_000;
/// The only imports, both from the module `ao`.
pub const IMPORTS: [&str; 2] = ["try", "throw"];

/// More of something than a module may have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}: {found}, where at most {most} are taken")]
pub struct CapError {
    /// Of what.
    pub what: &'static str,
    /// How much the module has, or says that it has.
    pub found: u64,
    /// How much is taken.
    pub most: u64,
}

/// Looks a module over, in one pass that allocates nothing.
///
/// # Errors
/// [`WasmError::Cap`] with the first cap that it passes, [`WasmError::ForeignImport`], or what cannot be read.
pub fn check(wasm: &[u8]) -> Result<(), WasmError> {
    within("bytes of the module", wasm.len() as u64, MODULE_BYTES)?;
    let mut tangle = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CodeSectionEntry(body) => tangle += function(&body)?,
            other => section(other)?,
        }
        within("branches times locals", tangle, TANGLE)?;
    }
    Ok(())
}

fn within(what: &'static str, found: impl Into<u64>, most: u64) -> Result<(), CapError> {
    let found = found.into();
    match found > most {
        true => Err(CapError { what, found, most }),
        false => Ok(()),
    }
}

fn section(payload: Payload<'_>) -> Result<(), WasmError> {
    match payload {
        Payload::Version { encoding, .. } => {
            within("components", u64::from(encoding == Encoding::Component), 0)?;
        }
        Payload::TypeSection(types) => within("types", types.count(), TYPES)?,
        Payload::ImportSection(imports) => {
            within("imports", imports.count(), IMPORTS.len() as u64)?;
            for group in imports {
                imported(group?)?;
            }
        }
        Payload::FunctionSection(functions) => within("functions", functions.count(), FUNCTIONS)?,
        Payload::TableSection(tables) => {
            within("tables", tables.count(), TABLES)?;
            for table in tables {
                within("elements of the table", table?.ty.initial, TABLE_ELEMENTS)?;
            }
        }
        Payload::MemorySection(memories) => {
            within("memories", memories.count(), MEMORIES)?;
            for memory in memories {
                within("pages of the memory", memory?.initial, MEMORY_PAGES)?;
            }
        }
        Payload::GlobalSection(globals) => {
            within("globals", globals.count(), GLOBALS)?;
            for global in globals {
                let is_reference = matches!(global?.ty.content_type, ValType::Ref(_));
                within("globals that are no numbers", u64::from(is_reference), 0)?;
            }
        }
        Payload::ExportSection(exports) => within("exports", exports.count(), EXPORTS)?,
        Payload::ElementSection(segments) => {
            within("element segments", segments.count(), SEGMENTS)?;
        }
        Payload::DataSection(segments) => within("data segments", segments.count(), SEGMENTS)?,
        _ => {}
    }
    Ok(())
}

fn imported(group: Imports<'_>) -> Result<(), WasmError> {
    match group {
        Imports::Single(_, import) => offered(&import),
        // Written by no tool of the present; what cannot be named cannot be offered.
        _ => Ok(within("grouped imports", 1_u64, 0)?),
    }
}

fn offered(import: &Import<'_>) -> Result<(), WasmError> {
    let is_function = matches!(import.ty, TypeRef::Func(_));
    match is_function && import.module == "ao" && IMPORTS.contains(&import.name) {
        true => Ok(()),
        false => Err(WasmError::ForeignImport {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
        }),
    }
}

/// Judges one function; gives what it adds to [`TANGLE`].
fn function(body: &FunctionBody<'_>) -> Result<u64, WasmError> {
    within(
        "bytes of one function",
        body.as_bytes().len() as u64,
        BODY_BYTES,
    )?;
    let locals = locals(body)?;
    within("locals of one function", locals, LOCALS)?;
    let (mut depth, mut branches) = (0_u64, 0_u64);
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                branches += 1;
                depth += 1;
                within("blocks within blocks", depth, DEPTH)?;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::Br { .. } | Operator::BrIf { .. } => branches += 1,
            Operator::BrTable { targets } => branches += u64::from(targets.len()),
            // The engine would take them, and what they change is in no state root.
            Operator::TableSet { .. } | Operator::TableGrow { .. } | Operator::TableFill { .. } => {
                within("instructions that change a table", 1_u64, 0)?;
            }
            _ => {}
        }
    }
    Ok(branches.saturating_mul(locals + 1))
}

/// All that the function declares; each entry is a count of up to 4 billion.
fn locals(body: &FunctionBody<'_>) -> Result<u64, BinaryReaderError> {
    let mut total = 0;
    for entry in body.get_locals_reader()? {
        let (count, _type) = entry?;
        total += u64::from(count);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process_module;

    #[test]
    fn the_own_module_keeps_the_caps() {
        check(process_module::WASM).expect("the carried module");
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        for bytes in [
            &b""[..],
            b"\0asm",
            b"(module)",
            &process_module::WASM[..1_000],
        ] {
            assert!(check(bytes).is_err(), "{bytes:?}");
        }
        let large = vec![0; MODULE_BYTES as usize + 1];
        let error = check(&large).expect_err("too large");
        assert!(
            error.to_string().contains("bytes of the module: 4194305"),
            "{error}"
        );
    }
}
