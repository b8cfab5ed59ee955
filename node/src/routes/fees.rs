//! What a messenger asks, and whose credit is how large: for everybody at the MU's own root, all accounts on the operator's page.
//!
//! Amounts are text in units of the court's token, as everywhere.

use aosec_wire::Address;
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::mu::stored;
use crate::http::body::Params;
use crate::http::error::ApiError;
use crate::mu::Handle;
use crate::mu::fees::{Account, Bill, Terms};
use crate::mu::payments::CREDIT_TAG;

/// Accounts on one page: some 20 KiB.
const ACCOUNTS_SHOWN_MAX: u32 = 100;

/// What everybody may ask the MU.
pub(super) fn of_mu() -> Router<Handle> {
    Router::new()
        .route("/fees", get(policy))
        .route("/fees/{address}", get(account))
}

/// What the operator may ask on the node's page besides.
pub fn of_page(handle: Handle) -> Router {
    Router::new()
        .route("/fees", get(accounts))
        .with_state(handle)
}

async fn policy(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    Ok(Json(asked(&handle, &params)?))
}

async fn account(
    State(handle): State<Handle>,
    Path(address): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let address: Address = address
        .parse()
        .map_err(|error| ApiError::BadRequest(format!("no address: {error}")))?;
    let mut shown = asked(&handle, &params)?;
    let account = handle.account(&address).await.map_err(stored)?;
    merge(
        &mut shown,
        books(address.as_str(), &account.unwrap_or_default()),
    );
    Ok(Json(shown))
}

async fn accounts(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let after = params.get("after").unwrap_or_default();
    let found = handle.accounts(after, ACCOUNTS_SHOWN_MAX);
    let found = found.await.map_err(stored)?;
    let is_full = u32::try_from(found.len()).unwrap_or(u32::MAX) >= ACCOUNTS_SHOWN_MAX;
    let next = found.last().filter(|_more| is_full);
    let next = next.map(|(address, _account)| address.clone());
    let rows: Vec<Value> = found
        .iter()
        .map(|(address, account)| books(address, account))
        .collect();
    let mut shown = asked(&handle, &params)?;
    merge(&mut shown, json!({ "accounts": rows, "next": next }));
    Ok(Json(shown))
}

/// The policy, and what an item of so many bytes costs, where the query names a number.
fn asked(handle: &Handle, params: &Params) -> Result<Value, ApiError> {
    let bytes: Option<u64> = params.parse("bytes")?;
    let Some(terms) = handle.terms() else {
        return Ok(json!({ "policy": "free", "price": bytes.map(|_any| "0") }));
    };
    let price = bytes.map(|bytes| terms.policy.price(bytes).to_string());
    let mut shown = of_terms(terms);
    merge(&mut shown, json!({ "price": price }));
    Ok(shown)
}

fn of_terms(terms: &Terms) -> Value {
    json!({
        "policy": terms.policy.word(),
        "fee": terms.policy.fee().to_string(),
        "least_first_payment": terms.policy.least_top_up().to_string(),
        "pay_to": terms.payee,
        "court": terms.court,
        "tag": CREDIT_TAG,
    })
}

fn books(address: &str, account: &Account) -> Value {
    json!({
        "address": address,
        "credit": account.credit().to_string(),
        "paid": account.paid.to_string(),
        "spent": account.spent.to_string(),
        "refunded": account.refunded.to_string(),
    })
}

/// Everything that a payer must know, beside the sentence.
pub(super) fn unpaid(bill: &Bill) -> ApiError {
    let mut terms = of_terms(&bill.terms);
    let least = bill.least_payment();
    merge(
        &mut terms,
        json!({
            "address": bill.payer,
            "price": bill.price.to_string(),
            "credit": bill.credit.to_string(),
            "least_payment": least.to_string(),
            "next": format!("aosec fees pay {} --mu <this messenger> --yes", crate::origin::deploy::tokens(&least.to_string())),
        }),
    );
    ApiError::Unpaid {
        message: bill.to_string(),
        terms,
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more.into_iter().filter(|(_name, value)| !value.is_null()));
    }
}
