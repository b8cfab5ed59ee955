//! Pure: finding things in the ledger by filters, page by page, without walking what does not match.
//!
//! Each filter is a union of sorted postings; all filters are intersected by leaping: the one that stands furthest says where the
//! others go on. Cost is bounded by [`STEPS_MAX`], and a question over it is refused rather than answered in part.

use std::ops::Bound;

use aosec_wire::Id;
use thiserror::Error;

use super::ledger::{Content, Entry, Key, Ledger, Position, Trait};

/// Leaps of one question: some 100 ms.
const STEPS_MAX: usize = 100_000;

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    Ascending,
    /// The newest first, what is not mined before everything.
    Descending,
}

/// A tag that must or must not be there.
#[derive(Clone, Debug)]
pub struct TagFilter {
    /// The tag's name.
    pub name: String,
    /// One of these values.
    pub values: Vec<String>,
    /// True where none of the values may stand.
    pub negated: bool,
}

/// What is asked for. Absent filters take everything, empty lists take nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One of these ids.
    pub ids: Option<Vec<Id>>,
    /// Signed by one of these addresses.
    pub owners: Option<Vec<String>>,
    /// Sent to one of these ids.
    pub recipients: Option<Vec<Id>>,
    /// Directly inside one of these.
    pub parents: Option<Vec<Id>>,
    /// Lowest height; what is not mined is left out then.
    pub height_min: Option<u64>,
    /// Highest height; what is not mined is left out then.
    pub height_max: Option<u64>,
    /// All of these.
    pub tags: Vec<TagFilter>,
}

/// Which part of the answer.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Goes on behind this position.
    pub after: Option<Position>,
    /// Most things in the answer.
    pub first: usize,
    /// Which end comes first.
    pub order: Order,
}

/// A page of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// What was found, in order.
    pub found: Vec<(Position, Id)>,
    /// True if more follows.
    pub more: bool,
}

/// The filters match too little of what they make us look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the question takes more than {STEPS_MAX} steps: narrow it by owner, tag or height")]
pub struct TooCostly;

impl Ledger {
    /// The things that pass `filter`.
    ///
    /// # Errors
    /// [`TooCostly`] when the bound on steps is reached.
    pub fn select(&self, filter: &Filter, page: Page) -> Result<Selection, TooCostly> {
        let sources = self.sources(filter);
        let (low, high) = span(filter);
        let mut at = start(page, low, high);
        let mut selection = Selection {
            found: Vec::new(),
            more: false,
        };
        for _step in 0..STEPS_MAX {
            let Some(candidate) = at.and_then(|at| self.agree(&sources, at, page.order)) else {
                return Ok(selection);
            };
            if candidate.position < low || candidate.position > high {
                return Ok(selection);
            }
            if candidate.agreed && self.passes(candidate.position, filter) {
                if selection.found.len() == page.first {
                    selection.more = true;
                    return Ok(selection);
                }
                selection.found.extend(
                    self.order()
                        .get(&candidate.position)
                        .map(|id| (candidate.position, *id)),
                );
            }
            at = if candidate.agreed {
                beyond(candidate.position, page.order)
            } else {
                Some(candidate.position)
            };
        }
        Err(TooCostly)
    }

    /// One leap: every source goes on from `at`; agreed if none had to move.
    fn agree(&self, sources: &[Source], at: Position, order: Order) -> Option<Candidate> {
        let mut furthest = at;
        for source in sources {
            furthest = self.seek(source, furthest, order)?;
        }
        Some(Candidate {
            position: furthest,
            agreed: furthest == at,
        })
    }

    /// The first position of `source` at or behind `from`.
    fn seek(&self, source: &Source, from: Position, order: Order) -> Option<Position> {
        match (source, order) {
            (Source::All, Order::Ascending) => self.order().range(from..).next().map(|(at, _)| *at),
            (Source::All, Order::Descending) => {
                self.order().range(..=from).next_back().map(|(at, _)| *at)
            }
            (Source::Fixed(sorted), Order::Ascending) => {
                sorted.get(sorted.partition_point(|at| *at < from)).copied()
            }
            (Source::Fixed(sorted), Order::Descending) => sorted
                .partition_point(|at| *at <= from)
                .checked_sub(1)
                .map(|last| sorted[last]),
            (Source::Any(keys), Order::Ascending) => keys
                .iter()
                .filter_map(|key| self.posting_from(*key, from))
                .min(),
            (Source::Any(keys), Order::Descending) => keys
                .iter()
                .filter_map(|key| self.posting_to(*key, from))
                .max(),
        }
    }

