//! Finding things, page by page.

use super::*;

fn select(story: &Story, filter: Filter, order: Order) -> Vec<Id> {
    let mut page = Page {
        after: None,
        first: 2,
        order,
    };
    let mut found = Vec::new();
    loop {
        let selection = story.chain.ledger().select(&filter, page).unwrap();
        assert!(selection.found.len() <= 2);
        found.extend(selection.found.iter().map(|(_, id)| *id));
        if !selection.more {
            return found;
        }
        page.after = selection.found.last().map(|(at, _)| *at);
    }
}

/// Two blocks and a held item; the ids in their order.
fn story() -> (Story, [Id; 6]) {
    let mut story = Story::begin();
    let a = story.bundle(&[item(1), item(2)]);
    story.submit(&a).unwrap();
    story.mine();
    let b = story.bundle(&[item(3)]);
    story.submit(&b).unwrap();
    story.mine();
    story.chain.step(Event::Hold(item(4))).unwrap();
    (
        story,
        [
            a.id(),
            item(1).id(),
            item(2).id(),
            b.id(),
            item(3).id(),
            item(4).id(),
        ],
    )
}

fn tag(values: &[&str], negated: bool) -> TagFilter {
    TagFilter {
        name: "Number".into(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        negated,
    }
}

fn check(cases: impl Fn(&[Id; 6]) -> Vec<(Filter, Vec<usize>)>) {
    let (story, all) = story();
    for (filter, expected) in cases(&all) {
        let expected: Vec<Id> = expected.into_iter().map(|at| all[at]).collect();
        assert_eq!(
            select(&story, filter.clone(), Order::Ascending),
            expected,
            "{filter:?}"
        );
        let backward: Vec<Id> = expected.into_iter().rev().collect();
        assert_eq!(select(&story, filter, Order::Descending), backward);
    }
}

#[test]
fn pages_hold_everything_once_in_both_orders() {
    let none = Filter::default;
    check(|all| {
        vec![
            (none(), vec![0, 1, 2, 3, 4, 5]),
            (
                Filter {
                    ids: Some(vec![all[4], all[0], all[4], Id::new([0; 32])]),
                    ..none()
                },
                vec![0, 4],
            ),
            (
                Filter {
                    parents: Some(vec![all[0]]),
                    ..none()
                },
                vec![1, 2],
            ),
            (
                Filter {
                    recipients: Some(vec![Id::new([2; 32]), Id::new([4; 32])]),
                    ..none()
                },
                vec![2, 5],
            ),
            (
                Filter {
                    height_min: Some(1),
                    height_max: Some(1),
                    ..none()
                },
                vec![0, 1, 2],
            ),
            (
                Filter {
                    height_min: Some(2),
                    ..none()
                },
                vec![3, 4],
            ),
            (
                Filter {
                    height_max: Some(9),
                    ..none()
                },
                vec![0, 1, 2, 3, 4],
            ),
        ]
    });
}

#[test]
fn owners_and_tags_are_intersected() {
    let none = Filter::default;
    let signer = || Some(vec![item(1).owner_address().to_string(), String::new()]);
    check(|_all| {
        vec![
            (
                Filter {
                    owners: signer(),
                    ..none()
                },
                vec![1, 2, 4, 5],
            ),
            (
                Filter {
                    owners: Some(vec![]),
                    ..none()
                },
                vec![],
            ),
            (
                Filter {
                    tags: vec![tag(&["1", "3", "4"], false)],
                    ..none()
                },
                vec![1, 4, 5],
            ),
            (
                Filter {
                    tags: vec![tag(&["1", "3"], false), tag(&["3"], false)],
                    ..none()
                },
                vec![4],
            ),
            (
                Filter {
                    owners: signer(),
                    tags: vec![tag(&["1", "3"], true)],
                    ..none()
                },
                vec![2, 5],
            ),
        ]
    });
}
