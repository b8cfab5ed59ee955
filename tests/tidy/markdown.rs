//! Links and headings of a page, without what stands in code.

use std::collections::BTreeSet;

/// Each `[text](target)` with its line, outside of code.
pub(crate) fn links(page: &str) -> Vec<(usize, String)> {
    let lines = outside_fences(page);
    lines
        .flat_map(|(line, text)| targets(&text).into_iter().map(move |target| (line, target)))
        .collect()
}

/// Lines outside fenced blocks, inline code blanked.
fn outside_fences(page: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    let mut fenced = false;
    page.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then(|| (index + 1, without_code(line)))
    })
}

fn without_code(line: &str) -> String {
    line.split('`')
        .enumerate()
        .map(|(index, part)| if index % 2 == 0 { part } else { "`" })
        .collect()
}

fn targets(line: &str) -> Vec<String> {
    let starts = line.match_indices("](").map(|(at, _)| &line[at + 2..]);
    let inside = starts
        .filter_map(|rest| rest.split_once(')'))
        .map(|(inside, _)| inside);
    inside
        .filter_map(|inside| inside.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The anchors that a page offers: its headings, as the forges spell them.
pub(crate) fn anchors(page: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in page.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced && line.starts_with('#') {
            found.insert(slug(line.trim_start_matches('#')));
        }
    }
    found
}

fn slug(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| {
        if c == ' ' {
            '-'
        } else {
            c.to_ascii_lowercase()
        }
    })
    .collect()
}
