//! FAKE: gateways that lie, for tests alone. One passes on what an honest devchain says, except where it lies; the other speaks
//! broken HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use axum::{Router, extract};
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::arweave::devchain::loopback::{Loopback, serve};
use crate::arweave::devchain::server;
use crate::shutdown::Shutdown;

/// A gateway that answers `lie(path)`, and as `house` does where that is none.
pub(super) async fn liar<F>(house: &Loopback, lie: F) -> Url
where
    F: Fn(&str) -> Option<Response> + Clone + Send + Sync + 'static,
{
    let honest = server::router(house.chain.clone());
    let answer = move |request: extract::Request| {
        let (lie, honest) = (lie.clone(), honest.clone());
        async move { answer(request, lie, honest).await }
    };
    let router = Router::new().fallback(answer);
    url(serve(router, &Shutdown::new()).await)
}

async fn answer<F>(request: Request<Body>, lie: F, honest: Router) -> Response
where
    F: Fn(&str) -> Option<Response>,
{
    match lie(request.uri().path()) {
        Some(lie) => lie,
        None => honest.oneshot(request).await.unwrap(),
    }
}

/// What broken HTTP does after its first bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Then {
    Close,
    /// One byte now and then, for ever.
    Drip,
    /// As many bytes as go through.
    Pour,
    /// Nothing, for ever.
    Hang,
}

/// A gateway that answers every request with these bytes, then goes on as told. Gives the count of body bytes it got rid of too.
pub(super) async fn broken(head: impl Into<Vec<u8>>, then: Then) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (head, poured) = (head.into(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&poured);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (head, counter) = (head.clone(), Arc::clone(&counter));
            tokio::spawn(async move {
                let _request = socket.read(&mut [0; 4_096]).await;
                let _sent = socket.write_all(&head).await;
                go_on(socket, then, &counter).await;
            });
        }
    });
    (url(address), poured)
}

async fn go_on(mut socket: tokio::net::TcpStream, then: Then, counter: &AtomicUsize) {
    let block = vec![b'7'; 64 * 1024];
    loop {
        let sent = match then {
            Then::Close => return,
            Then::Hang => std::future::pending().await,
            Then::Drip => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                socket.write(&block[..1]).await
            }
            Then::Pour => socket.write(&block).await,
        };
        let Ok(sent) = sent else { return };
        counter.fetch_add(sent, Ordering::Relaxed);
    }
}

pub(super) fn url(address: std::net::SocketAddr) -> Url {
    format!("http://{address}").parse().unwrap()
}
