//! What becomes of every open case and its money if nobody does anything, and if the host answers: read out of what the court shows, by
//! the rules of section 6. A forecast moves nothing and judges nothing.
//!
//! It knows what rows show. What they do not show it does not know: that a lease ends for another reason first (then its liveness cases
//! are moot), that a slash from elsewhere has lowered an allocation that is only held, and when leases began that have ended (6.7).

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Amount, Kind, State};

/// Percent of the allocation: of a first episode of jail, the most of any, of what was not published (6).
const PERCENT: Amount = 2;
const PERCENT_MAX: Amount = 16;
const UNPUBLISHED: Amount = 5;
/// Doublings after which no number grows.
const DOUBLINGS_MAX: u32 = 20;

/// The parameters that a forecast reads (8), in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are those of the table of section 8, which says what they are.
pub struct Terms {
    pub slash_delay: u64,
    pub publish_within: u64,
    pub jail_min: u64,
    pub jail_max: u64,
    pub memory: u64,
    pub mass_window: u64,
}

/// A process as the court shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// The process.
    pub process: String,
    /// Its newest epoch.
    pub epoch: u64,
    /// What each of its leases has behind it at first.
    pub min_allocation: Amount,
    /// The live lease: its allocation now, and when it began.
    pub live: Option<(Amount, u64)>,
}

/// A case as the court shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are those of the case's row in the message table.
pub struct Row {
    pub number: u64,
    pub kind: Kind,
    pub state: State,
    pub process: String,
    pub epoch: u64,
    pub operator: String,
    pub message: String,
    pub deadline: u64,
    pub publish_by: Option<u64>,
    pub ended: Option<u64>,
    pub fee: Amount,
    pub answer_fee: Amount,
    /// Address and bond; 0 once the bonds are settled. Empty once the case is over and its money is back.
    pub challengers: Vec<(String, Amount)>,
}

/// What the court shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// All processes.
    pub processes: Vec<Hosted>,
    /// All cases, by number.
    pub cases: Vec<Row>,
}

/// What becomes of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The case.
    pub case: Row,
    /// The height at which it ends if nobody does anything.
    pub ends: u64,
    /// How.
    pub silent: Silence,
    /// Who gets something back then, and what, the opener first; without bounties.
    pub back: Vec<(String, Amount)>,
}

/// How a case ends if nobody does anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The host is slashed.
    Expires(Expiry),
    /// The lease ends first, or has ended.
    Moot,
}

/// What an expiry costs, and who gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Percent of the allocation.
    pub percent: Amount,
    /// The slash; 0 where it was slashed for this before.
    pub slashed: Amount,
    /// What each challenger gets of it.
    pub share: Amount,
    /// What the process's escrow gets.
    pub restitution: Amount,
    /// When both are paid.
    pub paid: u64,
    /// Through which height the operator is jailed; none where nothing new begins.
    pub jailed: Option<u64>,
    /// Whether the process loses its host with it.
    pub unhosts: bool,
    /// Whether the slash goes back, because so much expires together (6.7).
    pub spared: bool,
}

/// What becomes of the unfinished cases, and of moot ones whose money is still held, in the order in which they end.
#[must_use]
pub fn forecast(terms: &Terms, shown: &Shown) -> Vec<Forecast> {
    let mut court = Foreseen::of(shown, *terms);
    let mut past: Vec<&Row> = shown
        .cases
        .iter()
        .filter(|case| case.state == State::Expired)
        .collect();
    past.sort_by_key(|case| (case.ended, case.number));
    for case in past {
        court.expire(case, case.ended.unwrap_or(0), true);
    }
    court.meet_present(shown);
    let unpaid = |case: &&Row| case.state == State::Moot && !case.challengers.is_empty();
    let open = shown
        .cases
        .iter()
        .filter(|case| case.state.is_unfinished() || unpaid(case));
    let mut open: Vec<&Row> = open.collect();
    open.sort_by_key(|case| (due(case), case.number));
    let mut found = Vec::new();
    for case in open {
        let (ends, is_over) = (due(case), court.ended.contains(&lease(case)));
        let is_moot = case.state == State::Moot || (case.kind == Kind::Liveness && is_over);
        let silent = match is_moot {
            true => Silence::Moot,
            false => Silence::Expires(court.expire(case, ends, false)),
        };
        found.push(Forecast {
            case: case.clone(),
            ends,
            silent,
            back: back(case),
        });
    }
    court.spare(&mut found);
    found
}

/// When the court looks at a case by itself.
fn due(case: &Row) -> u64 {
    case.publish_by.unwrap_or(case.deadline).saturating_add(1)
}

fn lease(case: &Row) -> (String, u64) {
    (case.process.clone(), case.epoch)
}

/// Bonds, where they are held still, and to the opener the fees that nobody has got.
fn back(case: &Row) -> Vec<(String, Amount)> {
    let fees = match case.publish_by {
        None => case.fee.saturating_add(case.answer_fee),
        Some(_) => case.fee,
    };
    let held = case.challengers.iter().cloned().enumerate();
    let sums = held.map(|(place, (who, bond))| match place {
        0 => (who, bond.saturating_add(fees)),
        _ => (who, bond),
    });
    sums.filter(|(_, sum)| *sum > 0).collect()
}

/// An operator's jail.
#[derive(Clone, Debug, Default)]
struct Jail {
    through: Option<u64>,
    percent: Amount,
    episodes: Vec<u64>,
}

