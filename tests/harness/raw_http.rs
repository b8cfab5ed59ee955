//! HTTP by hand, for what no decent client would send: broken requests, and slow ones.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Most bytes of an answer that are kept: an answer to nonsense is small.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How the server took what it was sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It answered with this status.
    Status(u16),
    /// It closed the connection without an answer.
    Closed,
    /// It did neither within the limit.
    Silent,
}

/// `127.0.0.1:port` of a url.
#[must_use]
pub fn authority(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

/// Connects to the unit behind `url`.
///
/// # Panics
/// Where it does not take connections any more, which is what the caller tests.
pub async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(authority(url))
        .await
        .unwrap_or_else(|error| panic!("{url} takes no connection: {error}"))
}

/// Sends `bytes` as they are and watches for at most `limit`.
pub async fn send(url: &str, bytes: &[u8], limit: Duration) -> Reaction {
    let mut stream = connect(url).await;
    // The server may close before it has read everything; its answer, or the lack of one, is what counts.
    let _cut_off_early = stream.write_all(bytes).await;
    reaction(&mut stream, limit).await
}

/// Sends `piece` again and again with pauses, until the server reacts or `limit` has passed.
pub async fn drip(
    url: &str,
    head: &[u8],
    piece: &[u8],
    pause: Duration,
    limit: Duration,
) -> Reaction {
    let mut stream = connect(url).await;
    let _cut_off_early = stream.write_all(head).await;
    let end = tokio::time::Instant::now() + limit;
    while tokio::time::Instant::now() < end {
        match reaction(&mut stream, pause).await {
            Reaction::Silent => {}
            reacted => return reacted,
        }
        if stream.write_all(piece).await.is_err() {
            return Reaction::Closed;
        }
    }
    Reaction::Silent
}

async fn reaction(stream: &mut TcpStream, limit: Duration) -> Reaction {
    let mut answer = Vec::new();
    let reading = async {
        let mut limited = stream.take(ANSWER_BYTES_MAX as u64);
        let mut buffer = [0; 4096];
        while !answer.ends_with(b"\r\n\r\n") && status(&answer).is_none() {
            match limited.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(read) => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
        }
    };
    let finished = tokio::time::timeout(limit, reading).await.is_ok();
    match (status(&answer), finished) {
        (Some(code), _) => Reaction::Status(code),
        (None, true) => Reaction::Closed,
        (None, false) => Reaction::Silent,
    }
}

/// The code of a status line that has come whole.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer
        .split(|byte| *byte == b'\r')
        .next()
        .filter(|line| line.len() < answer.len())?;
    std::str::from_utf8(line)
        .ok()?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_once_its_line_is_whole() {
        assert_eq!(status(b"HTTP/1.1 40"), None);
        assert_eq!(status(b"HTTP/1.1 408 Request Timeout\r\n"), Some(408));
        assert_eq!(authority("http://127.0.0.1:4103/"), "127.0.0.1:4103");
    }
}
