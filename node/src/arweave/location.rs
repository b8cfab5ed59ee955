//! Scheduler-Location: where a scheduler answers, said by the scheduler itself (WIRE 2, D11).
//!
//! The item is signed by the scheduler's key, which belongs to the guard of the SU; this file makes the draft, hands it to whoever
//! holds the key, and puts the signed item on the base layer. Looking locations up is [`crate::locate`].

use std::time::Duration;

use aosec_wire::{Draft, ItemError, Tags, VerifiedItem};
use bytes::Bytes;
use reqwest::Url;

use super::bundler::Bundler;
use crate::shutdown::Shutdown;

/// Where a scheduler answers, and for how long that may be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The root of the scheduler's origin.
    pub url: Url,
    /// Time to live in milliseconds.
    pub ttl_ms: u64,
}

/// The holder of the scheduler's key.
pub trait SignLocation: Send + Sync + 'static {
    /// Signs a Scheduler-Location.
    ///
    /// # Errors
    /// Where the draft is over a limit.
    fn sign_location(&self, draft: Draft) -> Result<VerifiedItem, ItemError>;
}

impl<F> SignLocation for F
where
    F: Fn(Draft) -> Result<VerifiedItem, ItemError> + Send + Sync + 'static,
{
    fn sign_location(&self, draft: Draft) -> Result<VerifiedItem, ItemError> {
        self(draft)
    }
}

/// The unsigned item that says so. `now_ms` makes a repeated statement a new item: the newest one counts.
#[must_use]
pub fn draft(location: &Location, now_ms: u64) -> Draft {
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Scheduler-Location")
        .with("Url", location.url.as_str().trim_end_matches('/'))
        .with("Time-To-Live", location.ttl_ms.to_string())
        .with("Timestamp", now_ms.to_string());
    // Old clients' libraries do not write items without data.
    Draft {
        target: None,
        anchor: None,
        tags,
        data: Bytes::from_static(b" "),
    }
}

/// What the tags of a Scheduler-Location say; none if one of the demanded tags is absent or does not read.
pub fn read<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Location> {
    let is_location =
        tag("Data-Protocol") == Some("ao") && tag("Type") == Some("Scheduler-Location");
    let location = Location {
        url: tag("Url")?.parse().ok()?,
        ttl_ms: tag("Time-To-Live")?.parse().ok()?,
    };
    (is_location && matches!(location.url.scheme(), "http" | "https")).then_some(location)
}

/// Publishes `location` now and each half of its time to live, until `shutdown` is told. A failure is logged and tried again at
/// the next turn.
pub async fn announce(
    location: Location,
    signer: impl SignLocation,
    bundler: Bundler,
    now_ms: impl Fn() -> u64 + Send,
    shutdown: Shutdown,
) {
    let every = Duration::from_millis(location.ttl_ms / 2).max(ANNOUNCE_EVERY_MIN);
    let forever = async {
        loop {
            match signer.sign_location(draft(&location, now_ms())) {
                Ok(item) => put(&bundler, item, &location).await,
                Err(error) => tracing::error!(%error, "the scheduler's location cannot be signed"),
            }
            tokio::time::sleep(every).await;
        }
    };
    tokio::select! {
        () = shutdown.told() => {}
        () = forever => {}
    }
}

async fn put(bundler: &Bundler, item: VerifiedItem, location: &Location) {
    match bundler
        .post_data(vec![item.bytes().clone()], Tags::new())
        .await
    {
        Ok(id) => {
            tracing::debug!(%id, url = %location.url, "published where the scheduler answers")
        }
        Err(error) => {
            tracing::warn!(%error, "publishing where the scheduler answers failed; trying again later");
        }
    }
}

/// Shortest pause between two announcements: each costs a transaction.
const ANNOUNCE_EVERY_MIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;

    use super::*;

    #[test]
    fn what_is_drafted_reads_back() {
        let location = Location {
            url: "http://127.0.0.1:4003/".parse().unwrap(),
            ttl_ms: 10_000,
        };
        let item = draft(&location, 7)
            .sign(&SigningKey::ed25519([1; 32]))
            .unwrap();
        assert_eq!(item.tags().get("Url"), Some("http://127.0.0.1:4003"));
        assert_eq!(read(|name| item.tags().get(name)), Some(location));
    }

    #[test]
    fn a_location_without_its_tags_is_none() {
        let good = [
            ("Data-Protocol", "ao"),
            ("Type", "Scheduler-Location"),
            ("Url", "https://su.example"),
            ("Time-To-Live", "5"),
        ];
        let read_all = |tags: &[(&'static str, &'static str)]| {
            let tags = tags.to_vec();
            read(|name| {
                tags.iter()
                    .find(|(found, _)| *found == name)
                    .map(|(_, value)| *value)
            })
        };
        assert!(read_all(&good).is_some());
        for left_out in 0..good.len() {
            let mut tags = good.to_vec();
            tags.remove(left_out);
            assert!(read_all(&tags).is_none(), "{left_out}");
        }
        for url in ["ftp://x", "su.example", "file:///etc"] {
            assert!(read_all(&[good[0], good[1], ("Url", url), good[3]]).is_none());
        }
    }
}
