//! A2 and A3: one road to a signature, and the staircase mu → cu → su → store.

use crate::rust;
use crate::tree::{Tree, Violation};

const NODE: &str = "node/src/";
const SU: &str = "node/src/su/";
const GUARD: &str = "node/src/su/guard";

/// Each unit, and the units that it may not know.
const ABOVE: [(&str, &[&str]); 2] = [(SU, &["cu", "mu"]), ("node/src/cu/", &["mu"])];

/// What a devnet's node signs when it is told to break the law. It takes no key from anybody: it makes the devnet's published ones.
const ROGUE: &str = "node/src/chaos/signer.rs";
/// Words by which a key could come in there.
const KEYS: [&str; 2] = ["SigningKey", "NodeKeys"];

/// Whom the SU's other files may ask to sign: the guard, or their own method that asks it.
const ASKED: [&str; 2] = ["guard", "self"];

/// Inside the SU only the guard signs; outside, nobody signs with the scheduler key.
pub(crate) fn guard_alone_signs(tree: &Tree) -> Vec<Violation> {
    let others = tree
        .with_ending(".rs")
        .filter(|(path, _)| path.starts_with(NODE) && !path.starts_with(GUARD) && *path != ROGUE);
    let mut found: Vec<Violation> = others
        .flat_map(|(path, text)| signatures(path, &rust::shipped(tree, path, text)))
        .collect();
    let rogue = tree.with_ending(".rs").filter(|(path, _)| *path == ROGUE);
    found.extend(rogue.flat_map(|(path, text)| taken(path, &rust::shipped(tree, path, text))));
    found
}

/// Where the rogue could be handed a real key.
fn taken(path: &str, code: &str) -> Vec<Violation> {
    let advice = "the rogue signer takes no key: it makes keys::devnet's own, so that no real key ever signs there";
    let lines = KEYS.iter().flat_map(|word| rust::lines_with(code, word));
    lines
        .map(|line| Violation::new(path, line, "A2 guard", advice))
        .collect()
}

fn signatures(path: &str, code: &str) -> Vec<Violation> {
    let forbidden = |text: &str| match path.starts_with(SU) {
        true => signers(text).any(|signer| !ASKED.contains(&signer)),
        false => signers(text).next().is_some() && names_the_key(text),
    };
    let advice = "only su::guard signs with the scheduler key: hand the draft to the guard";
    rust::statements(code)
        .into_iter()
        .filter(|(_, text)| forbidden(text))
        .map(|(line, _)| Violation::new(path, line, "A2 guard", advice))
        .collect()
}

/// What stands before `.sign(` or `::sign(`, as its last word.
fn signers(text: &str) -> impl Iterator<Item = &str> {
    let calls = text
        .match_indices("sign(")
        .map(|(at, _)| text[..at].trim_end());
    let receivers = calls.filter_map(|before| before.strip_suffix(['.', ':']));
    receivers.map(|before| {
        before
            .trim_end_matches([':', ' '])
            .rsplit(|c| !rust::is_word(c))
            .next()
            .unwrap_or_default()
    })
}

fn names_the_key(text: &str) -> bool {
    ["scheduler", "scheduler_key", "hot_key"]
        .iter()
        .any(|word| rust::has_word(text, word))
}

/// No unit names one above it.
pub(crate) fn imports(tree: &Tree) -> Vec<Violation> {
    let sources = tree.with_ending(".rs");
    sources
        .flat_map(|(path, text)| climbed(path, &rust::code(text)))
        .collect()
}

fn climbed(path: &str, code: &str) -> Vec<Violation> {
    let Some((_, above)) = ABOVE.iter().find(|(unit, _)| path.starts_with(unit)) else {
        return Vec::new();
    };
    let roots = ["crate", "super", "aosec_node"];
    let named = roots
        .iter()
        .flat_map(|root| rust::segments_below(code, root));
    let inner = rust::segments_below(code, "super::super").into_iter();
    named.chain(inner).filter(|(_, segment)| above.contains(&segment.as_str())).map(|(line, segment)| {
        let advice = format!("names `{segment}`, which stands above it: the staircase is mu → cu → su → store; take what you need as an argument");
        Violation::new(path, line, "A3 staircase", advice)
    })
    .collect()
}
