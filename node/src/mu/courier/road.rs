//! Where a redirect may lead: to another origin, never in a circle, and not for ever.
//!
//! Redirects between units keep only the origin: path and query stay ours. Pure: whether an origin lies within reach is asked of
//! [`crate::locate::Reach`].

use reqwest::Url;

/// Redirects followed for one request: a router and one takeover, and one more.
pub(super) const HOPS_MAX: usize = 3;

/// Why a place is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RoadError {
    /// Not http, or with credentials inside.
    #[error("'{0}' is no plain http(s) address")]
    NotPlain(String),
    /// More than [`HOPS_MAX`].
    #[error("it redirects more than {HOPS_MAX} times")]
    TooManyHops,
    /// Back to where we were.
    #[error("it redirects in a circle, back to {0}")]
    Circle(String),
}

/// The way of one request so far.
#[derive(Clone, Debug)]
pub(super) struct Road {
    path_and_query: String,
    origins: Vec<String>,
}

impl Road {
    /// Begins at `url`, whose path and query every later hop keeps.
    pub(super) fn begin(url: &Url) -> Result<Self, RoadError> {
        check_plain(url)?;
        let path_and_query = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self {
            path_and_query,
            origins: vec![origin(url)],
        })
    }

    /// The next request, after the place at the end of the road answered with `location`.
    pub(super) fn follow(&mut self, current: &Url, location: &str) -> Result<Url, RoadError> {
        let not_plain = || RoadError::NotPlain(crate::http::body::clip(location));
        let target = current.join(location).map_err(|_bad| not_plain())?;
        check_plain(&target)?;
        let origin = origin(&target);
        if self.origins.contains(&origin) {
            return Err(RoadError::Circle(origin));
        }
        if self.origins.len() > HOPS_MAX {
            return Err(RoadError::TooManyHops);
        }
        let next = format!("{origin}{}", self.path_and_query);
        self.origins.push(origin);
        Url::parse(&next).map_err(|_bad| not_plain())
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn check_plain(url: &Url) -> Result<(), RoadError> {
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(())
    } else {
        Err(RoadError::NotPlain(crate::http::body::clip(url.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_redirect_keeps_path_and_query_and_takes_the_origin_alone() {
        let start = url("http://a.example/?process-id=p&assign=m");
        let mut road = Road::begin(&start).unwrap();
        let next = road
            .follow(&start, "https://b.example:8443/other?x=1")
            .unwrap();
        assert_eq!(
            next.as_str(),
            "https://b.example:8443/?process-id=p&assign=m"
        );
    }

    #[test]
    fn circles_and_long_roads_are_refused() {
        let start = url("http://a.example/");
        let mut road = Road::begin(&start).unwrap();
        assert!(matches!(
            road.follow(&start, "/elsewhere"),
            Err(RoadError::Circle(_))
        ));
        let mut at = start;
        for place in ["http://b.example", "http://c.example", "http://d.example"] {
            at = road.follow(&at, place).unwrap();
        }
        assert!(matches!(
            road.follow(&at, "http://b.example"),
            Err(RoadError::Circle(_))
        ));
        assert_eq!(
            road.follow(&at, "http://e.example"),
            Err(RoadError::TooManyHops)
        );
    }

    #[test]
    fn only_plain_http_is_followed() {
        let start = url("http://a.example/");
        for bad in [
            "file:///etc/passwd",
            "ftp://b.example",
            "http://u:p@b.example/",
            "gopher://x",
            "http://",
        ] {
            let mut road = Road::begin(&start).unwrap();
            assert!(
                matches!(road.follow(&start, bad), Err(RoadError::NotPlain(_))),
                "{bad}"
            );
        }
    }
}
