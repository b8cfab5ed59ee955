//! What messages about cases and reports can be refused with: 5.10 and section 6.

use super::Word;

/// In the order of the rules.
pub(super) const WORDS: &[Word] = &[
    (
        "5.10 slot",
        "the log has no such slot, or it is virtual, or before the first slot that can be challenged",
        "name a slot that the host has signed",
    ),
    (
        "5.10 epoch",
        "the slot's epoch has no lease that is live or held, or the evidence is too old",
        "nothing can be done about it any more",
    ),
    (
        "5.10 open",
        "a case is open on this slot",
        "answer that one, or wait until it is closed",
    ),
    (
        "5.10 done",
        "the slot is a no-op already",
        "nothing is left to be done",
    ),
    (
        "5.10 items",
        "no message is enclosed, or more than 64 are",
        "enclose 1 to 64",
    ),
    (
        "5.10 case",
        "none of the messages answers an open case on this process",
        "look at the process's cases; they may be closed",
    ),
    (
        "6 receipt",
        "not exactly one receipt of this process is enclosed",
        "enclose the one that its scheduler gave",
    ),
    (
        "6 fault",
        "Fault is none of Double, Chain and Tenure",
        "name one of them",
    ),
    (
        "6 slot",
        "Slot is missing or no count",
        "name the slot in which the fault shows",
    ),
    (
        "6 items",
        "the enclosures are not as many as this fault asks for, or not of this process",
        "enclose two receipts or records, for Tenure one",
    ),
    (
        "6 signer",
        "the signer was never a scheduler key of that operator",
        "enclose what the host's own key has signed",
    ),
    (
        "6 epoch",
        "no lease of that epoch is live or held, or the evidence is too old, or it is of two epochs",
        "nothing can be done about an old one; enclose evidence of one epoch",
    ),
    (
        "6 canonical",
        "the receipt's slot stands in the log as it was promised",
        "nothing is wrong with it",
    ),
    (
        "6 early",
        "the host still has time to publish",
        "try again `publish_within` blocks behind the receipt's stamp",
    ),
    (
        "6 stamp",
        "the receipt was stamped so late that the lease ended before it had to be published",
        "nothing can be done about it",
    ),
    (
        "6 slashed",
        "this epoch was slashed for it already",
        "nothing is left to be done",
    ),
    (
        "6 evidence",
        "what is enclosed shows no such fault",
        "compare both at this slot: message, chain, height and timestamp",
    ),
    (
        "6 case",
        "the court has no such case",
        "look for its number in the process's cases",
    ),
    (
        "6.1 late",
        "the fault is known, and the time to join its report is over",
        "nothing is left to be done",
    ),
    (
        "6.1 full",
        "16 have reported this fault",
        "nothing is left to be done",
    ),
    (
        "6.1 twice",
        "this sender has reported the fault before",
        "wait for the bounty",
    ),
    (
        "6.2 items",
        "no receipt is enclosed, or more than 64 are, or one is none",
        "enclose 1 to 64 receipts",
    ),
    (
        "6.2 case",
        "none of the receipts answers an open case",
        "look at the process's cases; they may be answered",
    ),
    (
        "6.3 items",
        "no message is enclosed, or more than 64 are, or one could not be sent to the process",
        "enclose 1 to 64 messages of at most 256 KiB with this process as target",
    ),
    (
        "6.3 twice",
        "one message is enclosed twice",
        "enclose each once",
    ),
    (
        "6.3 hosted",
        "nobody hosts the process now",
        "`aosec host list <process>` shows it",
    ),
    (
        "6.3 fees",
        "the fees named are below those in force",
        "`aosec stake show <operator>` shows the host's; name more",
    ),
    (
        "6.3 logged",
        "the message stands in the log: there is nothing to force",
        "read its result",
    ),
    (
        "6.4 answered",
        "the case is answered",
        "wait until its slot is published",
    ),
    (
        "6.4 late",
        "the message was mined after the case's deadline",
        "nothing is left to be done",
    ),
    (
        "6.4 full",
        "16 challengers have joined the case",
        "wait for its end",
    ),
    (
        "6.4 twice",
        "this sender has joined the case before",
        "wait for its end",
    ),
    (
        "6.5 case",
        "this is no unfinished or unpaid case of the process with this message",
        "look at the process's cases; it may be paid",
    ),
];
