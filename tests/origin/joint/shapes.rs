//! What the deriver hands to the court, in the docket's words.

use std::collections::BTreeMap;

use aosec_challenge::docket::{Content, Enclosed, Entry, Log, Logs, Paper, Place, Signed};
use aosec_market as market;

pub(super) fn paper(item: &market::Item) -> Paper {
    Paper {
        owner: item.owner.clone(),
        run: item.run,
        mined: item.mined,
        tags: item.tags.clone(),
        enclosed: item.children().iter().map(enclosed).collect(),
        logs: logs(&item.logs),
    }
}

fn enclosed(child: &market::Child) -> Enclosed {
    Enclosed {
        id: child.id.clone(),
        target: child.target.clone(),
        size: child.size,
        tags: child.tags.clone(),
        signed: child.signed.as_ref().map(signed),
    }
}

fn signed(signed: &market::Signed) -> Signed {
    let entries = signed.entries.iter();
    Signed {
        process: signed.process.clone(),
        epoch: signed.epoch,
        signer: signed.signer.clone(),
        first: signed.first,
        is_record: signed.record,
        entries: entries.map(|(slot, one)| (*slot, entry(one))).collect(),
        follows: signed.follows,
        is_canonical: signed.canonical == Some(true),
    }
}

fn entry(entry: &market::Entry) -> Entry {
    Entry {
        message: entry.message.clone(),
        height: entry.height,
        timestamp: entry.timestamp,
        chain: entry.chain.clone(),
    }
}

pub(super) fn logs(heads: &BTreeMap<String, market::LogHead>) -> Logs {
    let heads = heads.iter();
    heads
        .map(|(process, head)| (process.clone(), log(head)))
        .collect()
}

fn log(head: &market::LogHead) -> Log {
    let content = |one: &market::Content| Content {
        message: one.message.clone(),
        epoch: one.epoch,
        is_virtual: one.is_virtual,
    };
    let place = |one: &market::Place| Place {
        slot: one.slot,
        mined: one.mined,
        is_virtual: one.is_virtual,
    };
    let at = head.at.iter();
    let of = head.of.iter();
    Log {
        at: at
            .map(|(slot, one)| (*slot, one.as_ref().map(content)))
            .collect(),
        of: of
            .map(|(message, one)| (message.clone(), one.as_ref().map(place)))
            .collect(),
    }
}
