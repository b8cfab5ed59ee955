//! What messages about operators and their stake can be refused with: section 4.

use super::Word;

/// In the order of the rules.
pub(super) const WORDS: &[Word] = &[
    (
        "4 operator",
        "this address is no operator's",
        "`aosec origin operators` lists them; `aosec stake bond` makes one",
    ),
    (
        "4 owner",
        "only the owner of the operator may do this",
        "sign with the owner's key",
    ),
    (
        "4 state",
        "the operator is not bonded now",
        "`aosec stake show <operator>` says in which state it is; a first bond works after `activation` blocks",
    ),
    (
        "4 tombstoned",
        "the operator has signed two histories and is barred for ever",
        "take out what is left with `aosec stake unbond`",
    ),
    (
        "4 unbonding",
        "the operator is leaving, and its stake is not out yet",
        "`aosec stake withdraw` first, once it is ripe",
    ),
    (
        "4 min-bond",
        "the bond would be, or is, below `min_bond`",
        "`aosec origin params` shows how much it takes; unbond everything or less",
    ),
    (
        "4 url",
        "the url is not http or https of at most 256 printable characters",
        "give another --url",
    ),
    (
        "4 allocated",
        "that much of the bond stands for live leases",
        "unbond less, or leave processes with `aosec host leave`",
    ),
    (
        "4 entries",
        "32 parts are on their way out already",
        "`aosec stake withdraw` what is ripe",
    ),
    (
        "4 unripe",
        "nothing is ripe yet",
        "`aosec stake show <operator>` says when it is",
    ),
    (
        "4 named",
        "an open case names the operator",
        "wait until it is closed",
    ),
    (
        "4 jailed",
        "the operator is barred from new leases for a time",
        "`aosec stake show <operator>` says until when",
    ),
    (
        "4 nothing",
        "the update names nothing to change",
        "name a url, a fee, an answer fee or a new scheduler key",
    ),
    (
        "4.1 leases",
        "an operator hosts 256 processes at most",
        "leave one with `aosec host leave`",
    ),
    (
        "4.3 items",
        "the enclosed words of the keys are not those that are asked for",
        "bond with --url and the node's own keys",
    ),
    (
        "4.3 same",
        "owner, operator and hot key are not three keys",
        "use a key for one role alone",
    ),
    (
        "4.3 role",
        "one of the keys serves another operator, or another role",
        "use a key for one role alone",
    ),
    (
        "4.3 used",
        "the hot key was used before",
        "make a new scheduler key",
    ),
    (
        "4.3 changing",
        "an older scheduler key still counts beside the present one",
        "try again once it has run out",
    ),
    (
        "4.4 stake",
        "free stake is below the process's Min-Allocation",
        "`aosec stake bond` more",
    ),
    (
        "4.6 floor",
        "the fee for an answer, or the cap on it, is below `answer_fee_floor`",
        "`aosec origin params` shows it; ask for more, as `aosec host take` does with --answer-cap",
    ),
    (
        "4.7 items",
        "the enclosed word of the authority key is not the one that is asked for",
        "`aosec stake authorize` with the node's own keys makes it",
    ),
    (
        "4.7 used",
        "this authority key stands, or stood, in an operator's record",
        "make a new authority key",
    ),
    (
        "4.7 full",
        "4 authority keys stand for this operator",
        "take one back with `aosec stake revoke <key>`",
    ),
    (
        "4.7 key",
        "no such authority key stands for this operator",
        "`aosec stake show <operator>` lists them",
    ),
];
