//! Reading an item as an assignment. What is written twice, or in a second form, is no assignment.

use super::Assignment;
use crate::error::AssignmentError;
use crate::id::Id;
use crate::item::VerifiedItem;
use crate::limits::EXCLUDES_MAX;
use crate::message::DATA_PROTOCOL;
use crate::tags::Tags;

const ID_FORM: &str = "a 43-character id";
const NUMBER_FORM: &str = "a decimal number without leading zero";
const HEIGHT_FORM: &str = "twelve digits";
const HEIGHT_DIGITS: usize = 12;

impl Assignment {
    /// The assignment that an item is.
    pub fn from_item(item: VerifiedItem) -> Result<Self, AssignmentError> {
        let tags = item.tags();
        verify_text(tags, "Data-Protocol", DATA_PROTOCOL)?;
        verify_text(tags, "Type", "Assignment")?;
        if !item.data().is_empty() {
            return Err(AssignmentError::Data);
        }
        let nonce = number(tags, "Nonce")?;
        Ok(Self {
            process: required(optional_id(tags, "Process")?, "Process")?,
            epoch: number(tags, "Epoch")?,
            nonce,
            message: message(tags, nonce)?,
            height: height(tags)?,
            timestamp: number(tags, "Timestamp")?,
            hash_chain: required(optional_id(tags, "Hash-Chain")?, "Hash-Chain")?,
            log_chain: optional_id(tags, "Log-Chain")?,
            exclude: exclude(tags)?,
            item,
        })
    }
}

fn verify_text(
    tags: &Tags,
    tag: &'static str,
    expected: &'static str,
) -> Result<(), AssignmentError> {
    match once(tags, tag)? {
        Some(value) if value == expected => Ok(()),
        Some(_) => Err(AssignmentError::Value { tag, expected }),
        None => Err(AssignmentError::Missing(tag)),
    }
}

fn message(tags: &Tags, nonce: u64) -> Result<Option<Id>, AssignmentError> {
    match optional_id(tags, "Message")? {
        None if nonce > 0 => Err(AssignmentError::NoMessage(nonce)),
        message => Ok(message),
    }
}

fn height(tags: &Tags) -> Result<u64, AssignmentError> {
    let wrong = AssignmentError::Value {
        tag: "Block-Height",
        expected: HEIGHT_FORM,
    };
    let text = required(once(tags, "Block-Height")?, "Block-Height")?;
    let digits = text.len() == HEIGHT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let height = text.parse().ok().filter(|_| digits);
    height.ok_or(wrong)
}

fn exclude(tags: &Tags) -> Result<Vec<String>, AssignmentError> {
    let fields: Vec<_> = tags.all("Exclude").map(str::to_owned).collect();
    match fields.len() > EXCLUDES_MAX {
        true => Err(AssignmentError::Repeated("Exclude")),
        false => Ok(fields),
    }
}

fn number(tags: &Tags, tag: &'static str) -> Result<u64, AssignmentError> {
    let text = required(once(tags, tag)?, tag)?;
    let number = text
        .parse::<u64>()
        .ok()
        .filter(|number| number.to_string() == text);
    number.ok_or(AssignmentError::Value {
        tag,
        expected: NUMBER_FORM,
    })
}

fn optional_id(tags: &Tags, tag: &'static str) -> Result<Option<Id>, AssignmentError> {
    let text = once(tags, tag)?;
    text.map(str::parse)
        .transpose()
        .map_err(|_| AssignmentError::Value {
            tag,
            expected: ID_FORM,
        })
}

fn once<'a>(tags: &'a Tags, tag: &'static str) -> Result<Option<&'a str>, AssignmentError> {
    let mut values = tags.all(tag);
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(AssignmentError::Repeated(tag)),
    }
}

