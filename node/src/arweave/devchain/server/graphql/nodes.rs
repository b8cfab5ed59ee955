//! Transactions and items as answers.

use aosec_wire::Id;
use aosec_wire::id::to_base64url;
use async_graphql::{Error, ID, Object, SimpleObject};

use super::View;
use super::blocks::BlockNode;
use crate::arweave::devchain::chain::{Content, Entry, Filter, Page, Position};

/// Winston in an AR: 12 digits behind the point.
const AR_DIGITS: usize = 12;

/// A page of transactions.
#[derive(SimpleObject)]
pub(super) struct TransactionConnection {
    page_info: PageInfo,
    edges: Vec<TransactionEdge>,
}

/// Whether more follows.
#[derive(SimpleObject)]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
}

/// A transaction and where a next page goes on.
#[derive(SimpleObject)]
struct TransactionEdge {
    cursor: String,
    node: Node,
}

impl TransactionConnection {
    pub(super) fn select(view: &View, filter: &Filter, page: Page) -> Result<Self, Error> {
        let selection = view
            .0
            .ledger()
            .select(filter, page)
            .map_err(|costly| Error::new(costly.to_string()))?;
        let edge = |(position, id): (Position, Id)| {
            Some(TransactionEdge {
                cursor: position.to_text(),
                node: Node::of(view, id)?,
            })
        };
        Ok(Self {
            page_info: PageInfo {
                has_next_page: selection.more,
            },
            edges: selection.found.into_iter().filter_map(edge).collect(),
        })
    }
}

/// A transaction or an item.
pub(super) struct Node {
    view: View,
    entry: Entry,
}

impl Node {
    pub(super) fn of(view: &View, id: Id) -> Option<Self> {
        let entry = view.0.ledger().get(id)?.clone();
        Some(Self {
            view: view.clone(),
            entry,
        })
    }

    fn content(&self) -> &Content {
        &self.entry.content
    }
}

/// A tag.
#[derive(SimpleObject)]
struct Tag {
    name: String,
    value: String,
}

/// Who signed.
#[derive(SimpleObject)]
struct Owner {
    address: String,
    /// The owner field, base64url.
    key: String,
}

/// Money.
#[derive(SimpleObject)]
struct Amount {
    winston: String,
    ar: String,
}

/// What the data is.
#[derive(SimpleObject)]
struct MetaData {
    /// Bytes, as decimal text.
    size: String,
    /// The Content-Type tag.
    #[graphql(name = "type")]
    kind: Option<String>,
}

/// What holds an item.
#[derive(SimpleObject)]
struct Parent {
    id: ID,
}

#[Object(name = "Transaction")]
impl Node {
    async fn id(&self) -> ID {
        ID(self.content().id().to_string())
    }

    /// The anchor of an item, or what ties a transaction to its time, base64url.
    async fn anchor(&self) -> String {
        match self.content() {
            Content::Transaction(transaction) => to_base64url(transaction.anchor().as_bytes()),
            Content::Item(item) => item.anchor().map(to_base64url).unwrap_or_default(),
        }
    }

    async fn signature(&self) -> String {
        match self.content() {
            Content::Transaction(transaction) => to_base64url(transaction.signature()),
            Content::Item(item) => to_base64url(item.signature()),
        }
    }

    /// The target; empty without one.
    async fn recipient(&self) -> String {
        self.content()
            .target()
            .map(|target| target.to_string())
            .unwrap_or_default()
    }

    async fn owner(&self) -> Owner {
        let key = match self.content() {
            Content::Transaction(transaction) => to_base64url(transaction.owner()),
            Content::Item(item) => to_base64url(item.owner()),
        };
        Owner {
            address: self.content().owner_address().to_owned(),
            key,
        }
    }

    /// What storage cost; nothing for an item.
    async fn fee(&self) -> Amount {
        amount(match self.content() {
            Content::Transaction(transaction) => transaction.reward_winston(),
            Content::Item(_) => 0,
        })
    }

    /// What the recipient got; nothing for an item.
    async fn quantity(&self) -> Amount {
        amount(match self.content() {
            Content::Transaction(transaction) => transaction.quantity_winston(),
            Content::Item(_) => 0,
        })
    }

    async fn data(&self) -> MetaData {
        let size = match self.content() {
            Content::Transaction(transaction) => transaction.data_size(),
            Content::Item(item) => item.data().len() as u64,
        };
        MetaData {
            size: size.to_string(),
            kind: self.content().tag("Content-Type").map(str::to_owned),
        }
    }

    async fn tags(&self) -> Vec<Tag> {
        let tag = |(name, value): (&str, &str)| Tag {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        self.content().tags().into_iter().map(tag).collect()
    }

    /// The block; none while it is not mined.
    async fn block(&self) -> Option<BlockNode> {
        self.entry
            .position
            .height()
            .and_then(|height| self.view.0.block(height))
            .map(BlockNode::of)
    }

    /// What holds the item, under its older name.
    async fn parent(&self) -> Option<Parent> {
        self.entry.parent.map(|id| Parent {
            id: ID(id.to_string()),
        })
    }

    /// What holds the item.
    #[graphql(name = "bundledIn")]
    async fn bundled_in(&self) -> Option<Parent> {
        self.entry.parent.map(|id| Parent {
            id: ID(id.to_string()),
        })
    }
}

fn amount(winston: u128) -> Amount {
    let digits = format!("{winston:0width$}", width = AR_DIGITS + 1);
    let (whole, part) = digits.split_at(digits.len() - AR_DIGITS);
    Amount {
        winston: winston.to_string(),
        ar: format!("{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn winston_are_shown_as_ar() {
        let cases = [
            (0, "0.000000000000"),
            (1, "0.000000000001"),
            (1_500_000_000_000, "1.500000000000"),
        ];
        for (winston, ar) in cases {
            assert_eq!(amount(winston).ar, ar);
        }
    }
}
