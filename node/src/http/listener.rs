//! The accept loop: every connection has a deadline for its headers, a cap on its size, and a place among a bounded number.
//!
//! `axum::serve` has no deadline for headers at all, so a handful of idle sockets could hold it for ever; this loop drives hyper
//! itself. It knows nothing of routes. Bodies are bounded by [`super::body`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use crate::metrics;
use crate::shutdown::Shutdown;

/// Open connections of one listener: each costs a task and up to [`HEADER_BYTES_MAX`]; 4,096 of them stay under 100 MiB.
const CONNECTIONS_MAX: usize = 4_096;
/// Open connections of one address that is not loopback: a browser opens 6, a busy unit 32.
const CONNECTIONS_PER_IP_MAX: usize = 64;
/// From the first byte awaited to the end of the headers; also closes a kept-alive connection that stays silent.
const HEADER_DEADLINE: Duration = Duration::from_secs(10);
/// Request line and headers together: the longest legal path with a 4 KiB query is far below.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Header lines of one request.
const HEADER_LINES_MAX: usize = 64;
/// Pause after a failed accept (out of file handles): spinning would starve those that could free one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

type PerIp = Arc<Mutex<BTreeMap<IpAddr, usize>>>;

/// Serves `router` until `shutdown` is told; then open requests are finished, and the loop returns.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let per_ip: PerIp = Arc::default();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.told() => return,
        };
        match stream {
            Ok((stream, peer)) => admit(stream, peer.ip(), place, &per_ip, &router, &shutdown),
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn admit(
    stream: TcpStream,
    ip: IpAddr,
    place: OwnedSemaphorePermit,
    per_ip: &PerIp,
    router: &Router,
    shutdown: &Shutdown,
) {
    let Some(seat) = Seat::take(per_ip, ip) else {
        return;
    };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection stays with Nagle's delay");
    }
    let task = drive(stream, ip, router.clone(), shutdown.clone());
    shutdown.track(async move {
        let _held = (place, seat);
        if let Err(error) = tokio::spawn(task).await
            && error.is_panic()
        {
            metrics::panics().inc();
            tracing::error!("a request handler panicked; its connection is closed");
        }
    });
}

async fn drive(stream: TcpStream, ip: IpAddr, router: Router, shutdown: Shutdown) {
    let service = TowerToHyperService::new(router.map_request(
        move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(ip));
            request
        },
    ));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADER_LINES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.told() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A counted place of one address, given back when dropped. Loopback is never counted (D32).
struct Seat {
    per_ip: PerIp,
    ip: IpAddr,
}

impl Seat {
    fn take(per_ip: &PerIp, ip: IpAddr) -> Option<Self> {
        if !ip.is_loopback() {
            let mut counts = per_ip.lock().unwrap_or_else(PoisonError::into_inner);
            let count = counts.entry(ip).or_insert(0);
            if *count >= CONNECTIONS_PER_IP_MAX {
                return None;
            }
            *count += 1;
        }
        Some(Self {
            per_ip: Arc::clone(per_ip),
            ip,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if self.ip.is_loopback() {
            return;
        }
        let mut counts = self.per_ip.lock().unwrap_or_else(PoisonError::into_inner);
        let left = counts
            .get(&self.ip)
            .map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            counts.remove(&self.ip);
        } else {
            counts.insert(self.ip, left);
        }
    }
}