/// The court as it goes on by itself.
struct Foreseen {
    terms: Terms,
    allocations: BTreeMap<(String, u64), Amount>,
    starts: BTreeMap<(String, u64), u64>,
    ended: BTreeSet<(String, u64)>,
    jails: BTreeMap<String, Jail>,
    /// Leases that were slashed for what was not published.
    unpublished: BTreeSet<(String, u64)>,
    /// Old live leases that expire: height, allocation before, number of the case.
    failures: Vec<(u64, Amount, u64)>,
    /// Cases whose slash goes back.
    spared: BTreeSet<u64>,
    /// When slashes went back last.
    trigger: Option<u64>,
}

impl Foreseen {
    fn of(shown: &Shown, terms: Terms) -> Self {
        let first = shown.processes.iter();
        let first = first.flat_map(|one| {
            (0..=one.epoch).map(|epoch| ((one.process.clone(), epoch), one.min_allocation))
        });
        Self {
            terms,
            allocations: first.collect(),
            starts: BTreeMap::new(),
            ended: BTreeSet::new(),
            jails: BTreeMap::new(),
            unpublished: BTreeSet::new(),
            failures: Vec::new(),
            spared: BTreeSet::new(),
            trigger: None,
        }
    }

    /// From the past to what is shown now: live leases say what they have; all others have ended.
    fn meet_present(&mut self, shown: &Shown) {
        for one in &shown.processes {
            for epoch in 0..=one.epoch {
                let key = (one.process.clone(), epoch);
                match one.live.filter(|_| epoch == one.epoch) {
                    Some((allocation, start)) => {
                        self.ended.remove(&key);
                        self.allocations.insert(key.clone(), allocation);
                        self.starts.insert(key, start);
                    }
                    None => drop(self.ended.insert(key)),
                }
            }
        }
    }

    /// An expiry at a height.
    fn expire(&mut self, case: &Row, height: u64, is_past: bool) -> Expiry {
        let key = lease(case);
        let before = self.allocations.get(&key).copied().unwrap_or(0);
        let was_live = !is_past && !self.ended.contains(&key);
        let (percent, jailed) = self.sentence(case, height);
        let is_known = case.kind == Kind::Publication && !self.unpublished.insert(key.clone());
        let slashed = if is_known { 0 } else { before * percent / 100 };
        self.allocations.insert(key.clone(), before - slashed);
        self.ended.insert(key.clone());
        if was_live && case.kind != Kind::Data && !is_known {
            self.failure(&key, before, height, case.number);
        }
        let challengers = Amount::try_from(case.challengers.len()).unwrap_or(1).max(1);
        Expiry {
            percent,
            slashed,
            share: slashed / 5 / challengers,
            restitution: slashed * 3 / 10,
            paid: height
                .saturating_add(self.terms.slash_delay)
                .saturating_add(1),
            jailed,
            unhosts: was_live,
            spared: false,
        }
    }

    /// Percent of the allocation, and what it adds of jail.
    fn sentence(&mut self, case: &Row, height: u64) -> (Amount, Option<u64>) {
        match (case.kind, case.publish_by) {
            (Kind::Liveness, publish_by) => {
                let (percent, jailed) = self.imprison(&case.operator, height);
                let least = if publish_by.is_some() { UNPUBLISHED } else { 0 };
                (percent.max(least), jailed)
            }
            (Kind::Data, _) => (100, None),
            (Kind::Publication, _) => (UNPUBLISHED, None),
        }
    }

    fn imprison(&mut self, operator: &str, height: u64) -> (Amount, Option<u64>) {
        let Terms {
            memory,
            jail_min,
            jail_max,
            ..
        } = self.terms;
        let jail = self.jails.entry(operator.to_owned()).or_default();
        if jail.through.is_some_and(|through| through >= height) {
            return (jail.percent, None);
        }
        let recent = jail
            .episodes
            .iter()
            .filter(|begun| begun.saturating_add(memory) > height);
        let doublings = u32::try_from(recent.count())
            .unwrap_or(DOUBLINGS_MAX)
            .min(DOUBLINGS_MAX);
        let through = height.saturating_add(jail_max.min(jail_min << doublings));
        jail.percent = PERCENT_MAX.min(PERCENT << doublings);
        jail.through = Some(through);
        jail.episodes.push(height);
        (jail.percent, Some(through))
    }

    /// Whether so much fails together that slashes go back (6.7), as far as leases are shown.
    fn failure(&mut self, key: &(String, u64), allocation: Amount, height: u64, number: u64) {
        let memory = self.terms.memory;
        let is_old = |start: u64| start.saturating_add(memory) <= height;
        if !self.starts.get(key).is_some_and(|start| is_old(*start)) {
            return;
        }
        self.failures.push((height, allocation, number));
        let window = self.terms.mass_window;
        let recent = self
            .failures
            .iter()
            .filter(|(at, ..)| at.saturating_add(window) > height);
        let lost: Amount = recent.clone().map(|(_, allocation, _)| allocation).sum();
        let live = self
            .starts
            .iter()
            .filter(|(key, start)| !self.ended.contains(*key) && is_old(**start));
        let live: Amount = live.filter_map(|(key, _)| self.allocations.get(key)).sum();
        let may = self
            .trigger
            .is_none_or(|last| last == height || last.saturating_add(memory) <= height);
        if may && 3 * lost > lost + live {
            self.trigger = Some(height);
            self.spared.extend(recent.map(|(.., number)| *number));
        } else if self
            .trigger
            .is_some_and(|last| height <= last.saturating_add(window))
        {
            self.spared.insert(number);
        }
    }

    /// Of a slash that goes back nobody gets anything.
    fn spare(&self, found: &mut [Forecast]) {
        for one in found {
            if let Silence::Expires(expiry) = &mut one.silent
                && self.spared.contains(&one.case.number)
            {
                (expiry.spared, expiry.share, expiry.restitution) = (true, 0, 0);
            }
        }
    }
}
