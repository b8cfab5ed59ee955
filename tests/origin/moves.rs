//! What may happen to a court, as data: it is drawn, played, made shorter and kept in files.
//!
//! Heights of items are relative to the block at hand, so that a game without some of its blocks is still a game.

use aosec_market::{Child, Enclosures, Item, Signed};
use serde::{Deserialize, Serialize};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// An item runs in the block at hand.
    Item(Letter),
    /// The next block begins: its Tick.
    Block {
        /// How many blocks ago the oldest item was mined that still waits (2.8).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queued: Option<u64>,
        /// Whether the heads that were wanted are there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        headless: bool,
        /// Whether the places that were sought are not there.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        placeless: bool,
    },
    /// The canonical log of a process has this head from now on.
    Head {
        /// The process.
        process: String,
        /// Its epoch.
        epoch: u64,
        /// The last slot.
        slot: u64,
        /// How many blocks ago the newest record was mined; none if there was none in this epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ago: Option<u64>,
    },
    /// A record extends the canonical log of a process.
    Publish {
        /// The process.
        process: String,
        /// The messages that are new, one slot each.
        messages: Vec<String>,
        /// How many blocks ago it was mined.
        #[serde(default, skip_serializing_if = "is_zero")]
        ago: u64,
        /// By how much it came too late (2.8).
        #[serde(default, skip_serializing_if = "is_zero")]
        late: u64,
        /// Whether no host signed it (5.8).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_virtual: bool,
    },
    /// A fault put in by hand, beside those that cases find.
    Fault(Fault),
}

/// An item, before it has heights and heads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Who signed it.
    pub from: String,
    /// How many blocks before the one at hand it was mined.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ago: u64,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Its children; an error text of the deriver where it is a bad bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Enclosed>>,
    /// A bundle with a bad child (2.5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bad: bool,
    /// Its data: the genesis has some.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
}

/// A child of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// Its id.
    pub id: String,
    /// Who signed it.
    pub from: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Its target.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Its bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub size: u64,
    /// What it signs; whether that is canonical, and follows, is said when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

/// What becomes of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A slash, for the lease of a process if one is named.
    Slash {
        /// Who is slashed.
        operator: String,
        /// The process whose lease is at fault.
        process: Option<String>,
        /// How much, as an amount.
        sum: String,
    },
    /// Barred for ever.
    Tombstone {
        /// Who is barred.
        operator: String,
    },
}

impl Letter {
    /// The item as it runs at `height`, without heads.
    #[must_use]
    pub fn item(&self, id: String, height: u64) -> Item {
        let items = self.items.iter().flatten();
        let children = items.map(Enclosed::child).collect();
        Item {
            id,
            owner: self.from.clone(),
            run: height,
            mined: height - self.ago,
            tags: self.tags.clone(),
            data: self.data.clone(),
            enclosures: match (self.bad, &self.items) {
                (true, _) => Enclosures::Bad,
                (false, None) => Enclosures::None,
                (false, Some(_)) => Enclosures::Items(children),
            },
            ..Item::default()
        }
    }
}

impl Enclosed {
    fn child(&self) -> Child {
        Child {
            id: self.id.clone(),
            owner: self.from.clone(),
            target: self.target.clone(),
            tags: self.tags.clone(),
            size: self.size,
            signed: self.signed.clone(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
