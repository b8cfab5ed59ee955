//! GraphQL as gateways of the base layer speak it: transactions, items and blocks, found by filters, page by page.
//!
//! A real schema, because clients write their queries in every way the language allows. What the schema does not know is an error that
//! names it. One read lock is held for the length of a query, so a page never mixes two states of the chain.

mod blocks;
mod nodes;
mod query;

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Request, Schema, Variables};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tokio::sync::OwnedRwLockReadGuard;

use super::Gateway;
use crate::arweave::devchain::chain::Chain;
use crate::http::body::{Params, WholeBody};
use crate::http::error::ApiError;

use query::Query;

/// How deep a query may nest: the introspection that tools send is 13 deep.
const DEPTH_MAX: usize = 16;
/// Fields of a query, where each search counts as [`SEARCH_COST`]: eight searches in one query.
const COMPLEXITY_MAX: usize = 1_000;
/// What one search counts in the complexity of a query.
const SEARCH_COST: usize = 100;
/// Longest query with its variables: a thousand ids take 46 KB.
const QUERY_BYTES_MAX: usize = 256 * 1024;
/// Entries of one list in a query.
const LIST_MAX: usize = 1_000;
/// Tag filters of one search.
const TAG_FILTERS_MAX: usize = 32;
/// Things of one page, by default and at most: those of real gateways, though some stop at 100.
const PAGE_DEFAULT: usize = 10;
const PAGE_MAX: usize = 1_000;

pub(super) type GatewaySchema = Schema<Query, EmptyMutation, EmptySubscription>;

pub(super) fn schema() -> GatewaySchema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .limit_depth(DEPTH_MAX)
        .limit_complexity(COMPLEXITY_MAX)
        .finish()
}

/// The chain as one query sees it.
#[derive(Clone)]
struct View(Arc<OwnedRwLockReadGuard<Chain>>);

pub(super) async fn by_body(
    State(gateway): State<Gateway>,
    body: WholeBody,
) -> Result<Json<async_graphql::Response>, ApiError> {
    if body.0.len() > QUERY_BYTES_MAX {
        return Err(ApiError::TooLarge(format!(
            "a query takes at most {QUERY_BYTES_MAX} bytes"
        )));
    }
    let posted: Posted = serde_json::from_slice(&body.0).map_err(|_bad| {
        ApiError::BadRequest(
            "the body is no GraphQL request: {\"query\": ..., \"variables\": ...}".into(),
        )
    })?;
    let mut request = Request::new(posted.query).variables(Variables::from_json(posted.variables));
    if let Some(name) = posted.operation_name {
        request = request.operation_name(name);
    }
    answer(gateway, request).await
}

/// A query as clients post it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Posted {
    query: String,
    #[serde(default)]
    variables: serde_json::Value,
    operation_name: Option<String>,
}

pub(super) async fn by_query(
    State(gateway): State<Gateway>,
    params: Params,
) -> Result<Json<async_graphql::Response>, ApiError> {
    let query = params.get("query").ok_or_else(|| {
        ApiError::BadRequest("name the query: /graphql?query=..., or post it as JSON".into())
    })?;
    let mut request = Request::new(query);
    if let Some(variables) = params.get("variables") {
        let json = serde_json::from_str(variables)
            .map_err(|_bad| ApiError::BadRequest("`variables` is no JSON".into()))?;
        request = request.variables(Variables::from_json(json));
    }
    answer(gateway, request).await
}

async fn answer(
    gateway: Gateway,
    request: Request,
) -> Result<Json<async_graphql::Response>, ApiError> {
    let view = View(Arc::new(gateway.chain.read().await?));
    Ok(Json(gateway.schema.execute(request.data(view)).await))
}

#[cfg(test)]
mod tests;
