//! Who schedules what is not scheduled here: the way of a 307.

use std::pin::Pin;

use aosec_wire::{Address, Id};
use reqwest::Url;

use crate::locate::Locations;

/// The origin of a scheduler, once it is found.
pub type Found<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;

/// Who schedules what is not scheduled here.
pub trait Elsewhere: Send + Sync {
    /// The origin (without a slash at its end) of the scheduler of `process`, which is `scheduler` where the caller knows;
    /// none where nobody else has it.
    fn find<'a>(&'a self, process: Id, scheduler: Option<&'a Address>) -> Found<'a>;
}

/// A scheduler that knows of no other.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Elsewhere for Nowhere {
    fn find<'a>(&'a self, _process: Id, _scheduler: Option<&'a Address>) -> Found<'a> {
        Box::pin(std::future::ready(None))
    }
}

/// The schedulers that [`Locations`] finds, except this one: a process that names this scheduler and is not here is nowhere.
#[derive(Clone, Debug)]
pub struct OtherSchedulers {
    /// Where schedulers are looked up.
    pub locations: Locations,
    /// The root of this scheduler's own origin.
    pub own: Url,
}

impl Elsewhere for OtherSchedulers {
    fn find<'a>(&'a self, process: Id, scheduler: Option<&'a Address>) -> Found<'a> {
        Box::pin(async move {
            match self.locations.find(process, scheduler).await {
                Ok(url) if url.origin() == self.own.origin() => None,
                Ok(url) => Some(url.as_str().trim_end_matches('/').to_owned()),
                Err(error) => {
                    tracing::debug!(%error, %process, "a process is found nowhere");
                    None
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aosec_wire::SigningKey;

    use super::*;
    use crate::{
        arweave::gateway::Gateway,
        locate::{NoTable, Reach},
    };

    #[tokio::test]
    async fn another_scheduler_is_found_and_this_one_is_not() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let address = |seed| SigningKey::ed25519([seed; 32]).address().clone();
        let peers = [
            (address(1), url("http://own.example:4003")),
            (address(2), url("http://other.example:4103")),
        ];
        // Nobody listens there: what is not among the peers is found nowhere.
        let gateway = Gateway::new(vec![url("http://127.0.0.1:9")]).unwrap();
        let peers = BTreeMap::from(peers);
        let locations = Locations::new(NoTable, peers, gateway, Reach::Anywhere);
        let own = url("http://own.example:4003/");
        let elsewhere = OtherSchedulers { locations, own };
        let process = Id::new([5; 32]);
        let cases = [
            (1, None),
            (2, Some("http://other.example:4103".to_owned())),
            (3, None),
        ];
        for (seed, expected) in cases {
            let found = elsewhere.find(process, Some(&address(seed))).await;
            assert_eq!(found, expected, "key {seed}");
        }
    }
}
