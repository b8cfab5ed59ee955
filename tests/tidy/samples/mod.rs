//! The rules judged: small bad trees that must be found untidy, at the right place, and good ones that must not.

mod pure;
mod roads;
mod texts;

use crate::rules::Rule;
use crate::tree::Tree;

/// A bad tree: the rule, its files, and where the one violation is.
struct Bad {
    rule: Rule,
    files: &'static [(&'static str, &'static str)],
    at: (&'static str, usize),
}

const fn bad(
    rule: Rule,
    files: &'static [(&'static str, &'static str)],
    at: (&'static str, usize),
) -> Bad {
    Bad { rule, files, at }
}

fn must_fail(samples: &[Bad]) {
    for Bad { rule, files, at } in samples {
        let found = rule(&Tree::of(files));
        let places: Vec<(&str, usize)> = found.iter().map(|v| (v.file.as_str(), v.line)).collect();
        assert_eq!(places, [*at], "of {files:?}");
    }
}

fn must_pass(rule: Rule, trees: &[&[(&str, &str)]]) {
    for files in trees {
        assert_eq!(rule(&Tree::of(files)), [], "of {files:?}");
    }
}

#[test]
fn a_violation_names_file_line_rule_and_advice() {
    let found = crate::rules::shape::front_pages(&Tree::of(&[("node/src/a.rs", "use b;\n")]));
    let said = crate::report(&found);
    assert!(
        said.contains("node/src/a.rs:1 [front page] open the file with"),
        "{said}"
    );
}
