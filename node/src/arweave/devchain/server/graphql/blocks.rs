//! Blocks as answers.

use async_graphql::{ID, SimpleObject};

use super::View;
use super::nodes::PageInfo;
use super::query::BlockFilter;
use crate::arweave::devchain::chain::{Block, Order};

/// A block.
#[derive(SimpleObject)]
#[graphql(name = "Block")]
pub(super) struct BlockNode {
    id: ID,
    /// Seconds.
    timestamp: u64,
    height: u64,
    /// The block before; empty for the first.
    previous: ID,
}

impl BlockNode {
    pub(super) fn of(block: &Block) -> Self {
        Self {
            id: ID(block.id.to_string()),
            timestamp: block.time_s,
            height: block.height,
            previous: ID(block.previous.map(|id| id.to_string()).unwrap_or_default()),
        }
    }
}

/// A page of blocks.
#[derive(SimpleObject)]
pub(super) struct BlockConnection {
    page_info: PageInfo,
    edges: Vec<BlockEdge>,
}

/// A block and where a next page goes on.
#[derive(SimpleObject)]
struct BlockEdge {
    cursor: String,
    node: BlockNode,
}

/// A page of the blocks within `heights`, from the height behind `after` on; if `ids` are named, of these alone.
pub(super) fn blocks(
    view: &View,
    ids: Option<&[ID]>,
    heights: BlockFilter,
    first: usize,
    after: Option<u64>,
    order: Order,
) -> BlockConnection {
    let mut edges: Vec<BlockEdge> = chosen(view, ids, heights, after, order, first + 1)
        .into_iter()
        .map(edge)
        .collect();
    let has_next_page = edges.len() > first;
    edges.truncate(first);
    BlockConnection {
        page_info: PageInfo { has_next_page },
        edges,
    }
}

fn edge(block: &Block) -> BlockEdge {
    BlockEdge {
        cursor: block.height.to_string(),
        node: BlockNode::of(block),
    }
}

fn chosen<'a>(
    view: &'a View,
    ids: Option<&[ID]>,
    heights: BlockFilter,
    after: Option<u64>,
    order: Order,
    count: usize,
) -> Vec<&'a Block> {
    let (mut low, mut high) = (heights.min.unwrap_or(0), heights.max.unwrap_or(u64::MAX));
    match (after, order) {
        (Some(after), Order::Ascending) => low = low.max(after.saturating_add(1)),
        (Some(0), Order::Descending) => return Vec::new(),
        (Some(after), Order::Descending) => high = high.min(after - 1),
        (None, _) => {}
    }
    let Some(ids) = ids else {
        return in_order(within(view.0.blocks(), low, high).iter(), order)
            .take(count)
            .collect();
    };
    let named = ids
        .iter()
        .filter_map(|id| view.0.block_with_id(&id.parse().ok()?));
    let mut named: Vec<&Block> = named
        .filter(|block| (low..=high).contains(&block.height))
        .collect();
    named.sort_by_key(|block| block.height);
    named.dedup_by_key(|block| block.height);
    in_order(named.into_iter(), order).take(count).collect()
}

/// The blocks from `low` to `high`: a block's height is its place.
fn within(blocks: &[Block], low: u64, high: u64) -> &[Block] {
    let place = |height: u64| {
        usize::try_from(height)
            .unwrap_or(usize::MAX)
            .min(blocks.len())
    };
    let (low, high) = (place(low), place(high.saturating_add(1)));
    blocks.get(low..high).unwrap_or_default()
}

fn in_order<'a>(
    blocks: impl DoubleEndedIterator<Item = &'a Block> + 'a,
    order: Order,
) -> Box<dyn Iterator<Item = &'a Block> + 'a> {
    match order {
        Order::Ascending => Box::new(blocks),
        Order::Descending => Box::new(blocks.rev()),
    }
}
