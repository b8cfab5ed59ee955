//! Whom a process listens to that leaves it to its court: a tag `Authority: <Origin>` stands for the authority keys of all bonded
//! operators (PROTOCOL 5.17, D8). Pure: which keys count at a height, the court says ([`super::source::Authorities`]).
//!
//! The tags made here are part of the environment that the module reads, so every byte is consensus.

use std::sync::Arc;

use aosec_wire::record::ORIGIN_TAG;
use aosec_wire::{Address, Id, Tags};

/// The tag that names keys, and may name the court.
pub const TAG: &str = "Authority";

/// Keys that count at some block, in ascending order of their addresses' bytes.
pub type Keys = Arc<[Address]>;

/// The court that the tags of a spawn leave it to; none where they name all keys themselves.
#[must_use]
pub fn court_of(tags: &Tags) -> Option<Id> {
    let origin = tags.get(ORIGIN_TAG)?;
    let leans = tags.all(TAG).any(|value| value == origin);
    leans.then(|| origin.parse().ok()).flatten()
}

/// The tags as the module sees them: `keys` in place of the first tag that names `court`, and no other one that does.
#[must_use]
pub fn expanded(tags: &Tags, court: Id, keys: &[Address]) -> Tags {
    let court = court.to_string();
    let (mut seen, mut is_done) = (Tags::new(), false);
    for (name, value) in tags.iter() {
        if name != TAG || value != court {
            seen.push(name, value);
            continue;
        }
        if !is_done {
            for key in keys {
                seen.push(TAG, key.as_str());
            }
            is_done = true;
        }
    }
    seen
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn address(byte: u8) -> Address {
        Id::new([byte; 32]).to_string().parse().unwrap()
    }

    #[test]
    fn only_the_spawns_own_court_stands_for_keys() {
        let (own, other) = (Id::new([1; 32]), Id::new([2; 32]).to_string());
        let court = own.to_string();
        let tags = |pairs: &[(&str, &str)]| -> Tags { pairs.iter().copied().collect() };
        let leaning = tags(&[(TAG, "x"), (ORIGIN_TAG, &court), (TAG, &court)]);
        assert_eq!(court_of(&leaning), Some(own));
        for unmoved in [
            tags(&[(TAG, &court)]),
            tags(&[(ORIGIN_TAG, &court)]),
            tags(&[(ORIGIN_TAG, &court), (TAG, &other)]),
            tags(&[(ORIGIN_TAG, &other), (ORIGIN_TAG, &court), (TAG, &court)]),
            tags(&[(ORIGIN_TAG, &court), (TAG, &format!("{court},x"))]),
            tags(&[(ORIGIN_TAG, "no id"), (TAG, "no id")]),
        ] {
            assert_eq!(court_of(&unmoved), None, "{unmoved:?}");
        }
    }

    #[test]
    fn the_keys_stand_where_the_court_stood_once_and_the_rest_is_untouched() {
        let court = Id::new([1; 32]);
        let name = court.to_string();
        let tags: Tags = [
            (TAG, "own"),
            ("Name", "n"),
            (TAG, name.as_str()),
            ("Other", name.as_str()),
            (TAG, name.as_str()),
            (TAG, "last"),
        ]
        .into_iter()
        .collect();
        let keys = [address(3), address(4)];
        let seen = expanded(&tags, court, &keys);
        let pairs: Vec<_> = seen.iter().collect();
        let wanted = [
            (TAG, "own"),
            ("Name", "n"),
            (TAG, keys[0].as_str()),
            (TAG, keys[1].as_str()),
            ("Other", name.as_str()),
            (TAG, "last"),
        ];
        assert_eq!(pairs, wanted);
        assert_eq!(expanded(&tags, court, &[]).all(TAG).count(), 2);
    }
}
