//! What any message can be refused with, and what the genesis and the token can be: sections 2, 3 and 8, and 4.2.

use super::Word;

/// In the order of the rules.
pub(super) const WORDS: &[Word] = &[
    (
        "2.2 action",
        "the court knows no such action",
        "name one of the message table in contracts-lua/origin/README.md",
    ),
    (
        "2.4 unfunded",
        "the sender has less than the inbox fee",
        "`aosec origin params` shows the fee, `aosec origin balance <address>` what is there",
    ),
    ("2.5 child", "an enclosed item is bad", "sign it again"),
    (
        "2.8 names",
        "one message names 64 processes at most",
        "send several",
    ),
    (
        "2.10 genesis",
        "there is no court under this id: its genesis was refused",
        "deploy another one with `aosec origin deploy`",
    ),
    (
        "2.10 owner",
        "a genesis is by the key of the spawn",
        "deploy another court with `aosec origin deploy`",
    ),
    (
        "2.10 data",
        "the genesis does not have the five fields that it must have",
        "deploy another court with `aosec origin deploy`",
    ),
    (
        "3.1 recipient",
        "the recipient is no address",
        "write 43 characters of base64url, or 0x and 40 hexadecimal digits",
    ),
    (
        "3.1 amount",
        "the amount is not one above 0",
        "write tokens as 12 or 12.5",
    ),
    (
        "3.1 balance",
        "the sender has less than that",
        "`aosec origin balance <address>` shows what is there",
    ),
    (
        "3.1 balances",
        "the balances of the genesis are none, or not above 0, or not those of addresses, or too much together",
        "deploy another court with `aosec origin deploy`",
    ),
    (
        "4.2 unsafe",
        "the parameters of the genesis break one of the conditions that every court keeps",
        "deploy another court with `aosec origin deploy`",
    ),
    (
        "8 parameter",
        "a parameter of the genesis is missing, foreign or out of its bounds",
        "deploy another court with `aosec origin deploy`",
    ),
    (
        "8 bounds",
        "the parameters of the genesis contradict each other",
        "deploy another court with `aosec origin deploy`",
    ),
];
