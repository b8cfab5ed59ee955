//! What an outcome of the court says about money for a messenger. Pure.
//!
//! A payment is a `Transfer` of the court's token to the messenger's payee whose tag [`CREDIT_TAG`] names the address that may spend it:
//! who pays and who sends may be two. Money goes back by a `Transfer` of the payee with the tag [`REFUND_TAG`]. Both are read from the
//! Credit-Notice that the contract itself has sent, so a `Transfer` with `Cast`, of which nobody is told, pays for nothing.
//!
//! Deliberately absent: whether a payment is counted ([`super::fees`]), and which blocks are firm.

use aosec_wire::Address;
use serde::Deserialize;

use super::fees::Way;

/// Names the address whose credit a Transfer pays for. The contract passes tags of this beginning on to its notices.
pub const CREDIT_TAG: &str = "X-Messenger-Credit";
/// Marks a Transfer that gives credit back to its recipient.
pub const REFUND_TAG: &str = "X-Messenger-Refund";
/// What stands in every outcome that is to be read.
pub const MARK: &str = "X-Messenger-";

/// Money that went to a messenger, or back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Whose credit it changes.
    pub account: Address,
    /// Which way it went.
    pub way: Way,
    /// How much.
    pub units: u128,
}

/// Why a Transfer that is meant for the messenger changes no account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The tag names nobody.
    #[error("{CREDIT_TAG} names no address")]
    NoAddress,
    /// The notice names no amount.
    #[error("its notice names no amount")]
    NoAmount,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default, rename = "Messages")]
    messages: Vec<Notice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notice {
    #[serde(default)]
    target: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    value: String,
}

impl Notice {
    fn tag(&self, name: &str) -> Option<&str> {
        let mut tags = self.tags.iter();
        tags.find(|tag| tag.name == name)
            .map(|tag| tag.value.as_str())
    }

    /// What it pays to or from `payee`; none where it is about others, or about nothing of this kind.
    fn payment(&self, payee: &Address) -> Option<Result<Payment, Unread>> {
        if self.tag("Action") != Some("Credit-Notice") {
            return None;
        }
        let (account, way) = match (self.tag(CREDIT_TAG), self.tag(REFUND_TAG)) {
            (Some(account), _) if self.target == payee.as_str() => (account, Way::In),
            (_, Some(_)) if self.tag("Sender") == Some(payee.as_str()) => {
                (self.target.as_str(), Way::Out)
            }
            _ => return None,
        };
        let read = || {
            let account = account.parse().map_err(|_bad| Unread::NoAddress)?;
            let units = self.tag("Quantity").and_then(|units| units.parse().ok());
            let units = units.ok_or(Unread::NoAmount)?;
            Ok(Payment {
                account,
                way,
                units,
            })
        };
        Some(read())
    }
}

/// The payment to or from `payee` in the outcome of one message of the court; a message moves money once at most.
///
/// # Errors
/// [`Unread`] where it is meant for the messenger and changes nothing.
pub fn payment(outcome: &str, payee: &Address) -> Result<Option<Payment>, Unread> {
    // The court itself has read it: one that does not read moves nothing.
    let Ok(outcome) = serde_json::from_str::<Outcome>(outcome) else {
        return Ok(None);
    };
    let mut payments = outcome.messages.iter();
    payments.find_map(|one| one.payment(payee)).transpose()
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;
    use serde_json::{Value, json};

    use super::*;

    fn address(byte: u8) -> Address {
        SigningKey::ed25519([byte; 32]).address().clone()
    }

    fn outcome(action: &str, (from, to): (u8, u8), more: &[(&str, &str)]) -> Value {
        let mut tags = vec![
            json!({ "name": "Action", "value": action }),
            json!({ "name": "Sender", "value": address(from) }),
            json!({ "name": "Quantity", "value": "25" }),
        ];
        let more = more
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }));
        tags.extend(more);
        json!({
            "Messages": [
                { "Target": address(from), "Tags": [{ "name": "Action", "value": "Debit-Notice" }] },
                { "Target": address(to), "Tags": tags },
            ],
            "Output": { "data": r#"{"ok":true}"# },
        })
    }

    fn read(outcome: &Value) -> Result<Option<Payment>, Unread> {
        payment(&outcome.to_string(), &address(9))
    }

    #[test]
    fn a_payment_is_for_whom_its_tag_names() {
        let (payer, friend) = (address(1), address(2));
        for account in [payer, friend] {
            let tags = [(CREDIT_TAG, account.as_str())];
            let found = read(&outcome("Credit-Notice", (1, 9), &tags)).unwrap();
            let expected = Payment {
                account,
                way: Way::In,
                units: 25,
            };
            assert_eq!(found, Some(expected));
        }
    }

    #[test]
    fn money_goes_back_by_the_payees_own_word_alone() {
        let back = [(REFUND_TAG, "1")];
        let found = read(&outcome("Credit-Notice", (9, 1), &back)).unwrap();
        let expected = Payment {
            account: address(1),
            way: Way::Out,
            units: 25,
        };
        assert_eq!(found, Some(expected));
        let by_another = outcome("Credit-Notice", (3, 1), &back);
        assert_eq!(read(&by_another), Ok(None));
        let to_the_payee = outcome("Credit-Notice", (1, 9), &back);
        assert_eq!(read(&to_the_payee), Ok(None));
    }

    #[test]
    fn what_is_none_changes_nothing() {
        let mine = address(1);
        let tag = [(CREDIT_TAG, mine.as_str())];
        for other in [
            outcome("Credit-Notice", (1, 9), &[]),
            outcome("Credit-Notice", (1, 3), &tag),
            outcome("Debit-Notice", (1, 9), &tag),
            outcome("Action-Error", (1, 9), &tag),
            json!({ "Messages": [], "Output": { "data": format!("{CREDIT_TAG} {mine}") } }),
            json!([CREDIT_TAG]),
        ] {
            assert_eq!(read(&other), Ok(None), "{other}");
        }
        assert_eq!(payment("no JSON", &mine), Ok(None));
    }

    #[test]
    fn what_is_meant_and_cannot_be_counted_is_said() {
        for nobody in ["", "me", "0xabc"] {
            let said = read(&outcome("Credit-Notice", (1, 9), &[(CREDIT_TAG, nobody)]));
            assert_eq!(said, Err(Unread::NoAddress), "{nobody}");
        }
        let mine = address(1);
        let mut without = outcome("Credit-Notice", (1, 9), &[(CREDIT_TAG, mine.as_str())]);
        for bad in ["-1", "1.5", "", "1e3"] {
            without["Messages"][1]["Tags"][2]["value"] = json!(bad);
            assert_eq!(read(&without), Err(Unread::NoAmount), "{bad}");
        }
    }

    #[test]
    fn the_mark_finds_both_tags() {
        assert!(CREDIT_TAG.starts_with(MARK) && REFUND_TAG.starts_with(MARK));
    }
}
