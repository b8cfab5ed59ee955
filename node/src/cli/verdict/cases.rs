//! What messages about cases can be refused with: 5.10 and section 6.

use super::Word;

/// In the order of the rules.
pub(super) const WORDS: &[Word] = &[
    (
        "5.10 slot",
        "the log has no such slot that a host signed under this court",
        "name a slot of the log, from its first signed one on",
    ),
    (
        "5.10 epoch",
        "nobody can be slashed for the epoch of that slot any more",
        "`aosec host list <process>` shows whose it is",
    ),
    (
        "5.10 open",
        "a case about this slot is open",
        "`aosec challenge list --process <process>` shows it",
    ),
    (
        "5.10 done",
        "this slot does nothing already: nobody had its message",
        "nothing is left to do",
    ),
    (
        "5.10 items",
        "the message encloses none, or more than 64",
        "`aosec challenge supply <message>` makes it as it must be",
    ),
    (
        "5.10 case",
        "no open case asks for this message, or its deadline is over",
        "`aosec challenge list --process <process>` shows what is asked for",
    ),
    (
        "6 case",
        "there is no such case",
        "`aosec challenge list` shows them",
    ),
    (
        "6 receipt",
        "the enclosed item is no receipt of this process",
        "enclose the signed assignment",
    ),
    (
        "6 epoch",
        "nobody can be accused for this epoch: it has no lease that is live or held, or the evidence is too old",
        "`aosec host list <process>` shows its hosts",
    ),
    (
        "6 signer",
        "the signer is no hot key of the host, or of no operator at all",
        "only what a bonded operator signed is evidence",
    ),
    (
        "6 canonical",
        "the receipt stands in the log already",
        "nothing is left to do",
    ),
    (
        "6 early",
        "the host still has time to publish it",
        "wait until `publish_within` blocks after its stamp are over",
    ),
    (
        "6 stamp",
        "it was stamped so late that its host had no time left to publish it",
        "a new host or Arweave orders the message",
    ),
    (
        "6 slashed",
        "the host of this epoch was slashed for it",
        "nothing is left to do",
    ),
    (
        "6 fault",
        "the court knows no such fault",
        "name Double, Chain or Tenure",
    ),
    ("6 slot", "no slot is named", "name it with --slot <number>"),
    (
        "6 items",
        "the evidence is not complete, or of another process",
        "enclose two receipts or log records, for tenure one",
    ),
    (
        "6 evidence",
        "the evidence shows no fault at this slot",
        "`aosec origin message <id>` shows what was sent; compare the two by hand",
    ),
    (
        "6.1 late",
        "the fault is known, and the time to join its bounty is over",
        "nothing is left to do",
    ),
    (
        "6.1 full",
        "16 have reported this fault",
        "nothing is left to do",
    ),
    (
        "6.1 twice",
        "you have reported this fault",
        "wait for the bounty",
    ),
    (
        "6.2 items",
        "the answer encloses none, more than 64, or something that is no receipt",
        "`aosec challenge answer` makes it as it must be",
    ),
    (
        "6.2 case",
        "no open case is answered by these receipts in time",
        "`aosec challenge list --process <process>` shows the cases",
    ),
    (
        "6.3 items",
        "the challenge encloses none, more than 64, or something that is no message for this process of at most 256 KiB",
        "`aosec challenge open` makes it as it must be",
    ),
    (
        "6.3 twice",
        "one message is enclosed twice",
        "enclose each once",
    ),
    (
        "6.3 hosted",
        "the process has no host to challenge",
        "its messages go into its inbox: send it again by any node",
    ),
    (
        "6.3 fees",
        "the fees in force are above those that the challenge named",
        "try again: `aosec challenge open` names those of now",
    ),
    (
        "6.3 logged",
        "the message stands in the log already",
        "`aosec process result <process> <message>` shows what it did",
    ),
    (
        "6.4 answered",
        "the case of this message is answered",
        "`aosec challenge list --process <process>` shows with which slot",
    ),
    (
        "6.4 late",
        "the deadline of the case of this message is over",
        "`aosec challenge list --process <process>` shows how it ends",
    ),
    (
        "6.4 full",
        "16 challengers have joined this case",
        "`aosec challenge list --process <process>` shows it",
    ),
    (
        "6.4 twice",
        "you are a challenger of this case",
        "`aosec challenge watch <case>` waits for its end",
    ),
    (
        "6.5 case",
        "this is no unfinished case of this process with this message",
        "`aosec challenge show <case>` shows it",
    ),
];
