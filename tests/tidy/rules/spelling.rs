//! The page of the court's messages names every action and every code of the contract, and no other: whoever builds another court, or a
//! client, reads the page.

use std::collections::BTreeSet;

use crate::tree::{Tree, Violation};

const PAGE: &str = "contracts-lua/origin/README.md";
const FOLDER: &str = "contracts-lua/origin/";
const DISPATCH: &str = "contracts-lua/origin/dispatch.lua";
/// Walks over everything in tests, and is not in the contract's text.
const NOT_CONTRACT: &str = "contracts-lua/origin/check.lua";
/// Codes that the deriver gives and the contract passes on (2.5).
const OF_THE_DERIVER: [&str; 1] = ["2.5 child"];

/// Codes and actions of page and contract are the same.
pub(crate) fn contract(tree: &Tree) -> Vec<Violation> {
    let (page, dispatch) = (tree.text(PAGE), tree.text(DISPATCH));
    let (Some(page), Some(dispatch)) = (page, dispatch) else {
        return vec![untold(PAGE, "it and `dispatch.lua` are to be there")];
    };
    let files = tree.with_ending(".lua");
    let files = files.filter(|(path, _)| path.starts_with(FOLDER) && *path != NOT_CONTRACT);
    let mut codes: BTreeSet<String> = files.flat_map(|(_, text)| codes(text, '"')).collect();
    codes.extend(OF_THE_DERIVER.map(str::to_owned));
    let told = self::codes(page, '`').collect();
    let rows = page.lines().filter_map(action_of_row).collect();
    let mut found = apart("code", &codes, &told);
    found.extend(apart("action", &actions(dispatch), &rows));
    found
}

fn apart(what: &str, here: &BTreeSet<String>, told: &BTreeSet<String>) -> Vec<Violation> {
    let missing = here.difference(told);
    let missing = missing.map(|name| untold(PAGE, &format!("{what} `{name}` has no word")));
    let stale = told.difference(here);
    let stale = stale.map(|name| untold(PAGE, &format!("{what} `{name}` is not in the contract")));
    missing.chain(stale).collect()
}

fn untold(path: &str, fault: &str) -> Violation {
    Violation::new(path, 1, "the court's message table", fault.to_owned())
}

/// Texts such as `6.2 items` between these marks.
fn codes(text: &str, mark: char) -> impl Iterator<Item = String> {
    let quoted = text
        .lines()
        .flat_map(move |line| line.split(mark).skip(1).step_by(2));
    quoted.filter(|text| is_code(text)).map(str::to_owned)
}

fn is_code(text: &str) -> bool {
    let Some((rule, word)) = text.split_once(' ') else {
        return false;
    };
    let mut numbers = rule.split('.');
    let is_rule = numbers.clone().count() <= 2
        && numbers.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    is_rule
        && word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(is_word)
}

/// The keys of the table `ACTIONS`.
fn actions(dispatch: &str) -> BTreeSet<String> {
    let table = dispatch.split("local ACTIONS = {").nth(1);
    let table = table.and_then(|rest| rest.split("\n}").next());
    let entries = table.unwrap_or_default().split(',');
    let keys = entries.filter_map(|entry| entry.split_once('=').map(|(key, _)| key));
    let plain = |key: &str| key.trim().trim_matches(['[', ']', '"']).to_owned();
    keys.map(plain).collect()
}

/// The action of a row of the table of messages, which has six cells.
fn action_of_row(line: &str) -> Option<String> {
    let name = line.strip_prefix("| `")?.split('`').next()?;
    (line.matches('|').count() == 7).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_actions_are_found() {
        let lua = r#"return nil, "6.2 items" or "3 x" .. "Not a code" .. "7.1.2 no""#;
        assert_eq!(codes(lua, '"').collect::<Vec<_>>(), ["6.2 items", "3 x"]);
        let table = "local ACTIONS = {\n  Info = a.b, [\"Answer-Data\"] = c.d,\n}";
        let found: Vec<_> = actions(table).into_iter().collect();
        assert_eq!(found, ["Answer-Data", "Info"]);
        let (here, told) = (["a".to_owned()].into(), ["b".to_owned()].into());
        assert_eq!(apart("code", &here, &told).len(), 2);
    }
}
