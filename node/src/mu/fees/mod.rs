//! What a messenger asks for its work, and what becomes of credit: amounts in, verdicts out. Pure.
//!
//! - F1 a fee is set aside of credit that was paid before, when the outbox takes an item, and kept once the item has its slot, or is on
//!   its way to the base layer. It goes back where the item is refused or has no slot in time. The same bytes again cost nothing where
//!   they have their slot.
//! - F2 it covers everything that the item sets in motion, as far as [`super::budget`] lets it.
//! - F3 a tick of a watched process that sends something costs the owner of the process what one item of all these bytes would cost.
//! - F4 credit is what was paid less what was spent and given back, in firm blocks alone, and never below zero.
//! - F5 a first payment is worth [`TOP_UP_MESSAGES`] messages at least, and one court has at most [`ACCOUNTS_MAX`] accounts here.
//! - F6 an item that had its slot [`STALE_MS`] before it came here costs nothing, and goes no further from here: anybody may post what others
//!   have signed and published, and would spend their credit.
//! - F7 what nobody has signed can be charged to nobody, and is not taken where a fee is asked.
//!
//! Deliberately absent: where payments are read ([`super::payments`]), and how accounts are kept (`super::accounts`). Amounts are units
//! of the court's token.

use std::fmt;

use aosec_wire::{Address, Id};

use crate::origin::deploy::tokens;

/// What a fee by size is counted in: a plain message has less.
pub const KIB: u64 = 1_024;
/// Messages that a first payment must be worth: a row for less costs the disk more than it brings.
pub const TOP_UP_MESSAGES: u128 = 100;
/// Accounts of one court: 20 MB, and each of them was paid for.
pub const ACCOUNTS_MAX: u32 = 100_000;
/// Between a slot's stamp and the moment at which its item came: clocks of two operators differ by less, and a sender who turns from one
/// messenger to the next within it is carried on by the next.
pub const STALE_MS: u64 = 600_000;
/// The highest fee: the longest amount of the court, 30 digits.
pub const FEE_MAX: u128 = 999_999_999_999_999_999_999_999_999_999;

/// What the operator asks for one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Nothing.
    #[default]
    Free,
    /// The same for each.
    Fixed(u128),
    /// So much for each begun KiB.
    PerKib(u128),
}

impl Policy {
    /// What an item of so many bytes costs. An item of 2^64 bytes at the highest fee still fits.
    #[must_use]
    pub fn price(self, bytes: u64) -> u128 {
        match self {
            Self::Free => 0,
            Self::Fixed(fee) => fee,
            Self::PerKib(fee) => fee.saturating_mul(u128::from(bytes.div_ceil(KIB).max(1))),
        }
    }

    /// The least that a first payment is counted from (F5).
    #[must_use]
    pub fn least_top_up(self) -> u128 {
        self.price(1).saturating_mul(TOP_UP_MESSAGES)
    }

    /// One word, as the flag says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Fixed(_) => "fixed",
            Self::PerKib(_) => "kib",
        }
    }

    /// The amount of the flag.
    #[must_use]
    pub const fn fee(self) -> u128 {
        match self {
            Self::Free => 0,
            Self::Fixed(fee) | Self::PerKib(fee) => fee,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fee = tokens(&self.fee().to_string());
        match self {
            Self::Free => f.write_str("free"),
            Self::Fixed(_) => write!(f, "{fee} tokens a message"),
            Self::PerKib(_) => write!(f, "{fee} tokens a KiB"),
        }
    }
}

/// A fee with all that a payer must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How much.
    pub policy: Policy,
    /// Whom to pay.
    pub payee: Address,
    /// In which court's token.
    pub court: Id,
}

/// What one address has paid, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Paid in firm blocks.
    pub paid: u128,
    /// Taken as fees.
    pub spent: u128,
    /// Sent back in firm blocks.
    pub refunded: u128,
}

/// Whether a slot of this stamp was given for an item that was taken then (F6).
#[must_use]
pub const fn is_fresh(stamp_ms: u64, taken_ms: u64) -> bool {
    stamp_ms.saturating_add(STALE_MS) >= taken_ms
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the messenger.
    In,
    /// Back.
    Out,
}

