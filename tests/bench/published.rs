//! A token's log as its scheduler put it on a base layer: signed beforehand, so that a reader alone is measured.

use aosec_tests::harness::published::Log;

use super::module::{HOLDERS, token};

/// A token, its money, and so many slots in all.
pub(crate) fn token_log(slots: usize) -> Log {
    let mut log = Log::begin(&[("Name", "token")]);
    log.send(&[("Action", "Eval")], token());
    let mint = [("Action", "Mint"), ("Quantity", "1000000000000")];
    log.send(&mint, String::new());
    for number in log.slots()..slots {
        let recipient = format!("{:043}", number as u64 % HOLDERS);
        let transfer = [
            ("Action", "Transfer"),
            ("Recipient", recipient.as_str()),
            ("Quantity", "7"),
        ];
        log.send(&transfer, String::new());
    }
    log
}
