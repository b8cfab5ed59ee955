//! Items as gateways serve them: what was signed in pieces by GraphQL, the data beside it.
//!
//! GraphQL does not say of which kind a signature is, so every kind whose lengths fit is tried; only the right one verifies.

use aosec_wire::id::from_base64url;
use aosec_wire::{Address, Id, SignatureKind, Tags, VerifiedItem};
use bytes::Bytes;
use serde::Deserialize;

use super::Found;
use super::peer::Peer;
use super::request::Fault;
use crate::arweave::location::{self, Location};

/// The fields of a node that the signature covers, and its block.
macro_rules! node_fields {
    () => {
        "{ id anchor signature recipient owner { address key } tags { name value } block { height } bundledIn { id } }"
    };
}

const ITEM_QUERY: &str = concat!(
    "query Item($id: ID!) { transaction(id: $id) ",
    node_fields!(),
    " }"
);

const LOCATION_QUERY: &str = concat!(
    "query Location($owner: String!) { transactions(owners: [$owner], sort: HEIGHT_DESC, first: 5, tags: [",
    r#"{ name: "Data-Protocol", values: ["ao"] }, { name: "Type", values: ["Scheduler-Location"] }"#,
    "]) { edges { node ",
    node_fields!(),
    " } } }"
);

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
}

#[derive(Deserialize)]
struct OneNode {
    transaction: Option<Node>,
}

#[derive(Deserialize)]
struct ManyNodes {
    transactions: Connection,
}

#[derive(Deserialize)]
struct Connection {
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    node: Node,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: Id,
    #[serde(default)]
    anchor: String,
    signature: String,
    #[serde(default)]
    recipient: Option<String>,
    owner: NodeOwner,
    tags: Vec<NodeTag>,
    block: Option<NodeBlock>,
    bundled_in: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct NodeOwner {
    key: String,
}

#[derive(Deserialize)]
struct NodeTag {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct NodeBlock {
    height: u64,
}

impl Peer {
    pub(super) async fn item(&self, id: Id) -> Result<Option<Found>, Fault> {
        let body = self
            .graphql(ITEM_QUERY, serde_json::json!({ "id": id }))
            .await?;
        let Some(node) = read::<OneNode>(&body)?.transaction else {
            return Ok(None);
        };
        if node.id != id {
            return Err(Fault::Forged {
                id,
                reason: "another id",
            });
        }
        if self.is_transaction(&node).await {
            return Ok(None);
        }
        let Some(data) = self.item_data(id).await? else {
            return Ok(None);
        };
        let height = node.block.as_ref().map(|block| block.height);
        node.rebuild(&data).map(|item| Some(Found { item, height }))
    }

    /// GraphQL lists transactions and items alike, and whoever asks may name either. What lies in a bundle is an item; of the rest, items
    /// on their way among them, those are transactions that have a state of their own. That is no lie of the gateway's.
    async fn is_transaction(&self, node: &Node) -> bool {
        node.bundled_in.is_none() && matches!(self.status(node.id).await, Ok(Some(_)))
    }

    async fn item_data(&self, id: Id) -> Result<Option<Bytes>, Fault> {
        match self.raw(id).await? {
            Some(data) => Ok(Some(data)),
            None => self.plain_data(id).await,
        }
    }

    /// The newest location that the scheduler signed, as an item or as a transaction of its own.
    pub(super) async fn scheduler_location(
        &self,
        scheduler: &Address,
    ) -> Result<Option<Location>, Fault> {
        let body = self
            .graphql(LOCATION_QUERY, serde_json::json!({ "owner": scheduler }))
            .await?;
        for Edge { node } in read::<ManyNodes>(&body)?.transactions.edges {
            if let Some(location) = self.signed_location(node, scheduler).await? {
                return Ok(Some(location));
            }
        }
        Ok(None)
    }

