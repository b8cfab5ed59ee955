//! What a refusal of the court means: its code as a sentence with the rule, the reason and the next step.

/// What each word of the message table says, and what to do.
const WORDS: [(&str, &str, &str); 34] = [
    ("2.5 child", "an enclosed item is bad", "sign it again"),
    (
        "2.10 genesis",
        "there is no court under this id: its genesis was refused",
        "deploy another one with `aosec origin deploy`",
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
        "4.4 stake",
        "free stake is below the process's Min-Allocation",
        "`aosec stake bond` more",
    ),
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
        "spawn it with --tag Origin=<this court>",
    ),
    (
        "5.1 period",
        "the spawn's Challenge-Period is out of bounds",
        "`aosec origin params` shows them",
    ),
    (
        "5.1 terms",
        "the spawn lacks Min-Allocation, Max-Fee or Hosting-Deposit",
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
];

/// The sentence.
#[must_use]
pub fn refused(code: &str) -> String {
    let known = WORDS.iter().find(|(word, ..)| *word == code);
    let (rule, word) = code.split_once(' ').unwrap_or((code, ""));
    match known {
        Some((_, why, next)) => {
            format!("the court refuses it by rule {rule} ({word}): {why}; {next}")
        }
        None => format!(
            "the court refuses it by rule {rule} ({word}): docs/PROTOCOL.md says the rule, contracts-lua/origin/README.md the word"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_rule_reason_and_next_step() {
        let said = refused("5.1 escrow");
        assert!(said.contains("rule 5.1") && said.contains("Hosting-Deposit"));
        assert!(said.contains("aosec host fund"));
        assert!(refused("9.9 new").contains("rule 9.9 (new)"));
        assert!(refused("odd").contains("rule odd"));
    }
}
