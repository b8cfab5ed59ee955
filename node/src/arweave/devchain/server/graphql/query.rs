//! The questions, and how their filters become those of the ledger.

use async_graphql::{Context, Enum, Error, ID, InputObject, Object};

use super::blocks::{BlockConnection, BlockNode, blocks};
use super::nodes::{Node, TransactionConnection};
use super::{LIST_MAX, PAGE_DEFAULT, PAGE_MAX, SEARCH_COST, TAG_FILTERS_MAX, View};
use crate::arweave::devchain::chain::{Filter, Order, Page, Position, TagFilter as LedgerTag};

/// The root of the schema.
pub(in super::super) struct Query;

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub(super) enum SortOrder {
    /// The oldest first.
    HeightAsc,
    /// The newest first.
    #[default]
    HeightDesc,
}

impl From<SortOrder> for Order {
    fn from(sort: SortOrder) -> Self {
        match sort {
            SortOrder::HeightAsc => Self::Ascending,
            SortOrder::HeightDesc => Self::Descending,
        }
    }
}

/// Whether a tag must or must not be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
enum TagOperator {
    /// One of the values stands.
    #[default]
    Eq,
    /// None of the values stands.
    Neq,
}

/// A tag to look for.
#[derive(Clone, Debug, InputObject)]
struct TagFilter {
    /// The name of the tag.
    name: String,
    /// Its values.
    values: Vec<String>,
    /// Whether it must or must not be there.
    op: Option<TagOperator>,
}

/// Heights, both ends counted.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub(super) struct BlockFilter {
    /// The lowest.
    pub(super) min: Option<u64>,
    /// The highest.
    pub(super) max: Option<u64>,
}

#[Object]
impl Query {
    /// The transaction or item with this id.
    async fn transaction(&self, context: &Context<'_>, id: ID) -> Result<Option<Node>, Error> {
        let view = context.data::<View>()?;
        Ok(id.parse().ok().and_then(|id| Node::of(view, id)))
    }

    /// Transactions and items that pass all filters.
    #[graphql(complexity = "SEARCH_COST + child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments are those of real gateways"
    )]
    async fn transactions(
        &self,
        context: &Context<'_>,
        ids: Option<Vec<ID>>,
        owners: Option<Vec<String>>,
        recipients: Option<Vec<String>>,
        tags: Option<Vec<TagFilter>>,
        #[graphql(name = "bundledIn")] bundled_in: Option<Vec<ID>>,
        block: Option<BlockFilter>,
        first: Option<i64>,
        after: Option<String>,
        sort: Option<SortOrder>,
    ) -> Result<TransactionConnection, Error> {
        let view = context.data::<View>()?;
        let heights = block.unwrap_or_default();
        let filter = Filter {
            ids: read_ids(ids)?,
            owners: bounded(owners)?,
            recipients: read_ids(recipients.map(|list| list.into_iter().map(ID).collect()))?,
            parents: read_ids(bundled_in)?,
            height_min: heights.min,
            height_max: heights.max,
            tags: read_tags(tags.unwrap_or_default())?,
        };
        let page = Page {
            after: read_cursor(after.as_deref())?,
            first: page_size(first)?,
            order: sort.unwrap_or_default().into(),
        };
        TransactionConnection::select(view, &filter, page)
    }

    /// The block with this id, or at this height.
    async fn block(
        &self,
        context: &Context<'_>,
        id: Option<String>,
        height: Option<u64>,
    ) -> Result<Option<BlockNode>, Error> {
        let view = context.data::<View>()?;
        let found = match (id, height) {
            (Some(id), None) => id.parse().ok().and_then(|id| view.0.block_with_id(&id)),
            (None, Some(height)) => view.0.block(height),
            _ => return Err(Error::new("name the block by its id or its height")),
        };
        Ok(found.map(BlockNode::of))
    }

    /// Blocks by id or height.
    #[graphql(complexity = "SEARCH_COST + child_complexity")]
    async fn blocks(
        &self,
        context: &Context<'_>,
        ids: Option<Vec<ID>>,
        height: Option<BlockFilter>,
        first: Option<i64>,
        after: Option<String>,
        sort: Option<SortOrder>,
    ) -> Result<BlockConnection, Error> {
        let view = context.data::<View>()?;
        let after = after
            .filter(|text| !text.is_empty())
            .map(|text| text.parse::<u64>())
            .transpose();
        let after = after.map_err(|_bad| Error::new("`after` is no cursor of blocks"))?;
        let ids = bounded(ids)?;
        Ok(blocks(
            view,
            ids.as_deref(),
            height.unwrap_or_default(),
            page_size(first)?,
            after,
            sort.unwrap_or_default().into(),
        ))
    }
}

/// Ids as texts; what is no id names nothing.
fn read_ids(list: Option<Vec<ID>>) -> Result<Option<Vec<aosec_wire::Id>>, Error> {
    let list = bounded(list)?;
    Ok(list.map(|list| list.iter().filter_map(|id| id.parse().ok()).collect()))
}

fn bounded<T>(list: Option<Vec<T>>) -> Result<Option<Vec<T>>, Error> {
    match list {
        Some(list) if list.len() > LIST_MAX => Err(Error::new(format!(
            "a list takes at most {LIST_MAX} entries"
        ))),
        list => Ok(list),
    }
}

fn read_tags(tags: Vec<TagFilter>) -> Result<Vec<LedgerTag>, Error> {
    if tags.len() > TAG_FILTERS_MAX {
        return Err(Error::new(format!(
            "at most {TAG_FILTERS_MAX} tag filters are possible"
        )));
    }
    let read = |tag: TagFilter| {
        let values = bounded(Some(tag.values))?.unwrap_or_default();
        Ok(LedgerTag {
            name: tag.name,
            values,
            negated: tag.op == Some(TagOperator::Neq),
        })
    };
    tags.into_iter().map(read).collect()
}

fn page_size(first: Option<i64>) -> Result<usize, Error> {
    let Some(first) = first else {
        return Ok(PAGE_DEFAULT);
    };
    let size = usize::try_from(first)
        .ok()
        .filter(|size| (1..=PAGE_MAX).contains(size));
    size.ok_or_else(|| Error::new(format!("`first` is a number from 1 to {PAGE_MAX}")))
}

/// Clients send an empty cursor for the first page.
fn read_cursor(after: Option<&str>) -> Result<Option<Position>, Error> {
    match after {
        None | Some("") => Ok(None),
        Some(text) => Position::from_text(text)
            .map(Some)
            .ok_or_else(|| Error::new("`after` is no cursor of transactions")),
    }
}