    async fn signed_location(
        &self,
        node: Node,
        scheduler: &Address,
    ) -> Result<Option<Location>, Fault> {
        let id = node.id;
        if node.bundled_in.is_none()
            && let Some(transaction) = self.transaction(id).await?
        {
            let ours = transaction.owner_address() == scheduler;
            return Ok(ours
                .then(|| location::read(|name| transaction.tag(name)))
                .flatten());
        }
        let Some(data) = self.item_data(id).await? else {
            return Ok(None);
        };
        let item = node.rebuild(&data)?;
        let ours = item.owner_address() == scheduler;
        Ok(ours
            .then(|| location::read(|name| item.tags().get(name)))
            .flatten())
    }
}

impl Node {
    /// The item, if id and signature hold over these pieces and `data`.
    fn rebuild(&self, data: &Bytes) -> Result<VerifiedItem, Fault> {
        let forged = |reason| Fault::Forged {
            id: self.id,
            reason,
        };
        let owner =
            from_base64url(&self.owner.key).map_err(|_bad| forged("its owner does not read"))?;
        let signature = from_base64url(&self.signature)
            .map_err(|_bad| forged("its signature does not read"))?;
        let target = self
            .recipient
            .as_deref()
            .filter(|text| !text.is_empty())
            .map(str::parse)
            .transpose();
        let target = target.map_err(|_bad| forged("its target does not read"))?;
        let anchor = self
            .anchor_bytes()
            .ok_or_else(|| forged("its anchor does not read"))?;
        let tags: Tags = self
            .tags
            .iter()
            .map(|tag| (tag.name.as_str(), tag.value.as_str()))
            .collect();
        let fitting = SignatureKind::ALL.into_iter().filter(|kind| {
            kind.owner_len() == owner.len() && kind.signature_len() == signature.len()
        });
        fitting
            .filter_map(|kind| {
                VerifiedItem::from_parts(kind, &owner, &signature, target, anchor, &tags, data).ok()
            })
            .find(|item| item.id() == self.id)
            .ok_or_else(|| forged("its signature does not hold"))
    }

    /// No anchor, or its 32 bytes.
    #[expect(
        clippy::option_option,
        reason = "an anchor that does not read is not an absent one"
    )]
    fn anchor_bytes(&self) -> Option<Option<[u8; 32]>> {
        if self.anchor.is_empty() {
            return Some(None);
        }
        let bytes = from_base64url(&self.anchor).ok()?;
        bytes.as_slice().try_into().ok().map(Some)
    }
}

/// An answer without data is an error that GraphQL words otherwise, and says nothing about absence.
fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Fault> {
    let answer: Answer<T> =
        serde_json::from_slice(body).map_err(|_shape| Fault::Unreadable("GraphQL"))?;
    answer.data.ok_or(Fault::Unreadable("GraphQL"))
}

#[cfg(test)]
mod tests {
    use aosec_wire::id::to_base64url;
    use aosec_wire::{Draft, SigningKey};

    use super::*;

    fn node(item: &VerifiedItem) -> Node {
        Node {
            id: item.id(),
            anchor: item.anchor().map(to_base64url).unwrap_or_default(),
            signature: to_base64url(item.signature()),
            recipient: item.target().map(|target| target.to_string()),
            owner: NodeOwner {
                key: to_base64url(item.owner()),
            },
            tags: item
                .tags()
                .iter()
                .map(|(name, value)| NodeTag {
                    name: name.into(),
                    value: value.into(),
                })
                .collect(),
            block: None,
            bundled_in: None,
        }
    }

    fn keys() -> [SigningKey; 5] {
        [
            SigningKey::ed25519([1; 32]),
            SigningKey::solana([2; 32]),
            SigningKey::aptos([5; 32]),
            SigningKey::ethereum([3; 32]).unwrap(),
            SigningKey::typed_ethereum([4; 32]).unwrap(),
        ]
    }

    fn item(key: &SigningKey) -> VerifiedItem {
        let tags = Tags::new()
            .with("Data-Protocol", "ao")
            .with("Type", "Message");
        let draft = Draft {
            target: Some(Id::new([5; 32])),
            anchor: Some([6; 32]),
            tags,
            data: "hello".into(),
        };
        draft.sign(key).unwrap()
    }

    #[test]
    fn items_of_every_kind_are_rebuilt_from_their_pieces() {
        for item in keys().iter().map(item) {
            assert_eq!(node(&item).rebuild(&item.data()).unwrap(), item);
        }
    }

    #[test]
    fn a_gateway_that_changes_a_piece_is_found_out() {
        let item = item(&keys()[0]);
        assert!(node(&item).rebuild(&"hullo".into()).is_err());
        let mut other = node(&item);
        other.tags.pop();
        assert!(other.rebuild(&item.data()).is_err());
        let mut other = node(&item);
        other.recipient = None;
        assert!(other.rebuild(&item.data()).is_err());
        let mut other = node(&item);
        other.id = Id::new([1; 32]);
        assert!(other.rebuild(&item.data()).is_err());
        let mut other = node(&item);
        other.anchor = "short".into();
        assert!(other.rebuild(&item.data()).is_err());
    }

    #[test]
    fn an_answer_without_the_item_is_absence_and_one_without_data_is_not() {
        let none = read::<OneNode>(br#"{"data":{"transaction":null}}"#).unwrap();
        assert!(none.transaction.is_none());
        assert!(read::<OneNode>(br#"{"data":null,"errors":[{}]}"#).is_err());
        assert!(read::<OneNode>(b"<html>").is_err());
    }
}
