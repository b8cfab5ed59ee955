//! A charge: what was found, as it is brought before the court (PROTOCOL 6). Pure.

use std::fmt;

use aosec_challenge::hunter::{Bond, Fault, Finding, Promise, Purpose, Sought};
use aosec_wire::{Address, Id};

/// What somebody is accused of.
#[derive(Clone, Debug)]
pub(super) enum Charge {
    /// Two signatures, or one, prove it.
    Report(Finding),
    /// A receipt that the log does not show.
    Publication(Promise),
    /// A message that cannot be had.
    Data(Sought),
}

impl Charge {
    /// One word for metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Report(finding) => match finding.key.fault {
                Fault::Double => "double",
                Fault::Chain => "chain",
                Fault::Tenure => "tenure",
            },
            Self::Publication(_) => "publication",
            Self::Data(_) => "data",
        }
    }

    /// Who is accused.
    pub(super) const fn operator(&self) -> &Address {
        match self {
            Self::Report(finding) => &finding.key.operator,
            Self::Publication(promise) => &promise.operator,
            Self::Data(sought) => &sought.operator,
        }
    }

    /// The lease whose receipt it brings.
    pub(super) const fn lease(&self) -> Option<(Id, u64)> {
        match self {
            Self::Publication(promise) => Some((promise.process, promise.epoch)),
            Self::Report(_) | Self::Data(_) => None,
        }
    }

    /// The bond that it takes.
    pub(super) fn bond(&self) -> Option<Bond> {
        let (purpose, process, epoch) = match self {
            Self::Report(_) => return None,
            Self::Publication(one) => (Purpose::Publication, one.process, one.epoch),
            Self::Data(one) => (Purpose::Data, one.process, one.epoch),
        };
        Some(Bond {
            purpose,
            process,
            epoch,
            operator: self.operator().clone(),
        })
    }

    /// The same charge has the same key.
    pub(super) fn key(&self) -> Id {
        Id::sha256(self.to_string().as_bytes())
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(Finding { key, .. }) => write!(
                f,
                "{} by operator {} on process {} in epoch {}",
                self.word(),
                key.operator,
                key.process,
                key.epoch
            ),
            Self::Publication(promise) => write!(
                f,
                "process {}: slot {} was promised to message {} in epoch {} and is not published",
                promise.process, promise.slot, promise.message, promise.epoch
            ),
            Self::Data(sought) => write!(
                f,
                "process {}: message {} of slot {} cannot be had",
                sought.process, sought.message, sought.slot
            ),
        }
    }
}
