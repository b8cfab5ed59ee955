//! What a key has signed lately, as gateways list it: ids and tags, **not verified**. Every gateway is asked, because each may
//! hide something; whoever acts on what is listed fetches the item first ([`Gateway::item`]).

use aosec_wire::{Address, Id, Tags};
use serde::Deserialize;
use serde_json::json;

use super::{Gateway, GatewayError, peer::Peer, request::Fault};

/// Entries of a page: what every known gateway gives.
const PAGE: usize = 100;

const QUERY: &str = concat!(
    "query Signed($owner: String!, $type: String!, $first: Int!, $after: String) { transactions(owners: [$owner], ",
    r#"sort: HEIGHT_DESC, first: $first, after: $after, tags: [{ name: "Data-Protocol", values: ["ao"] }, { name: "Type", values: [$type] }]"#,
    ") { pageInfo { hasNextPage } edges { cursor node { id tags { name value } } } } }"
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
    /// The newest items of these types that `owner` signed, at most `limit` of each, as all gateways together list them.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway answers; one that fails while another answers is warned of.
    pub async fn newest_signed(
        &self,
        owner: &Address,
        types: &'static [&'static str],
        limit: usize,
    ) -> Result<Vec<Claimed>, GatewayError> {
        let listed = self.every(|peer| {
            let owner = owner.clone();
            async move {
                let mut listed = Vec::new();
                for kind in types {
                    listed.extend(signed(&peer, &owner, kind, limit).await?);
                }
                Ok(listed)
            }
        });
        Ok(listed.await?.into_iter().flatten().collect())
    }
}

async fn signed(
    peer: &Peer,
    owner: &Address,
    kind: &str,
    limit: usize,
) -> Result<Vec<Claimed>, Fault> {
    let (mut found, mut after) = (Vec::new(), None);
    while found.len() < limit {
        let first = PAGE.min(limit - found.len());
        let variables = json!({ "owner": owner, "type": kind, "first": first, "after": after });
        let page = peer.page(QUERY, variables).await?;
        after = page.next();
        found.extend(page.nodes().map(listed));
        if after.is_none() {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
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