fn required<T>(value: Option<T>, tag: &'static str) -> Result<T, AssignmentError> {
    value.ok_or(AssignmentError::Missing(tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::{AssignmentPlan, Chain};
    use crate::item::Draft;
    use crate::keys::SigningKey;

    fn plan() -> AssignmentPlan {
        AssignmentPlan {
            process: Id::new([1; 32]),
            epoch: 2,
            nonce: 7,
            message: Some(Id::new([2; 32])),
            height: 1_500_000,
            timestamp: 1_700_000_000_123,
            chain: Chain::genesis(Id::new([1; 32])),
            exclude: vec!["Data".to_owned()],
            base_layer: false,
        }
    }

    fn read(draft: &Draft) -> Result<Assignment, AssignmentError> {
        Assignment::from_item(draft.sign(&SigningKey::ed25519([5; 32])).unwrap())
    }

    fn with(tag: &str, value: &str) -> Draft {
        let plain = plan().draft();
        let changed = |(name, old)| (name, if name == tag { value } else { old });
        Draft {
            tags: plain.tags.iter().map(changed).collect(),
            ..Draft::default()
        }
    }

    fn without(tag: &str) -> Draft {
        let plain = plan().draft();
        let tags = plain.tags.iter().filter(|(name, _)| *name != tag).collect();
        Draft {
            tags,
            ..Draft::default()
        }
    }

    #[test]
    fn an_assignment_says_what_was_planned() {
        let (plan, read) = (plan(), read(&plan().draft()).unwrap());
        assert_eq!(
            (read.process(), read.message()),
            (plan.process, plan.message)
        );
        assert_eq!((read.epoch(), read.nonce()), (plan.epoch, plan.nonce));
        assert_eq!(
            (read.height(), read.timestamp()),
            (plan.height, plan.timestamp)
        );
        assert_eq!(read.chain(), Some(plan.chain));
        assert_eq!(read.exclude(), plan.exclude);
    }

    #[test]
    fn foreign_schedulers_write_no_log_chain() {
        let read = read(&without("Log-Chain")).unwrap();
        assert_eq!((read.log_chain(), read.chain()), (None, None));
        assert_eq!(read.hash_chain(), plan().chain.hash);
    }

    #[test]
    fn slot_nought_may_be_the_process_itself() {
        let slot = |nonce| AssignmentPlan {
            nonce,
            message: None,
            ..plan()
        };
        assert_eq!(read(&slot(0).draft()).unwrap().message(), None);
        assert_eq!(read(&slot(1).draft()), Err(AssignmentError::NoMessage(1)));
    }

    #[test]
    fn an_absent_or_repeated_tag_makes_no_assignment() {
        let needed = "Process Epoch Nonce Hash-Chain Block-Height Timestamp Data-Protocol Type";
        for tag in needed.split(' ') {
            assert_eq!(
                read(&without(tag)).unwrap_err().to_string(),
                format!("the assignment has no {tag} tag")
            );
        }
        for tag in needed.split(' ').chain(["Message", "Log-Chain"]) {
            let mut draft = plan().draft();
            let again = draft.tags.get(tag).unwrap().to_owned();
            draft.tags.push(tag, again);
            assert!(
                matches!(read(&draft), Err(AssignmentError::Repeated(_))),
                "{tag}"
            );
        }
    }

    #[test]
    fn a_second_form_of_a_value_makes_no_assignment() {
        let not_canonical = format!("{}B", "A".repeat(42));
        let cases = [
            ("Nonce", "07"),
            ("Nonce", "+7"),
            ("Nonce", "-7"),
            ("Nonce", "7 "),
            ("Nonce", "18446744073709551616"),
            ("Epoch", "0x2"),
            ("Timestamp", "1.7e12"),
            ("Block-Height", "1500000"),
            ("Block-Height", "+00001500000"),
            ("Block-Height", "0000001500000"),
            ("Process", "short"),
            ("Message", &not_canonical),
            ("Hash-Chain", "x"),
            ("Log-Chain", "x"),
            ("Type", "Message"),
            ("Data-Protocol", "AO"),
        ];
        for (tag, value) in cases {
            let wrong = read(&with(tag, value)).unwrap_err();
            assert!(
                matches!(wrong, AssignmentError::Value { tag: named, .. } if named == tag),
                "{tag}"
            );
        }
        let loud = Draft {
            data: "x".into(),
            ..plan().draft()
        };
        assert_eq!(read(&loud), Err(AssignmentError::Data));
    }
}
