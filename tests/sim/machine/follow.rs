//! Posted transactions, followed until their blocks are settled, in the order of the node's loop: ask, and note in one write what
//! the answers come to.

use aosec_node::{
    store::carrier::Carrier,
    su::{
        ports::Whereabouts,
        pure::{Fate, Patience, fates},
    },
};

use super::{Job, Owner, publisher::Stage};
use crate::sim::{disk::store::Change, plant::Plant, world::World};

impl World {
    pub(super) fn follow(&mut self, m: usize, tip: u64) {
        let Some(node) = &self.machines[m].node else {
            return;
        };
        // Those that stand in a block are asked about once a block, the others at every look.
        let all = node.followed_at != Some(tip);
        let queue = self.machines[m].disk.store.queue();
        let (settled_log, unsettled) = (queue.settled_log(), queue.unsettled());
        let looks = unsettled.into_iter();
        let looks: Vec<_> = looks
            .map(|carrier| {
                let due = all || carrier.mined_height.is_none();
                (carrier, if due { self.asked(m, &carrier) } else { None })
            })
            .collect();
        let answered = looks.iter().all(|(_, answer)| answer.is_some());
        if let Some(node) = self.machines[m].node.as_mut().filter(|_| answered) {
            node.followed_at = Some(tip);
        }
        let patience = Patience {
            forgotten_after_blocks: self.scene.forgotten_after_blocks,
            repost_after_blocks: self.scene.repost_after_blocks,
            settlement_depth: self.scene.settlement_depth,
        };
        let fates = fates(&looks, settled_log, tip, &patience);
        let changes = looks.iter().zip(fates);
        let changes: Vec<_> = changes
            .filter_map(|((carrier, _), fate)| self.change(m, carrier, fate, tip))
            .collect();
        if changes.is_empty() {
            return self.publish(m, Stage::Log);
        }
        let of = Owner::Publisher(Stage::Log);
        self.write(m, Job { of, changes });
    }

    /// What the gateway says of a transaction; some questions get no answer though it is well.
    fn asked(&mut self, m: usize, carrier: &Carrier) -> Option<Whereabouts> {
        let lost = self.lost();
        let gateway = self.machines[m].gateway;
        let seen = self.base_layer.whereabouts_at(gateway, carrier.tx);
        seen.filter(|_| !lost)
    }

    fn change(&mut self, m: usize, carrier: &Carrier, fate: Fate, tip: u64) -> Option<Change> {
        let number = carrier.number;
        if fate != Fate::Same {
            self.note(&("follows", m, number, carrier.is_log(), told(fate)));
        }
        match fate {
            Fate::Same => None,
            Fate::Mined { height, firm } => {
                if firm {
                    self.settled(m, carrier.tx);
                }
                Some(Change::Mined(number, height, firm))
            }
            Fate::Left => {
                self.trace.saw("a transaction whose block was orphaned");
                match (self.plant, carrier.mined_height) {
                    (Some(Plant::GapOnFork), Some(height)) => {
                        Some(Change::Mined(number, height, true))
                    }
                    _ => Some(Change::Left(number, tip)),
                }
            }
            Fate::Lost => {
                self.trace.saw(match carrier.mined_height {
                    None => "a transaction posted again",
                    Some(_) => "a record posted again that stood where it does not count",
                });
                Some(Change::Lost(vec![number]))
            }
        }
    }
}

fn told(fate: Fate) -> (&'static str, u64) {
    match fate {
        Fate::Same => ("nothing new", 0),
        Fate::Mined {
            height,
            firm: false,
        } => ("in a block", height),
        Fate::Mined { height, firm: true } => ("settled", height),
        Fate::Left => ("left its block", 0),
        Fate::Lost => ("given up", 0),
    }
}