impl Account {
    /// What may still be spent (F4).
    #[must_use]
    pub fn credit(&self) -> u128 {
        self.paid
            .saturating_sub(self.spent)
            .saturating_sub(self.refunded)
    }

    /// The account after a fee; none where the credit is too small.
    #[must_use]
    pub fn charged(self, price: u128) -> Option<Self> {
        let spent = self.spent.checked_add(price)?;
        (self.credit() >= price).then_some(Self { spent, ..self })
    }

    /// The account after a fee has gone back; none where so much was never spent.
    #[must_use]
    pub fn given_back(self, price: u128) -> Option<Self> {
        let spent = self.spent.checked_sub(price)?;
        Some(Self { spent, ..self })
    }

    /// The account after a payment; none where the sum is beyond all that can be counted.
    #[must_use]
    pub fn after(self, way: Way, units: u128) -> Option<Self> {
        let (mut paid, mut refunded) = (self.paid, self.refunded);
        match way {
            Way::In => paid = paid.checked_add(units)?,
            Way::Out => refunded = refunded.checked_add(units)?,
        }
        Some(Self {
            paid,
            refunded,
            ..self
        })
    }
}

/// Why a payment changes no account. Its sender has it back by the operator's hand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Uncounted {
    /// F5.
    #[error("a first payment of {0} units is below the least of {1}")]
    TooSmall(u128, u128),
    /// F5.
    #[error("{ACCOUNTS_MAX} accounts have credit already")]
    Full,
    /// Nobody has an account that something could be given back of.
    #[error("it goes back to somebody who has paid nothing here")]
    NoAccount,
    /// More than an account counts.
    #[error("the account has moved more than can be counted")]
    TooMuch,
}

/// What a payment makes of an account, where there is one, or of none; `has_room` says whether there may be one more.
///
/// # Errors
/// [`Uncounted`]: then the accounts stay as they are.
pub fn counted(
    account: Option<Account>,
    (way, units): (Way, u128),
    policy: Policy,
    has_room: bool,
) -> Result<Account, Uncounted> {
    let least = policy.least_top_up();
    match (account, way) {
        (None, Way::Out) => return Err(Uncounted::NoAccount),
        (None, Way::In) if units < least => return Err(Uncounted::TooSmall(units, least)),
        (None, Way::In) if !has_room => return Err(Uncounted::Full),
        _ => {}
    }
    let before = account.unwrap_or_default();
    before.after(way, units).ok_or(Uncounted::TooMuch)
}

/// What is to be taken of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Whose credit.
    pub payer: Address,
    /// How much.
    pub price: u128,
    /// To whom, and in whose token.
    pub terms: Terms,
}

impl Charge {
    /// What is asked of the payer, who has so much credit and not enough.
    #[must_use]
    pub fn bill(&self, credit: u128) -> Box<Bill> {
        Box::new(Bill {
            payer: self.payer.clone(),
            price: self.price,
            credit,
            terms: self.terms.clone(),
        })
    }
}

/// What is asked of somebody whose credit is too small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Whose credit it is.
    pub payer: Address,
    /// What the item costs.
    pub price: u128,
    /// What is there.
    pub credit: u128,
    /// To whom, and in whose token.
    pub terms: Terms,
}

impl Bill {
    /// The least payment after which the item would be taken, whether the payer has an account or not.
    #[must_use]
    pub fn least_payment(&self) -> u128 {
        let missing = self.price.saturating_sub(self.credit);
        missing.max(self.terms.policy.least_top_up())
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |units: u128| tokens(&units.to_string());
        write!(
            f,
            "this messenger asks {} tokens for it, and {} has {} tokens of credit here: pay {} tokens or more to {} beforehand \
             (`aosec fees pay {} --mu <this messenger> --yes`), and send the same bytes again once that is settled",
            shown(self.price),
            self.payer,
            shown(self.credit),
            shown(self.least_payment()),
            self.terms.payee,
            shown(self.least_payment()),
        )
    }
}

#[cfg(test)]
mod tests;
