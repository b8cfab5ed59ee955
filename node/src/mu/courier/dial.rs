//! The two HTTP clients of the messenger: one for places the operator named, one for places that strangers named.
//!
//! The second goes to public addresses alone, by what a name stands for at the moment of connecting.

use std::time::Duration;

use reqwest::{Client, Url};

use crate::locate::{Reach, Unreachable};

/// One whole request: a scheduler that has not answered in the first hop's own ten seconds is asked again later.
const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// The pair of clients.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    open: Client,
    screened: Client,
}

impl Dial {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = |reach: Reach| reach.client().timeout(REQUEST_DEADLINE).build();
        Ok(Self {
            open: client(Reach::Anywhere)?,
            screened: client(Reach::Public)?,
        })
    }

    /// The client that may ask `url`.
    pub(super) async fn towards(&self, url: &Url, trusted: bool) -> Result<&Client, Unreachable> {
        let (reach, client) = match trusted {
            true => (Reach::Anywhere, &self.open),
            false => (Reach::Public, &self.screened),
        };
        reach.check(url).await?;
        Ok(client)
    }
}
