//! `GET /origin/proof/{process}/{slot}`: what a settled slot rests on, by name (WIRE 1.5). It tells where to look; whoever asks fetches
//! the transactions from gateways and checks them.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::read;
use crate::http::error::ApiError;
use crate::origin::Handle;
use crate::origin::basis::{Basis, BasisError};

pub(super) async fn basis(
    State(handle): State<Handle>,
    Path((process, slot)): Path<(String, u64)>,
) -> Result<Json<Value>, ApiError> {
    let process = read::id(&process)?;
    let basis = handle.basis(process, slot).await?;
    Ok(Json(shown(
        &basis,
        &json!({ "process": process, "slot": slot, "origin": handle.id() }),
    )))
}

fn shown(basis: &Basis, of: &Value) -> Value {
    let leases = basis.tenures.iter().map(|(epoch, tenure)| {
        let keys = tenure.keys.iter();
        let keys = keys.map(|key| json!({ "key": key.address, "from": key.from, "until": key.until }));
        json!({
            "epoch": epoch, "first": tenure.first_slot, "from": tenure.from_height, "ended": tenure.ended,
            "keys": keys.collect::<Vec<_>>(),
        })
    });
    let blocks = basis.blocks.iter().map(|(height, block)| {
        let transactions = block.transactions.iter();
        let transactions = transactions.map(|(place, id)| json!({ "place": place, "id": id }));
        json!({
            "height": height, "id": block.id, "time": block.time_s,
            "transactions": transactions.collect::<Vec<_>>(),
        })
    });
    let mut shown = of.clone();
    shown["leases"] = leases.collect();
    if let Some((first, legacy)) = basis.joined {
        shown["joined"] = json!({ "first": first, "legacy": legacy });
    }
    shown["blocks"] = blocks.collect();
    shown
}

impl From<BasisError> for ApiError {
    fn from(error: BasisError) -> Self {
        let text = error.to_string();
        match error {
            BasisError::NotSettled { .. } => Self::NotFound(text),
            BasisError::TooMany { .. } => Self::TooLarge(text),
            BasisError::Busy => Self::Unavailable(text),
            BasisError::Origin(_) | BasisError::Store(_) => Self::Internal(text),
        }
    }
}
