//! A reader of the base layer: whoever derives the logs from blocks alone, along one branch after another.
//!
//! The derivation is the house's own. Here stands what it must never do: give other slots than were signed, take back what was
//! settled, or miss a fork that was too deep.

use std::collections::BTreeMap;

use aosec_challenge::derive::{
    Deriver, Entry, HostTable, Hosting, Log, Parameters, RewindError, Start, Step,
};
use aosec_wire::Id;

use super::{base_layer::BaseLayer, cast::Cast, scene::Scene};

/// What a reader knows.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    deriver: Deriver,
    hosts: HostTable,
    logs: BTreeMap<Id, Vec<Entry>>,
    /// The last settled entry of each log: slot and chain, which stands for all before it.
    settled: BTreeMap<Id, (u64, Id)>,
    /// A fork was deeper than the settlement depth: it reads no more.
    pub(super) alarmed: bool,
}

/// What went wrong with reading.
#[derive(Debug)]
pub(super) struct Misread(pub(super) String);

impl Reader {
    /// One who has read the first block.
    pub(super) fn new(base_layer: &BaseLayer, scene: &Scene, cast: &Cast) -> Self {
        let parameters = Parameters {
            settlement_depth: usize::try_from(scene.settlement_depth).unwrap_or(usize::MAX),
            cut: 2,
            late_after: 2,
        };
        let mut deriver = Deriver::new(parameters, base_layer.blocks()[0].law.as_ref());
        let mut hosts = HostTable::new();
        for part in scene
            .parts
            .iter()
            .filter_map(|index| cast.parts.get(*index))
        {
            let process = part.process();
            let scheduler = cast.keys[part.key].address().clone();
            hosts.insert(process, Hosting::without_court(scheduler));
            let followed = deriver.follow(Log::begin(process, Start::of_spawn(process)));
            debug_assert!(
                followed.is_ok(),
                "each process once, from the first block on"
            );
        }
        Self {
            deriver,
            hosts,
            logs: BTreeMap::new(),
            settled: BTreeMap::new(),
            alarmed: false,
        }
    }

    /// Reads up to the tip. `show` sees every slot that became part of a log.
    pub(super) fn read(
        &mut self,
        base_layer: &BaseLayer,
        mut show: impl FnMut(Id, &Entry),
    ) -> Result<Vec<Step>, Misread> {
        if self.alarmed || self.rewind(base_layer)? {
            return Ok(Vec::new());
        }
        let mut steps = Vec::new();
        let next = |reader: &Self| base_layer.block(reader.deriver.tip().height + 1);
        while let Some(block) = next(self) {
            let step = self.deriver.step(block, &self.hosts);
            let step = step.map_err(|error| Misread(error.to_string()))?;
            for extended in &step.extended {
                let log = self.logs.entry(extended.process).or_default();
                extended
                    .entries
                    .iter()
                    .for_each(|entry| show(extended.process, entry));
                log.extend(&extended.entries);
            }
            steps.push(step);
        }
        self.settle().map(|()| steps)
    }

    /// What was settled when it was read last stands as it stood; what is settled now is held against the next time.
    fn settle(&mut self) -> Result<(), Misread> {
        for (process, (slot, chain)) in &self.settled {
            let mut log = self.log(*process).iter();
            if !log.any(|entry| (entry.slot, entry.chain) == (*slot, *chain)) {
                let words = format!("slot {slot} of {process} was settled and is another now");
                return Err(Misread(words));
            }
        }
        let firm = self.deriver.firm().height;
        let settled = self.logs.iter().filter_map(|(process, log)| {
            let last = log.iter().rfind(|entry| entry.mined <= firm)?;
            Some((*process, (last.slot, last.chain)))
        });
        let settled: Vec<_> = settled.collect();
        self.settled.extend(settled);
        Ok(())
    }

    /// Goes back to where this reader's branch left the one that counts. True where that is too far.
    fn rewind(&mut self, base_layer: &BaseLayer) -> Result<bool, Misread> {
        let tip = self.deriver.tip().height;
        let same = |height: &u64| {
            let theirs = base_layer.block(*height).map(|block| block.as_ref());
            theirs.is_some() && self.deriver.block(*height) == theirs
        };
        let to = (0..=tip).rev().find(same).unwrap_or(0);
        if to == tip {
            return Ok(false);
        }
        match self.deriver.rewind(to) {
            Ok(truncated) => {
                for one in truncated {
                    let log = self.logs.entry(one.process).or_default();
                    log.retain(|entry| entry.slot <= one.last_slot);
                }
                self.logs.retain(|_, log| !log.is_empty());
                Ok(false)
            }
            Err(RewindError::TooDeep { .. }) => {
                self.alarmed = true;
                Ok(true)
            }
            Err(error) => Err(Misread(error.to_string())),
        }
    }

    /// The log of a process from slot 1 on.
    pub(super) fn log(&self, process: Id) -> &[Entry] {
        self.logs.get(&process).map_or(&[], Vec::as_slice)
    }

    pub(super) fn logs(&self) -> &BTreeMap<Id, Vec<Entry>> {
        &self.logs
    }
}
