//! A door of one client's own to the gateway, which can be shut for that client alone: a partition.
//!
//! A shut door answers every request with an error, as a gateway whose backend is gone. It is open again after a restart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Gateway, Segments, faults, router};
use crate::arweave::devchain::{Devchain, DevchainError};
use crate::http::body::clip;
use crate::http::error::ApiError;
use crate::http::listener;
use crate::shutdown::Shutdown;

/// The doors by name, and whether each is shut. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Doors(Arc<Mutex<BTreeMap<String, bool>>>);

impl Doors {
    /// Those that are shut.
    pub(super) fn shut(&self) -> Vec<String> {
        let doors = self.lock();
        let shut = doors.iter().filter(|(_, is_shut)| **is_shut);
        shut.map(|(name, _)| name.clone()).collect()
    }

    /// False where there is no such door.
    fn set(&self, name: &str, shut: bool) -> bool {
        let mut doors = self.lock();
        let door = doors.get_mut(name).map(|door| *door = shut);
        door.is_some()
    }

    fn is_shut(&self, name: &str) -> bool {
        self.lock().get(name).copied().unwrap_or(false)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the gateway on a port of this client's own, until `shutdown` is told.
///
/// # Errors
/// Where the port is taken.
pub async fn open_door(
    chain: &Devchain,
    name: &str,
    port: u16,
    shutdown: &Shutdown,
) -> Result<(), DevchainError> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|source| DevchainError::Listen { port, source })?;
    chain.doors.lock().insert(name.to_owned(), false);
    let gate = Gate {
        doors: chain.doors.clone(),
        name: name.into(),
    };
    let gated = router(chain.clone()).layer(middleware::from_fn_with_state(gate, through));
    shutdown.track(listener::serve(listener, gated, shutdown.clone()));
    Ok(())
}

#[derive(Clone)]
struct Gate {
    doors: Doors,
    name: Arc<str>,
}

async fn through(
    State(gate): State<Gate>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    match gate.doors.is_shut(&gate.name) {
        true => Err(ApiError::Unavailable(format!(
            "{} is cut off from the base layer",
            gate.name
        ))),
        false => Ok(next.run(request).await),
    }
}

/// Shuts a door, and answers with all faults that stand.
pub(super) async fn cut(
    State(gateway): State<Gateway>,
    Segments(name): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, &name, true).await
}

/// Opens it again.
pub(super) async fn join(
    State(gateway): State<Gateway>,
    Segments(name): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, &name, false).await
}

async fn set(gateway: Gateway, name: &str, shut: bool) -> Result<Json<Value>, ApiError> {
    if !gateway.chain.doors.set(name, shut) {
        return Err(ApiError::NotFound(format!(
            "no door is called {}",
            clip(name)
        )));
    }
    faults::shown(State(gateway)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_shut_for_its_client_alone() {
        let doors = Doors::default();
        for name in ["one", "two"] {
            doors.lock().insert(name.to_owned(), false);
        }
        assert!(doors.set("one", true) && !doors.set("three", true));
        assert!(doors.is_shut("one") && !doors.is_shut("two") && !doors.is_shut("three"));
        assert_eq!(doors.shut(), ["one"]);
        assert!(doors.set("one", false) && doors.shut().is_empty());
    }
}
