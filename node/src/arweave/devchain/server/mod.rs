//! The devchain's gateway: the HTTP API of the base layer, and the few paths that only a chain of one's own can have.
//!
//! | path | for |
//! |---|---|
//! | `GET /info`, `/height`, `/block/...` | the chain ([`blocks`]) |
//! | `POST /tx`, `GET /tx/{id}/...`, `/tx_anchor`, `/price/...` | transactions ([`transactions`]) |
//! | `GET /{id}`, `/raw/{id}`, `/chunk/{offset}`, `POST /chunk` | data ([`data`]) |
//! | `GET /wallet/...` | money ([`blocks`]) |
//! | `/graphql` | finding things ([`graphql`]) |
//! | `POST /tx/arweave` (one item), `/mine`, `/mint/...` | development alone ([`dev`]) |
//! | `POST /fork/...`, `/delay/...`, `/censor/...`, `/hide/...` | misbehaviour on demand ([`faults`]) |
//! | `POST /cut/...`, `/join/...` | a client's own door to all this, shut and open ([`doors`]) |
//!
//! No rule lives here: a handler reads, asks the chain once, and shapes the answer.

mod blocks;
mod data;
mod dev;
mod doors;
mod faults;
mod graphql;
mod transactions;

use std::path::Path;
use std::time::Duration;

use aosec_wire::Id;
use axum::Router;
use axum::extract::{FromRequestParts, Path as AxumPath};
use axum::http::request::Parts;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use self::doors::{Doors, open_door};
use super::{Devchain, DevchainError, Genesis};
use crate::http::body::clip;
use crate::http::error::ApiError;
use crate::http::{dressed, listener};
use crate::shutdown::Shutdown;

/// Opens the chain in `dir`, serves it on loopback at `port`, and mines a block each `block_time` (none, if that is zero) until
/// `shutdown` is told.
///
/// # Errors
/// Where the journal is of no use or the port is taken.
pub async fn start(
    dir: &Path,
    genesis: Genesis,
    port: u16,
    block_time: Duration,
    shutdown: &Shutdown,
) -> Result<Devchain, DevchainError> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|source| DevchainError::Listen { port, source })?;
    let chain = Devchain::open(dir, genesis).await?;
    shutdown.track(serve(listener, chain.clone(), shutdown));
    if !block_time.is_zero() {
        let (mining, stop) = (chain.mine_every(block_time), shutdown.clone());
        shutdown.track(async move {
            tokio::select! {
                () = stop.told() => {}
                () = mining => {}
            }
        });
    }
    Ok(chain)
}

/// Serves the gateway of `chain` until `shutdown` is told.
pub fn serve(
    listener: TcpListener,
    chain: Devchain,
    shutdown: &Shutdown,
) -> impl Future<Output = ()> + Send + 'static {
    listener::serve(listener, router(chain), shutdown.clone())
}

/// All paths of the gateway.
pub fn router(chain: Devchain) -> Router {
    let router = Router::new()
        .route("/", get(blocks::info))
        .route("/info", get(blocks::info))
        .route("/height", get(blocks::height))
        .route("/block/current", get(blocks::current))
        .route("/block/height/{height}", get(blocks::at_height))
        .route("/block/hash/{id}", get(blocks::with_id))
        .route("/wallet/{address}/balance", get(blocks::balance))
        .route("/wallet/{address}/last_tx", get(blocks::last_transaction))
        .route("/price/{bytes}", get(blocks::price))
        .route("/price/{bytes}/{target}", get(blocks::price_to))
        .route("/tx_anchor", get(transactions::anchor))
        .route("/tx", post(transactions::submit))
        .route("/tx/arweave", post(dev::upload))
        .route("/tx/{id}", get(transactions::whole))
        .route("/tx/{id}/status", get(transactions::status))
        .route("/tx/{id}/offset", get(transactions::offset))
        .route("/tx/{id}/{field}", get(transactions::field))
        .route("/chunk", post(data::take_chunk))
        .route("/chunk/{offset}", get(data::chunk))
        .route("/graphql", get(graphql::by_query).post(graphql::by_body))
        .route("/mine", get(dev::mine_one).post(dev::mine_one))
        .route("/mine/{count}", get(dev::mine).post(dev::mine))
        .route("/mint/{address}/{winston}", get(dev::mint).post(dev::mint))
        .route("/fork/{depth}", post(faults::fork))
        .route("/fork/{depth}/{orphans}", post(faults::fork_with))
        .route("/faults", get(faults::shown))
        .route("/delay/{blocks}", post(faults::delay))
        .route("/censor/{address}", post(faults::censor))
        .route("/uncensor/{address}", post(faults::uncensor))
        .route("/hide/{id}", post(faults::hide))
        .route("/show/{id}", post(faults::show))
        .route("/cut/{door}", post(doors::cut))
        .route("/join/{door}", post(doors::join))
        .route("/raw/{id}", get(data::content))
        .route("/{id}", get(data::content))
        .with_state(Gateway {
            chain,
            schema: graphql::schema(),
        });
    dressed(router)
}

/// What every handler is given.
#[derive(Clone)]
struct Gateway {
    chain: Devchain,
    schema: graphql::GatewaySchema,
}

/// The variable parts of a path. One that is no text names nothing.
struct Segments<T>(T);

impl<T, S> FromRequestParts<S> for Segments<T>
where
    AxumPath<T>: FromRequestParts<S>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match AxumPath::from_request_parts(parts, state).await {
            Ok(AxumPath(segments)) => Ok(Self(segments)),
            Err(_no_text) => Err(unknown("this path")),
        }
    }
}

impl From<DevchainError> for ApiError {
    fn from(error: DevchainError) -> Self {
        match error {
            DevchainError::Refused(super::chain::Refusal::Full) | DevchainError::Stopped => {
                Self::Unavailable(error.to_string())
            }
            DevchainError::Refused(refusal) => Self::BadRequest(refusal.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

fn read_id(text: &str) -> Result<Id, ApiError> {
    text.parse()
        .map_err(|_bad| ApiError::NotFound(format!("nothing stands at '{}'", clip(text))))
}

fn unknown(id: impl std::fmt::Display) -> ApiError {
    ApiError::NotFound(format!("{id} is not known here"))
}

#[cfg(test)]
mod tests;
