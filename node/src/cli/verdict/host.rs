//! What messages about hosting and its pay can be refused with: section 5.

use super::Word;

/// In the order of the rules.
pub(super) const WORDS: &[Word] = &[
    (
        "5.1 spawn",
        "the enclosed item is no spawn",
        "name the process",
    ),
    (
        "5.1 known",
        "the process has, or had, a host",
        "`aosec host list <process>` shows it",
    ),
    (
        "5.1 origin",
        "the spawn names another court, or none",
        "spawn it with --tag Origin=<this court>; one that exists already and names none is registered by its owner: `aosec origin register`",
    ),
    (
        "5.1 period",
        "the spawn's Challenge-Period is out of bounds",
        "`aosec origin params` shows them",
    ),
    (
        "5.1 terms",
        "the spawn's Min-Allocation, Max-Fee and Hosting-Deposit are not all there as amounts",
        "spawn it with these tags, in units of the token",
    ),
    (
        "5.1 rate",
        "the rate is not between 1 unit and the spawn's Max-Fee",
        "ask for less",
    ),
    (
        "5.1 cap",
        "a cap is above the spawn's Max-Fee",
        "ask for less",
    ),
    (
        "5.1 scheduler",
        "the spawn's Scheduler is no hot key of this operator",
        "sign with the operator whose scheduler it names",
    ),
    (
        "5.1 escrow",
        "the escrow is below the spawn's Hosting-Deposit",
        "`aosec host fund <process> <amount>` first",
    ),
    (
        "5.12 process",
        "the court does not know this process",
        "its host takes it with `aosec host take`",
    ),
    (
        "5.12 head",
        "the log has moved on meanwhile, or its newest part is not mined yet",
        "try again",
    ),
    (
        "5.12 items",
        "the enclosed heartbeats are none, too many, or lack a tag",
        "`aosec host heartbeat <process>` makes one as it must be",
    ),
    (
        "5.12 twice",
        "two of the heartbeats are for one process",
        "enclose one each",
    ),
    (
        "5.12 hosted",
        "nobody hosts the process now, so nobody is paid for it",
        "`aosec host list <process>` shows it; its host takes it with `aosec host take`",
    ),
    (
        "5.12 key",
        "the heartbeat is not by a scheduler key of the host that counts now",
        "sign with the keys of the node that hosts the process: --node-keys <folder>",
    ),
    (
        "5.12 height",
        "the heartbeat was said more than `publish_within` blocks before it was mined, or after",
        "send a new one",
    ),
    (
        "5.13 hosted",
        "nobody hosts the process now",
        "`aosec host list <process>` shows it",
    ),
    (
        "5.13 host",
        "another operator hosts the process",
        "sign with the operator that `aosec host list <process>` names",
    ),
    (
        "5.13 notice",
        "notice was given before",
        "wait until the lease has ended: `aosec host list <process>` shows it",
    ),
    (
        "5.14 arrears",
        "the escrow is dry, so the lease ends by itself after `arrears` blocks",
        "wait for its end, or go on with `aosec host fund <process> <amount>`",
    ),
    (
        "5.15 owner",
        "only the owner of the spawn registers a process",
        "sign with the owner's key",
    ),
    (
        "5.15 origin",
        "the spawn names a court already, and such a process needs no registration",
        "its host takes it with `aosec host take`",
    ),
    (
        "5.15 slot",
        "First-Slot is no slot from 1 on, or Legacy-Chain no chain",
        "name both as the log of the process has them",
    ),
    (
        "5.15 terms",
        "what the offer names is not what the process's owner has registered, maybe meanwhile",
        "`aosec host list <process>` shows what is registered now: take it anew if you agree",
    ),
];
