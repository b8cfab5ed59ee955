//! What the world sees: whether the logs that are derived from the base layer are the logs that were signed.

use std::collections::BTreeMap;

use aosec_challenge::derive::Entry;
use aosec_wire::Id;

use super::{carried::Carried, oracle::Content, reader::Reader, world::World};

impl World {
    /// A reader reads up to the tip. Every slot that it finds was signed, in this place and with this content; what was settled
    /// stays; and it stops for a fork that is too deep, and for no other.
    pub(super) fn read(&mut self, reader: usize) {
        let mut found = Vec::new();
        let read = self.readers[reader].read(&self.base_layer, |process, entry| {
            found.push((process, *entry));
        });
        match read {
            Ok(steps) => {
                let ignored = steps.into_iter().flat_map(|step| step.ignored);
                for one in ignored {
                    self.trace.saw("a record that a reader passes over");
                    let at = &one.position;
                    self.note(&(
                        "a reader passes over",
                        reader,
                        at.height,
                        one.process,
                        one.reason.to_string(),
                    ));
                }
            }
            Err(misread) => return self.fail("the derivation", misread.0),
        }
        for (process, entry) in found {
            self.note(&("a reader finds", reader, process, entry.slot));
            let signed = self.oracle.content(process, entry.slot);
            if !signed.is_some_and(|content| says(&entry, content)) {
                let words = format!(
                    "slot {} of {process} is derived and was never signed so",
                    entry.slot
                );
                return self.fail("the derived log is what was signed", words);
            }
        }
        if self.readers[reader].alarmed && !self.oracle.forked_too_deep {
            self.fail("the derivation", "an alarm without a fork that is too deep");
        }
    }

    /// L3: everything that was signed is on the base layer, and whoever reads it has the logs.
    pub(super) fn judge_the_end(&mut self) {
        if self.oracle.forked_too_deep {
            return;
        }
        (0..self.readers.len()).for_each(|reader| self.read(reader));
        let mut late = Reader::new(&self.base_layer, &self.scene, self.cast);
        if let Err(misread) = late.read(&self.base_layer, |_, _| {}) {
            return self.fail("the derivation", misread.0);
        }
        if self
            .readers
            .iter()
            .any(|reader| reader.logs() != late.logs())
        {
            return self.fail(
                "equal blocks, equal logs",
                "three readers of one base layer have different logs",
            );
        }
        if let Some(words) = self.missing_item().or_else(|| self.missing_slot(&late)) {
            self.fail("L3 all is published", words);
        }
    }

    /// A signed slot of which the items are not on the base layer.
    fn missing_item(&self) -> Option<String> {
        let mut public: BTreeMap<(Id, u64), Id> = BTreeMap::new();
        for transaction in self
            .base_layer
            .blocks()
            .iter()
            .flat_map(|block| &block.transactions)
        {
            if let Carried::Data(assignments) = &transaction.carried {
                let named = assignments.iter();
                public.extend(named.map(|one| ((one.process(), one.nonce()), one.id())));
            }
        }
        let logs = self.oracle.logs();
        let logs = logs.filter(|(process, _)| !self.is_given_up(*process));
        let mut slots = logs.flat_map(|(process, log)| {
            (0..)
                .zip(log)
                .map(move |(slot, content)| (process, slot, content))
        });
        let missing = slots.find(|(process, slot, content)| {
            public.get(&(*process, *slot)) != Some(&content.assignment)
        });
        missing.map(|(process, slot, _)| {
            format!("slot {slot} of {process} was signed and its items are not on the base layer")
        })
    }

    /// A signed slot that is not derived.
    fn missing_slot(&self, reader: &Reader) -> Option<String> {
        let logs = self.oracle.logs();
        let mut logs = logs.filter(|(process, _)| !self.is_given_up(*process));
        // Slot 0 is in no record.
        let short = logs.find(|(process, log)| reader.log(*process).len() + 1 != log.len());
        short.map(|(process, log)| {
            let derived = reader.log(process).len();
            format!(
                "{} slots of {process} were signed, and {derived} behind the first are derived",
                log.len()
            )
        })
    }
}

fn says(entry: &Entry, content: &Content) -> bool {
    (entry.message, entry.height, entry.timestamp, entry.chain)
        == (
            content.message,
            content.height,
            content.timestamp,
            content.chain.log,
        )
}
