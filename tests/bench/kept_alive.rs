//! The cheapest honest client: one kept connection, one request at a time, so that little of the machine goes to the generator.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use aosec_tests::harness::raw_http::authority;

/// Head and body of an answer of a unit to a message: some 2 KiB.
const ANSWER_BYTES: usize = 4_096;

/// How a unit answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The item is taken.
    Taken,
    /// The same may be taken later.
    NotNow,
    /// It is refused.
    Refused,
}

/// A connection and the room for its answers.
pub(crate) struct KeptAlive {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl KeptAlive {
    /// Connects to the unit at `url`.
    pub(crate) async fn to(url: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(authority(url)).await?;
        stream.set_nodelay(true)?;
        let host = authority(url);
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\nContent-Length: "
        );
        Ok(Self {
            stream,
            head,
            answer: Vec::with_capacity(ANSWER_BYTES),
        })
    }

    /// Posts an item. The whole answer is awaited.
    pub(crate) async fn post(&mut self, item: &[u8]) -> std::io::Result<Answer> {
        let mut request = Vec::with_capacity(self.head.len() + item.len() + 16);
        request.extend_from_slice(self.head.as_bytes());
        request.extend_from_slice(format!("{}\r\n\r\n", item.len()).as_bytes());
        request.extend_from_slice(item);
        self.stream.write_all(&request).await?;
        self.answer.clear();
        while !is_whole(&self.answer) {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(match self.answer.get(..12) {
            Some([.., b'2', _, _]) => Answer::Taken,
            Some(b"HTTP/1.1 503") => Answer::NotNow,
            _ => Answer::Refused,
        })
    }

    /// The last answer, for a failure.
    pub(crate) fn last(&self) -> String {
        String::from_utf8_lossy(&self.answer).into_owned()
    }
}

/// True once the head and as many bytes as it announces are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head_end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head =
        String::from_utf8_lossy(answer.get(..head_end).unwrap_or_default()).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0);
    answer.len() >= head_end + 4 + length
}
