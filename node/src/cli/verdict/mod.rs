//! What a refusal of the court means: its code as a sentence with the rule, the reason and the next step.
//!
//! One file of words a section of the law; the message table (contracts-lua/origin/README.md) says which words there are.

mod cases;
mod host;
mod messages;
mod stake;

/// A code of the message table, what it says, and what to do.
type Word = (&'static str, &'static str, &'static str);

const WORDS: [&[Word]; 4] = [messages::WORDS, stake::WORDS, host::WORDS, cases::WORDS];

/// The sentence.
#[must_use]
pub fn refused(code: &str) -> String {
    let known = WORDS.iter().copied().flatten();
    let known = known.copied().find(|(word, ..)| *word == code);
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_refusal_names_rule_reason_and_next_step() {
        let said = refused("5.1 escrow");
        assert!(said.contains("rule 5.1") && said.contains("Hosting-Deposit"));
        assert!(said.contains("aosec host fund"));
        assert!(refused("9.9 new").contains("rule 9.9 (new)"));
        assert!(refused("odd").contains("rule odd"));
    }

    const TABLE: &str = include_str!("../../../../contracts-lua/origin/README.md");

    /// A rule's number, a space and a word.
    fn is_code(text: &str) -> bool {
        let Some((rule, word)) = text.split_once(' ') else {
            return false;
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        rule.split('.').all(digits) && !word.is_empty() && word.bytes().all(letters)
    }

    #[test]
    fn every_code_of_the_message_table_has_its_sentence_and_no_other_has() {
        let table: BTreeSet<&str> = TABLE.split('`').filter(|text| is_code(text)).collect();
        let known: Vec<&str> = WORDS.concat().iter().map(|(code, ..)| *code).collect();
        let once: BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(once.len(), known.len(), "a code stands twice");
        assert_eq!(once, table);
        assert!(
            table.contains("5.14 arrears") && table.len() > 50,
            "the table is read"
        );
    }
}
