//! Tags: the ordered name–value pairs of an item, and their Avro text.
//!
//! 1. The signature covers the Avro *bytes*, so an item keeps them as they came; this module decodes a copy and never
//!    encodes again in order to verify.
//! 2. The canonical form is one block of all tags, then the end mark; no tags are no bytes at all. Only this form is
//!    written, and only this form passes [`Strictness::Entrance`].
//! 3. Order and repetition are kept; [`Tags::get`] answers with the first of a name.

mod avro;

use crate::error::TagsError;
use crate::item::Strictness;
use crate::limits::{TAG_NAME_BYTES_MAX, TAG_VALUE_BYTES_MAX, TAGS_BYTES_MAX, TAGS_MAX};

/// The tags of an item, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// No tags.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same tags and one more at the end.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.push(name, value);
        self
    }

    /// Puts a tag at the end. Limits are checked when an item is made of the tags.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The value of the first tag with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// The values of all tags with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// All names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Number of tags.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no tags.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The canonical Avro text.
    pub fn encode(&self) -> Vec<u8> {
        avro::encode(self)
    }

    /// The tags that `raw` holds, if they are `count` many and within the limits of `strictness`.
    pub fn decode(raw: &[u8], count: usize, strictness: Strictness) -> Result<Self, TagsError> {
        if raw.len() > TAGS_BYTES_MAX {
            return Err(TagsError::Length);
        }
        let tags = avro::decode(raw, strictness)?;
        if tags.len() != count {
            return Err(TagsError::Count {
                declared: count,
                found: tags.len(),
            });
        }
        Ok(tags)
    }

    /// Whether an item may carry these tags.
    pub fn check(&self, strictness: Strictness) -> Result<(), TagsError> {
        if self.len() > TAGS_MAX {
            return Err(TagsError::TooMany(self.len()));
        }
        self.iter()
            .try_for_each(|(name, value)| check_tag(name, value, strictness))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(tags: I) -> Self {
        Self(
            tags.into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

fn check_tag(name: &str, value: &str, strictness: Strictness) -> Result<(), TagsError> {
    match (name.len(), value.len(), strictness) {
        (0, _, _) => Err(TagsError::EmptyName),
        (long, _, _) if long > TAG_NAME_BYTES_MAX => Err(TagsError::NameTooLong(long)),
        (_, _, Strictness::Settled) => Ok(()),
        (_, 0, Strictness::Entrance) => Err(TagsError::EmptyValue),
        (_, long, Strictness::Entrance) if long > TAG_VALUE_BYTES_MAX => {
            Err(TagsError::ValueTooLong(long))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tag_of_a_name_wins() {
        let tags = Tags::new().with("a", "1").with("b", "2").with("a", "3");
        assert_eq!((tags.get("a"), tags.get("c")), (Some("1"), None));
        assert_eq!(tags.all("a").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(tags.len(), 3);
    }

    #[test]
    fn the_declared_count_must_be_the_true_one() {
        let raw = Tags::new().with("a", "1").encode();
        for declared in [0, 2, 129] {
            let wrong = TagsError::Count { declared, found: 1 };
            assert_eq!(
                Tags::decode(&raw, declared, Strictness::Settled),
                Err(wrong)
            );
        }
        let longer = vec![0; TAGS_BYTES_MAX + 1];
        assert_eq!(
            Tags::decode(&longer, 0, Strictness::Settled),
            Err(TagsError::Length)
        );
    }
}
