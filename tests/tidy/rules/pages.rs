//! Links between pages lead to a file, and to a heading where they name one.

use crate::markdown;
use crate::tree::{Tree, Violation};

/// Every relative link of every page resolves.
pub(crate) fn links(tree: &Tree) -> Vec<Violation> {
    let pages = tree.with_ending(".md");
    pages
        .flat_map(|(path, page)| broken(tree, path, page))
        .collect()
}

fn broken(tree: &Tree, path: &str, page: &str) -> Vec<Violation> {
    let links = markdown::links(page)
        .into_iter()
        .filter(|(_, target)| !target.contains(':'));
    links
        .filter_map(|(line, target)| {
            let fault = fault(tree, path, &target)?;
            Some(Violation::new(
                path,
                line,
                "links",
                format!("`{target}`: {fault}"),
            ))
        })
        .collect()
}

fn fault(tree: &Tree, page: &str, target: &str) -> Option<&'static str> {
    let (file, anchor) = target
        .split_once('#')
        .map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let file = if file.is_empty() {
        page.to_owned()
    } else {
        resolved(page, file)
    };
    if !tree.stands(&file) && !file.is_empty() {
        return Some("no such file: mend the link, or write the page");
    }
    let there = anchor.is_none_or(|anchor| offers(tree, &file, anchor));
    (!there).then_some("no such heading there: mend the anchor")
}

fn offers(tree: &Tree, file: &str, anchor: &str) -> bool {
    tree.text(file)
        .is_some_and(|text| markdown::anchors(text).contains(anchor))
}

/// The target as a path from the root of the project.
fn resolved(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}