    fn posting_from(&self, key: Key, from: Position) -> Option<Position> {
        self.postings()
            .range((key, from)..=(key, Position::LAST))
            .next()
            .map(|(_, at)| *at)
    }

    fn posting_to(&self, key: Key, to: Position) -> Option<Position> {
        let range = (
            Bound::Included((key, Position::FIRST)),
            Bound::Included((key, to)),
        );
        self.postings().range(range).next_back().map(|(_, at)| *at)
    }

    /// One source a filter; at least one in all.
    fn sources(&self, filter: &Filter) -> Vec<Source> {
        let owners = filter
            .owners
            .iter()
            .map(|owners| any(owners.iter().map(|owner| Trait::Owner(owner))));
        let recipients = filter
            .recipients
            .iter()
            .map(|ids| any(ids.iter().map(|id| Trait::Recipient(*id))));
        let parents = filter
            .parents
            .iter()
            .map(|ids| any(ids.iter().map(|id| Trait::Parent(*id))));
        let wanted = filter.tags.iter().filter(|tag| !tag.negated);
        let tags =
            wanted.map(|tag| any(tag.values.iter().map(|value| Trait::Tag(&tag.name, value))));
        let ids = filter.ids.iter().map(|ids| self.fixed(ids));
        let mut sources: Vec<Source> = ids
            .chain(owners)
            .chain(recipients)
            .chain(parents)
            .chain(tags)
            .collect();
        if sources.is_empty() {
            sources.push(Source::All);
        }
        sources
    }

    fn fixed(&self, ids: &[Id]) -> Source {
        let mut positions: Vec<Position> = ids
            .iter()
            .filter_map(|id| Some(self.get(*id)?.position))
            .collect();
        positions.sort_unstable();
        positions.dedup();
        Source::Fixed(positions)
    }

    fn passes(&self, position: Position, filter: &Filter) -> bool {
        let entry = self.order().get(&position).and_then(|id| self.get(*id));
        entry.is_some_and(|entry| passes(entry, filter))
    }
}

struct Candidate {
    position: Position,
    agreed: bool,
}

/// Where one filter's things stand.
enum Source {
    All,
    /// Sorted positions.
    Fixed(Vec<Position>),
    /// The postings of any of these keys.
    Any(Vec<Key>),
}

fn any<'a>(traits: impl Iterator<Item = Trait<'a>>) -> Source {
    Source::Any(traits.map(|found| found.key()).collect())
}

/// The lowest and highest position that the heights allow.
fn span(filter: &Filter) -> (Position, Position) {
    let (min, max) = (filter.height_min, filter.height_max);
    let low = min.map_or(Position::FIRST, |height| Position::new(height, 0, 0));
    if min.is_none() && max.is_none() {
        return (low, Position::LAST);
    }
    let height = max.unwrap_or(u64::MAX).min(u64::MAX - 1);
    (low, Position::new(height, u32::MAX, u32::MAX))
}

fn start(page: Page, low: Position, high: Position) -> Option<Position> {
    let from = page.after.map(|after| beyond(after, page.order));
    match (from, page.order) {
        (Some(None), _) => None,
        (Some(Some(from)), Order::Ascending) => Some(from.max(low)),
        (Some(Some(from)), Order::Descending) => Some(from.min(high)),
        (None, Order::Ascending) => Some(low),
        (None, Order::Descending) => Some(high),
    }
}

fn beyond(position: Position, order: Order) -> Option<Position> {
    match order {
        Order::Ascending => position.after(),
        Order::Descending => position.before(),
    }
}

/// The exact rule; the sources only narrow what it is asked about.
fn passes(entry: &Entry, filter: &Filter) -> bool {
    let content = &entry.content;
    let within = |list: &Option<Vec<Id>>, id: Option<Id>| {
        list.as_ref()
            .is_none_or(|list| id.is_some_and(|id| list.contains(&id)))
    };
    let owner = content.owner_address();
    within(&filter.ids, Some(content.id()))
        && within(&filter.recipients, content.target())
        && within(&filter.parents, entry.parent)
        && filter
            .owners
            .as_ref()
            .is_none_or(|owners| owners.iter().any(|wanted| wanted == owner))
        && filter
            .tags
            .iter()
            .all(|tag| has(content, tag) != tag.negated)
}

fn has(content: &Content, filter: &TagFilter) -> bool {
    content.tags().into_iter().any(|(name, value)| {
        name == filter.name && filter.values.iter().any(|wanted| wanted == value)
    })
}
