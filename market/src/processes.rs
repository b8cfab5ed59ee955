//! Processes: their terms, and the state that is shown of them (5.1, 5.2).

use std::collections::BTreeMap;

use crate::amount::{self, Amount};
use crate::court::Court;
use crate::leases::{Duty, Shown};
use crate::outcome::HostingRow;

/// All processes in the order of their first `Register` or `Host`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Processes {
    rows: Vec<Process>,
    by_id: BTreeMap<String, usize>,
}

/// A process that stands, or may stand, under this court.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: String,
    pub(crate) terms: Terms,
    pub(crate) epoch: u64,
    /// First slot of the epoch.
    pub(crate) first: u64,
    /// First slot under the law: 1, or what `Register` named (5.15).
    pub(crate) begins: u64,
    /// Its spawn's `Scheduler`: whose key epoch 0 belongs to (5.11).
    pub(crate) scheduler: String,
    /// Who holds or held which epoch, for ever (6, signing without tenure).
    pub(crate) holders: BTreeMap<u64, usize>,
    /// The chain that `Register` named (5.15).
    pub(crate) legacy: Option<String>,
    pub(crate) lease: Option<u64>,
    /// The last end: at which height, and into what.
    pub(crate) ended: Option<(u64, Shown)>,
}

/// What a process asks of its host (5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) period: u64,
    pub(crate) max_fee: Amount,
    pub(crate) min_allocation: Amount,
    pub(crate) deposit: Amount,
}

impl Terms {
    /// Of a period that was judged before and three texts, all of which must be there.
    pub(crate) fn of(period: u64, ask: impl Fn(&str) -> Option<Amount>) -> Option<Self> {
        let positive = |name: &str| ask(name).filter(|amount| *amount >= 1);
        Some(Self {
            period,
            max_fee: positive("Max-Fee")?,
            min_allocation: positive("Min-Allocation")?,
            deposit: ask("Hosting-Deposit")?,
        })
    }
}

/// The period that a text asks for; without one the default (5.1).
pub(crate) fn period(court: &Court, text: Option<&str>) -> Option<u64> {
    let bounds = court.parameters.period_min..=court.parameters.period_max;
    match text {
        None => Some(court.parameters.period_default),
        Some(text) => amount::read_count(text).filter(|period| bounds.contains(period)),
    }
}

impl Processes {
    pub(crate) fn rows(&self) -> &[Process] {
        &self.rows
    }

    pub(crate) fn get(&self, index: usize) -> &Process {
        &self.rows[index]
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut Process {
        &mut self.rows[index]
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(crate) fn add(&mut self, process: Process) -> usize {
        let index = self.rows.len();
        self.by_id.insert(process.id.clone(), index);
        self.rows.push(process);
        index
    }
}

impl Process {
    pub(crate) fn new(id: &str, terms: Terms) -> Self {
        Self {
            id: id.to_owned(),
            terms,
            epoch: 0,
            first: 1,
            begins: 1,
            scheduler: String::new(),
            holders: BTreeMap::new(),
            legacy: None,
            lease: None,
            ended: None,
        }
    }

    /// Known, without host yet.
    pub(crate) fn is_registered(&self) -> bool {
        self.lease.is_none() && self.ended.is_none()
    }

    pub(crate) fn end(&mut self, height: u64, shown: Shown) {
        self.lease = None;
        self.ended = Some((height, shown));
    }
}

/// The state that is shown: Notice before Arrears before Challenged before Hosted.
pub(crate) fn shown(court: &Court, process: &Process) -> &'static str {
    let lease = process.lease.and_then(|number| court.leases.get(&number));
    let named = process
        .lease
        .is_some_and(|number| court.named.count(number) > 0);
    match (lease.map(|lease| lease.duty), process.ended) {
        (Some(Duty::Plain), _) if named => "Challenged",
        (Some(Duty::Plain), _) => "Hosted",
        (Some(Duty::Notice), _) => "Notice",
        (Some(Duty::Arrears { .. }), _) => "Arrears",
        (None, Some((_, Shown::Unhosted))) => "Unhosted",
        (None, Some((_, Shown::Dormant))) => "Dormant",
        (None, None) => "Registered",
    }
}

/// The hosting row of a process as it stands.
pub(crate) fn row(court: &Court, index: usize) -> HostingRow {
    let process = court.processes.get(index);
    let lease = process.lease.and_then(|number| court.leases.get(&number));
    HostingRow {
        process: process.id.clone(),
        state: shown(court, process),
        epoch: process.epoch,
        first: process.first,
        legacy: process.legacy.clone(),
        operator: lease.map(|lease| court.operators.get(lease.operator).address.clone()),
        from: lease.map(|lease| lease.start),
        u: process.ended.map(|(height, _)| height),
    }
}
