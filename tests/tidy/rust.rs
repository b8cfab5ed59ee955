//! Just enough of Rust's lexical shape to judge sources: code without comments, strings and unit tests; words, paths, functions.
//!
//! It is no parser. It knows how comments, strings, characters and braces look, and that suffices for the rules of this house.

use crate::tree::Tree;

/// The code of a file with comments and the insides of strings and characters turned to spaces; lines stay where they were.
pub(crate) fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut masked = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = span(&chars, at);
        if end == at {
            masked.push(chars[at]);
            at += 1;
        } else {
            masked.extend(chars[at..end].iter().map(|c| blank(*c)));
            at = end;
        }
    }
    masked
}

fn blank(c: char) -> char {
    if c == '\n' { '\n' } else { ' ' }
}

/// Where the comment, string or character that begins here ends; `at` itself if none begins here.
fn span(chars: &[char], at: usize) -> usize {
    let word_before = at > 0 && is_word(chars[at - 1]);
    match (chars[at], chars.get(at + 1)) {
        ('/', Some('/')) => position(chars, at, |i| chars[i] == '\n'),
        ('/', Some('*')) => block_comment(chars, at),
        ('"', _) => string(chars, at + 1),
        ('\'', _) => character(chars, at),
        ('r', Some('"' | '#')) if !word_before => raw_string(chars, at),
        ('b', Some('r')) if !word_before => Some(raw_string(chars, at + 1))
            .filter(|end| *end > at + 1)
            .unwrap_or(at),
        _ => at,
    }
}

fn position(chars: &[char], from: usize, stop: impl Fn(usize) -> bool) -> usize {
    (from..chars.len())
        .find(|i| stop(*i))
        .unwrap_or(chars.len())
}

fn block_comment(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) if depth == 1 => return i + 2,
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    chars.len()
}

fn string(chars: &[char], from: usize) -> usize {
    let mut i = from;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// A character literal; a lifetime is left as code.
fn character(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), Some(_)) => position(chars, at + 3, |i| chars[i] == '\'') + 1,
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
    .min(chars.len())
}

/// A raw string; `at` itself where a raw identifier begins.
fn raw_string(chars: &[char], at: usize) -> usize {
    let quote = position(chars, at + 1, |i| chars[i] != '#');
    if chars.get(quote) != Some(&'"') {
        return at;
    }
    let hashes = quote - at - 1;
    let closes = |i: usize| {
        chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    (position(chars, quote + 1, closes) + 1 + hashes).min(chars.len())
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The masked code of a file without its unit tests; empty for a file that is a unit test as a whole.
pub(crate) fn shipped(tree: &Tree, path: &str, source: &str) -> String {
    if is_test_file(tree, path) {
        String::new()
    } else {
        without_tests(&code(source))
    }
}

const TEST_MARK: &str = "#[cfg(test)]";

fn without_tests(code: &str) -> String {
    let mut kept = code.to_owned();
    while let Some(start) = kept.find(TEST_MARK) {
        let end = item_end(&kept, start + TEST_MARK.len());
        let hole: String = kept[start..end].chars().map(blank).collect();
        kept.replace_range(start..end, &hole);
    }
    kept
}

/// The byte after the item that begins at `from`: its closing brace, or its semicolon.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, c) in code[from..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' if depth <= 1 => return from + offset + 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return from + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// Whether the file is declared as `#[cfg(test)] mod name;` by the module that owns it.
fn is_test_file(tree: &Tree, path: &str) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else {
        return false;
    };
    let name = file.trim_end_matches(".rs");
    let inside_of_test = folder
        .rsplit_once('/')
        .is_some_and(|(above, name)| declares_test(tree, above, name));
    inside_of_test || declares_test(tree, folder, name)
}

fn declares_test(tree: &Tree, folder: &str, name: &str) -> bool {
    let owners = ["mod.rs", "lib.rs", "main.rs"].map(|owner| format!("{folder}/{owner}"));
    owners
        .iter()
        .chain([&format!("{folder}.rs")])
        .filter_map(|owner| tree.text(owner))
        .any(|text| {
            let declaration = format!("mod {name};");
            let marked = code(text);
            marked
                .split(TEST_MARK)
                .skip(1)
                .any(|rest| without_visibility(rest.trim_start()).starts_with(&declaration))
        })
}

fn without_visibility(item: &str) -> &str {
    let visible = ["pub(crate) ", "pub(super) ", "pub "];
    visible
        .iter()
        .find_map(|visibility| item.strip_prefix(visibility))
        .unwrap_or(item)
}

/// Lines (from 1) on which `word` stands as a whole word or path, such as `HashMap` or `Instant::now`.
pub(crate) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let numbered = code.lines().enumerate();
    numbered
        .filter(|(_, line)| has_word(line, word))
        .map(|(index, _)| index + 1)
        .collect()
}

pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// The first segments below `root`, with their lines: `root::a`, and each branch of `root::{a, b::c}`.
pub(crate) fn segments_below(code: &str, root: &str) -> Vec<(usize, String)> {
    let opening = format!("{root}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&opening) {
        if code[..at]
            .chars()
            .next_back()
            .is_some_and(|c| is_word(c) || c == ':')
        {
            continue;
        }
        let rest = &code[at + opening.len()..];
        let line = 1 + code[..at].matches('\n').count();
        found.extend(branches(rest).into_iter().map(|segment| (line, segment)));
    }
    found
}

fn branches(rest: &str) -> Vec<String> {
    let word = |text: &str| {
        text.trim()
            .chars()
            .take_while(|c| is_word(*c))
            .collect::<String>()
    };
    let Some(list) = rest.trim_start().strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut found, mut begin) = (0_usize, Vec::new(), 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                found.push(word(&list[begin..at]));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    found
}

/// Statements as (line of their end, text): what stands between semicolons and braces.
pub(crate) fn statements(code: &str) -> Vec<(usize, String)> {
    let mut line = 1;
    let mut found = Vec::new();
    for piece in code.split_inclusive([';', '{', '}']) {
        line += piece.matches('\n').count();
        found.push((line, piece.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    found
}

/// Each function with a body: line, name, and lines of code in the body.
pub(crate) fn functions(code: &str) -> Vec<(usize, String, usize)> {
    code.match_indices("fn ")
        .filter_map(|(at, _)| function_at(code, at))
        .collect()
}

fn function_at(code: &str, at: usize) -> Option<(usize, String, usize)> {
    if code[..at].chars().next_back().is_some_and(is_word) {
        return None;
    }
    let name: String = code[at + 3..].chars().take_while(|c| is_word(*c)).collect();
    let open = at + body_offset(&code[at..])?;
    let close = item_end(code, open);
    let body = code
        .get(open + 1..close.saturating_sub(1))
        .unwrap_or_default();
    let length = body.lines().filter(|line| !line.trim().is_empty()).count();
    Some((1 + code[..at].matches('\n').count(), name, length))
        .filter(|(_, name, _)| !name.is_empty())
}

/// Where the body's brace stands; `None` for a declaration that ends with a semicolon.
fn body_offset(signature: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, c) in signature.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(offset),
            _ => {}
        }
    }
    None
}
