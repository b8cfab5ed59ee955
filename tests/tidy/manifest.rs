//! The dependencies that a `Cargo.toml` names, of whatever kind, with their lines.

/// Names of the crates under `[dependencies]`, `[dev-dependencies]`, `[build-dependencies]` and their `[target…]` forms.
pub(crate) fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            inside = section.ends_with("dependencies");
            found.extend(own_section(section).map(|name| (index + 1, name)));
        } else if inside && line.contains('=') {
            found.push((index + 1, entry_name(line)));
        }
    }
    found
}

/// The crate of a section of its own, such as `[dependencies.tokio]`.
fn own_section(section: &str) -> Option<String> {
    let (kind, name) = section.rsplit_once('.')?;
    kind.ends_with("dependencies")
        .then(|| name.trim_matches('"').to_owned())
}

/// The package of `name = …` or `name.workspace = true`; a renamed one counts under its real name.
fn entry_name(line: &str) -> String {
    let (left, right) = line.split_once('=').unwrap_or((line, ""));
    let renamed = right
        .split_once("package")
        .and_then(|(_, rest)| rest.split('"').nth(1));
    let name = left.trim().split('.').next().unwrap_or_default();
    renamed.unwrap_or(name).trim_matches('"').to_owned()
}
