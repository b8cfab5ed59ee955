//! What a key has signed lately, as gateways list it: ids and tags, **not verified**. Every gateway is asked, because each may
//! hide something; whoever acts on what is listed fetches the item first ([`Gateway::item`]).

use aosec_wire::{Address, Id, Tags};
use serde::Deserialize;

use super::{Gateway, GatewayError, peer::Peer, request::Fault};

/// Items listed of each type: those of the last few blocks of an ordinary node. Older ones are looked for only where one of
/// these is strange.
const LISTED: usize = 20;

const QUERY: &str = concat!(
    "query Signed($owner: String!, $type: String!, $first: Int!) { transactions(owners: [$owner], sort: HEIGHT_DESC, ",
    r#"first: $first, tags: [{ name: "Data-Protocol", values: ["ao"] }, { name: "Type", values: [$type] }]"#,
    ") { edges { node { id tags { name value } } } } }"
);

/// An item as a gateway lists it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its id.
    pub id: Id,
    /// Its tags.
    pub tags: Tags,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
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
struct Node {
    id: Id,
    tags: Vec<NodeTag>,
}

#[derive(Deserialize)]
struct NodeTag {
    name: String,
    value: String,
}

impl Gateway {
    /// The newest items of these types that `owner` signed, as all gateways together list them.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway answers; one that fails while another answers is warned of.
    pub async fn newest_signed(
        &self,
        owner: &Address,
        types: &'static [&'static str],
    ) -> Result<Vec<Claimed>, GatewayError> {
        let listed = self.every(|peer| {
            let owner = owner.clone();
            async move {
                let mut listed = Vec::new();
                for kind in types {
                    listed.extend(signed(&peer, &owner, kind).await?);
                }
                Ok(listed)
            }
        });
        Ok(listed.await?.into_iter().flatten().collect())
    }
}

async fn signed(peer: &Peer, owner: &Address, kind: &str) -> Result<Vec<Claimed>, Fault> {
    let variables = serde_json::json!({ "owner": owner, "type": kind, "first": LISTED });
    let body = peer.graphql(QUERY, variables).await?;
    let answer: Answer =
        serde_json::from_slice(&body).map_err(|_shape| Fault::Unreadable("GraphQL"))?;
    let data = answer.data.ok_or(Fault::Unreadable("GraphQL"))?;
    let nodes = data.transactions.edges.into_iter().take(LISTED);
    Ok(nodes.map(|edge| listed(edge.node)).collect())
}

fn listed(node: Node) -> Claimed {
    let tags = node.tags.iter();
    Claimed {
        id: node.id,
        tags: tags
            .map(|tag| (tag.name.as_str(), tag.value.as_str()))
            .collect(),
    }
}
