//! Messages about cases, as challengers, hosts and hunters send them (PROTOCOL 6; contracts-lua/origin/README.md). Pure.
//!
//! What they enclose is signed by others already; what is made here is signed by whoever sends it. Whether the court will take it is
//! not judged here.

use aosec_wire::{Draft, Id, VerifiedItem};

use super::messages::{enclosing, message};

/// What a challenger pays at most (6.3), in units of the token.
#[derive(Clone, Copy, Debug)]
pub struct Fees<'a> {
    /// For a message.
    pub message: &'a str,
    /// For an answer; the bond is counted from it (6.4).
    pub answer: &'a str,
}

/// What a report says that its evidence shows (6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Two contents for one slot.
    Double,
    /// Two slots in a row whose chain does not follow.
    Chain,
    /// A signature for an epoch that its operator never held.
    Tenure,
}

impl Fault {
    /// As the tag says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Double => "Double",
            Self::Chain => "Chain",
            Self::Tenure => "Tenure",
        }
    }
}

/// `Challenge`: these messages, all for `process`, are to be given slots (6.3).
#[must_use]
pub fn challenge(origin: Id, process: Id, messages: &[VerifiedItem], fees: Fees<'_>) -> Draft {
    let draft = about(origin, "Challenge", process)
        .with("Fee", fees.message)
        .with("Answer-Fee", fees.answer);
    enclosing(draft.0, messages)
}

/// `Answer`: receipts for messages of open cases (6.2).
#[must_use]
pub fn answer(origin: Id, receipts: &[VerifiedItem]) -> Draft {
    enclosing(message(origin, "Answer"), receipts)
}

/// `Challenge-Publication`: this receipt is not in the log, and is late (6, row 3).
#[must_use]
pub fn challenge_publication(
    origin: Id,
    process: Id,
    receipt: &VerifiedItem,
    answer_fee: &str,
) -> Draft {
    let draft = about(origin, "Challenge-Publication", process).with("Answer-Fee", answer_fee);
    enclosing(draft.0, std::slice::from_ref(receipt))
}

/// `Challenge-Data`: the message of this slot cannot be had (5.10).
#[must_use]
pub fn challenge_data(origin: Id, process: Id, slot: u64, answer_fee: &str) -> Draft {
    about(origin, "Challenge-Data", process)
        .with("Slot", &slot.to_string())
        .with("Answer-Fee", answer_fee)
        .0
}

/// `Answer-Data`: here they are (5.10).
#[must_use]
pub fn answer_data(origin: Id, process: Id, messages: &[VerifiedItem]) -> Draft {
    enclosing(about(origin, "Answer-Data", process).0, messages)
}

/// `Report`: two receipts or records, or one, and the slot at which to look (6).
#[must_use]
pub fn report(
    origin: Id,
    process: Id,
    fault: Fault,
    slot: Option<u64>,
    evidence: &[VerifiedItem],
) -> Draft {
    let mut draft = about(origin, "Report", process).with("Fault", fault.word());
    if let Some(slot) = slot {
        draft = draft.with("Slot", &slot.to_string());
    }
    enclosing(draft.0, evidence)
}

/// `Settle` of a case: what the log says of its message counts now (6.5).
#[must_use]
pub fn settle(origin: Id, process: Id, case: u64, of: Id) -> Draft {
    about(origin, "Settle", process)
        .with("Case", &case.to_string())
        .with("Message", &of.to_string())
        .0
}

/// A draft whose first tag after the action names the process: what the court looks at (2.8).
struct About(Draft);

fn about(origin: Id, action: &str, process: Id) -> About {
    About(message(origin, action)).with("Process", &process.to_string())
}

impl About {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.tags = self.0.tags.with(name, value);
        self
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::{SigningKey, Tags, bundle};

    use super::*;

    fn item(number: u8) -> VerifiedItem {
        let draft = Draft {
            tags: Tags::new().with("Number", number.to_string()),
            ..Draft::default()
        };
        draft.sign(&SigningKey::ed25519([number; 32])).unwrap()
    }

    #[test]
    fn a_challenge_encloses_its_messages_and_says_what_it_pays() {
        let (origin, process) = (Id::new([1; 32]), Id::new([2; 32]));
        let fees = Fees {
            message: "1",
            answer: "20",
        };
        let draft = challenge(origin, process, &[item(3), item(4)], fees);
        let tag = |name| draft.tags.get(name).map(str::to_owned);
        assert_eq!(tag("Action").as_deref(), Some("Challenge"));
        assert_eq!(tag("Process"), Some(process.to_string()));
        assert_eq!(tag("Fee").as_deref(), Some("1"));
        assert_eq!(tag("Answer-Fee").as_deref(), Some("20"));
        assert_eq!(tag("Bundle-Format").as_deref(), Some("binary"));
        let children = bundle::build(&[item(3), item(4)]);
        assert_eq!(draft.data, children);
    }

    #[test]
    fn a_report_names_its_slot_where_it_has_one() {
        let (origin, process) = (Id::new([1; 32]), Id::new([2; 32]));
        let double = report(origin, process, Fault::Double, Some(7), &[item(3), item(4)]);
        assert_eq!(double.tags.get("Fault"), Some("Double"));
        assert_eq!(double.tags.get("Slot"), Some("7"));
        let tenure = report(origin, process, Fault::Tenure, None, &[item(3)]);
        assert_eq!(tenure.tags.get("Slot"), None);
    }
}
