//! What addresses, ids, chains, urls and labels must look like (3.1, 2.8, 5.15; `4 url` and genesis in the message table).
//!
//! They are compared as text and never decoded here.

/// Characters of an id, a chain, or an address that is a hash.
const HASH_CHARS: usize = 43;

/// Bytes of a url at most.
const URL_BYTES: usize = 256;

/// 43 characters of base64url: an id, a chain, an address of a key that is no Ethereum key.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == HASH_CHARS && text.bytes().all(base64url)
}

/// An address: a hash, or 0x and 40 hexadecimal digits (3.1).
#[must_use]
pub fn is_address(text: &str) -> bool {
    let ethereum = |hex: &str| hex.len() == 40 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash(text) || text.strip_prefix("0x").is_some_and(ethereum)
}

/// http or https, at most 256 bytes, printable ASCII without space.
#[must_use]
pub fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    rest.is_some_and(|rest| !rest.is_empty()) && text.len() <= URL_BYTES && printable
}

/// A name or ticker or logo of the genesis: its bytes within bounds, none a control character.
#[must_use]
pub fn is_label(text: &str, fewest: usize) -> bool {
    let control = |byte: u8| byte.is_ascii_control();
    (fewest..=64).contains(&text.len()) && !text.bytes().any(control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_hashes_are_told_from_other_texts() {
        let hash = "A-_z".repeat(11)[..43].to_owned();
        assert!(is_hash(&hash) && is_address(&hash));
        assert!(!is_hash(&hash[..42]) && !is_hash(&format!("{hash}A")));
        assert!(!is_hash(&hash.replace('z', "=")));
        let ethereum = format!("0x{}", "aB".repeat(20));
        assert!(is_address(&ethereum) && !is_hash(&ethereum));
        assert!(!is_address(&ethereum[..41]) && !is_address(&ethereum.replace('B', "g")));
    }

    #[test]
    fn urls_are_short_printable_and_of_the_web() {
        assert!(is_url("http://a") && is_url("https://a.example/x?y"));
        for text in [
            "",
            "ftp://a",
            "http://a b",
            "http://a\n",
            "http://ä",
            "HTTP://a",
        ] {
            assert!(!is_url(text), "{text}");
        }
        let long = |bytes: usize| format!("http://{}", "a".repeat(bytes - 7));
        assert!(is_url(&long(256)) && !is_url(&long(257)));
    }
}
