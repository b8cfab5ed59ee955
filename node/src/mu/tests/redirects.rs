//! Schedulers that send the courier elsewhere: where it goes, and where it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aosec_wire::{Address, Id};
use axum::Router;
use axum::http::{StatusCode, Uri, header};
use reqwest::Url;

use super::fakes::{ALPHA, Around, message};
use crate::mu::courier::Courier;
use crate::mu::courted::NoCourt;
use crate::mu::outbox::Event;
use crate::mu::ports::{Lost, Pending, Places};
use crate::mu::push::Cargo;

/// A place that answers every request with a redirect, and counts them.
struct Signpost {
    url: Url,
    asked: Arc<AtomicUsize>,
}

impl Signpost {
    /// `to` is where it points; none points at itself.
    async fn start(to: Option<Url>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (to, counter) = (to.unwrap_or_else(|| url.clone()), asked.clone());
        let app = Router::new().fallback(move |_uri: Uri| {
            counter.fetch_add(1, Ordering::SeqCst);
            let to = to.to_string();
            async move { (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]) }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, asked }
    }
}

/// Says where to begin, and which ports of loopback the operator named.
struct Begin {
    at: Url,
    trusted: Vec<Url>,
}

impl Places for Begin {
    fn find(&self, _process: Id, _scheduler: Option<Address>) -> Pending<'_, Result<Url, Lost>> {
        Box::pin(std::future::ready(Ok(self.at.clone())))
    }

    fn is_named_by_operator(&self, url: &Url) -> bool {
        self.trusted
            .iter()
            .any(|trusted| trusted.origin() == url.origin())
    }

    fn forget(&self, _process: Id) {}
}

async fn submit(at: &Url, trusted: &[&Url]) -> Event {
    let trusted = trusted.iter().map(|url| (*url).clone()).collect();
    let begin = Begin {
        at: at.clone(),
        trusted,
    };
    let courier = Courier::new(Arc::new(begin), Arc::new(NoCourt)).unwrap();
    courier
        .submit(&Cargo::Message(message(ALPHA, "Quiet"), ALPHA))
        .await
}

#[tokio::test]
async fn a_redirect_to_the_right_scheduler_is_followed_with_the_body() {
    let around = Around::new().await;
    let target = &around.scheduler.url;
    let signpost = Signpost::start(Some(target.clone())).await;
    let event = submit(&signpost.url, &[&signpost.url, target]).await;
    assert!(matches!(event, Event::Assigned(_)), "{event:?}");
    assert_eq!(around.scheduled().len(), 1);
}

#[tokio::test]
async fn a_redirect_in_a_circle_is_given_up() {
    let alone = Signpost::start(None).await;
    assert_eq!(submit(&alone.url, &[&alone.url]).await, Event::Hitch);
    assert_eq!(alone.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_not_followed() {
    let around = Around::new().await;
    let signpost = Signpost::start(Some(around.scheduler.url.clone())).await;
    assert_eq!(submit(&signpost.url, &[&signpost.url]).await, Event::Hitch);
    assert_eq!(around.scheduled().len(), 0);
    assert_eq!(submit(&around.scheduler.url, &[]).await, Event::Hitch);
    assert_eq!(around.scheduled().len(), 0);
}

#[tokio::test]
async fn a_fourth_redirect_is_one_too_many() {
    let around = Around::new().await;
    let mut signposts = vec![Signpost::start(Some(around.scheduler.url.clone())).await];
    for _hop in 0..3 {
        let next = Signpost::start(Some(signposts.last().unwrap().url.clone())).await;
        signposts.push(next);
    }
    let mut trusted: Vec<&Url> = signposts.iter().map(|signpost| &signpost.url).collect();
    trusted.push(&around.scheduler.url);
    assert!(matches!(
        submit(&signposts[2].url, &trusted).await,
        Event::Assigned(_)
    ));
    assert_eq!(submit(&signposts[3].url, &trusted).await, Event::Hitch);
}
