//! What a module may be made of: two imports at most, and no state that its exports do not show.
//!
//! What the engine's features already forbid (threads, vectors, changing tables) is not asked
//! again here.

use std::collections::BTreeMap;

use wasmparser::{ExternalKind, Parser, Payload};
use wasmtime::{ExternType, FuncType, ValType};

use crate::error::WasmError;

/// Refuses by name what is not in the closed list of imports.
pub(crate) fn check_imports(module: &wasmtime::Module) -> Result<(), WasmError> {
    for import in module.imports() {
        if !is_offered(import.module(), import.name(), &import.ty()) {
            return Err(WasmError::ForeignImport {
                module: import.module().to_owned(),
                name: import.name().to_owned(),
            });
        }
    }
    Ok(())
}

fn is_offered(module: &str, name: &str, ty: &ExternType) -> bool {
    let ExternType::Func(func) = ty else {
        return false;
    };
    match (module, name) {
        ("ao", "try") => has_params(func, 3),
        ("ao", "throw") => has_params(func, 0),
        _ => false,
    }
}

fn has_params(func: &FuncType, count: usize) -> bool {
    func.results().len() == 0
        && func.params().len() == count
        && func.params().all(|param| matches!(param, ValType::I32))
}

/// Export names of all mutable globals, sorted; one that has no name is refused.
pub(crate) fn mutable_globals(wasm: &[u8]) -> Result<Vec<String>, WasmError> {
    let mut mutable = Vec::new();
    let mut exported = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::GlobalSection(section) => {
                for (index, global) in (0u32..).zip(section) {
                    if global?.ty.mutable {
                        mutable.push(index);
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Global {
                        exported.insert(export.index, export.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    let mut names = mutable
        .into_iter()
        .map(|index| {
            exported
                .remove(&index)
                .ok_or(WasmError::HiddenGlobal { index })
        })
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}
