//! Requests as a stranger makes them, each with a bound on its time.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

/// Over the longest time that a unit may keep an honest caller waiting (the MU tries an SU for 10 s).
const REQUEST_DEADLINE: Duration = Duration::from_secs(30);

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    /// Its body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The text of `{"error": ...}`; none where the body is not of that shape.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        self.json().get("error")?.as_str().map(str::to_owned)
    }

    /// True where the status says "taken".
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The client of all tests. Connections are kept, redirects are not followed.
///
/// # Panics
/// Where the system has no means to make one.
pub fn client() -> &'static reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let builder = reqwest::Client::builder()
            .timeout(REQUEST_DEADLINE)
            .no_proxy();
        // A connection kept in the pool of one test's runtime dies with it, and must not be met by the next test.
        let builder = builder
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0);
        builder.build().expect("a client of plain HTTP")
    })
}

/// GET.
///
/// # Errors
/// Where no whole answer came.
pub async fn get(url: &str) -> reqwest::Result<Answer> {
    answer(client().get(url).send().await?).await
}

/// POST of an item.
///
/// # Errors
/// Where no whole answer came.
pub async fn post_item(url: &str, item: Bytes) -> reqwest::Result<Answer> {
    let request = client()
        .post(url)
        .header("content-type", "application/octet-stream")
        .body(item);
    answer(request.send().await?).await
}

/// Status and body.
///
/// # Errors
/// Where the body broke off.
pub async fn answer(response: reqwest::Response) -> reqwest::Result<Answer> {
    Ok(Answer {
        status: response.status().as_u16(),
        text: response.text().await?,
    })
}

/// True where a GET succeeds.
pub async fn is_success(url: &str) -> bool {
    get(url).await.is_ok_and(|answer| answer.is_success())
}
