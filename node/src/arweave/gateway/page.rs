//! One page of a GraphQL connection of transactions: its shape and its question. What a node of it holds is its reader's affair, and
//! so is how many pages are asked for.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::peer::Peer;
use super::request::Fault;

#[derive(Deserialize)]
struct Answer<N> {
    data: Option<Data<N>>,
}

#[derive(Deserialize)]
struct Data<N> {
    transactions: Page<N>,
}

/// A page, in the order of the gateway.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<N> {
    page_info: PageInfo,
    edges: Vec<Edge<N>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

#[derive(Deserialize)]
struct Edge<N> {
    cursor: String,
    node: N,
}

impl<N> Page<N> {
    /// Where the next page begins; none at the end of the list.
    pub(super) fn next(&self) -> Option<String> {
        let last = self.edges.last().filter(|_| self.page_info.has_next_page);
        last.map(|edge| edge.cursor.clone())
    }

    /// What stands on it.
    pub(super) fn nodes(self) -> impl Iterator<Item = N> {
        self.edges.into_iter().map(|edge| edge.node)
    }
}

impl Peer {
    /// Asks for one page.
    ///
    /// # Errors
    /// [`Fault`]: no answer, or another shape.
    pub(super) async fn page<N: DeserializeOwned>(
        &self,
        query: &str,
        variables: Value,
    ) -> Result<Page<N>, Fault> {
        let body = self.graphql(query, variables).await?;
        let answer: Answer<N> =
            serde_json::from_slice(&body).map_err(|_shape| Fault::Unreadable("GraphQL"))?;
        let data = answer.data.ok_or(Fault::Unreadable("GraphQL"))?;
        Ok(data.transactions)
    }
}
