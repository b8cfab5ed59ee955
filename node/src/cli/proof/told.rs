//! What a proof says, for a person and as JSON.

use aosec_challenge::proof::{Proof, Rests, Step};
use serde_json::{Value, json};

use crate::proof::Seen;

/// Whether somebody else has confirmed the blocks, and who.
pub(super) struct Confirmed {
    /// Heights of blocks whose ids were compared.
    pub(super) heights: Vec<u64>,
    /// With what.
    pub(super) with: &'static str,
}

pub(super) const fn rests(rests: Rests) -> &'static str {
    match rests {
        Rests::OnRecord => "a record of its host on the base layer",
        Rests::OnBaseLayer => "the order of the base layer",
        Rests::OnPromise => "a promise of its host",
    }
}

fn steps(steps: &[Step]) -> Vec<Value> {
    let step = |step: &Step| {
        let hashes = step.hashes.iter();
        let hashes = hashes.map(|(formula, value)| json!({ "formula": formula, "value": value }));
        json!({ "step": step.name.word(), "says": step.says, "hashes": hashes.collect::<Vec<_>>() })
    };
    steps.iter().map(step).collect()
}

/// A proof as one object.
pub(super) fn json(proof: &Proof, seen: &[Seen], confirmed: Option<&Confirmed>) -> Value {
    let transactions = seen.iter().map(|one| {
        json!({ "id": one.transaction.id(), "block": one.height, "owner": one.transaction.owner_address() })
    });
    json!({
        "holds": true, "process": proof.process, "slot": proof.entry.slot, "epoch": proof.entry.epoch,
        "message": proof.entry.message, "height": proof.entry.height, "timestamp": proof.entry.timestamp,
        "chain": proof.entry.chain, "mined": proof.entry.mined, "rests": rests(proof.rests), "emptied": proof.emptied,
        "proves": proof.proves(), "open": proof.leaves_open(), "transactions": transactions.collect::<Vec<_>>(),
        "blocks": confirmed.map(|one| json!({ "compared": one.heights, "with": one.with })), "steps": steps(&proof.steps),
    })
}

/// A proof in a few lines.
pub(super) fn short(proof: &Proof, confirmed: Option<&Confirmed>) -> String {
    let entry = &proof.entry;
    let mut lines = vec![
        format!(
            "holds: slot {} of {} is message {}",
            entry.slot, proof.process, entry.message
        ),
        format!(
            "it rests on {}; log chain {}",
            rests(proof.rests),
            entry.chain
        ),
        proof.proves(),
    ];
    lines.extend(confirmed.map(said));
    lines.push("what this file alone does not show:".to_owned());
    lines.extend(proof.leaves_open().iter().map(|open| format!("  - {open}")));
    lines.join("\n")
}

fn said(confirmed: &Confirmed) -> String {
    let heights: Vec<_> = confirmed.heights.iter().map(u64::to_string).collect();
    format!(
        "the ids of blocks {} were compared with {}",
        heights.join(", "),
        confirmed.with
    )
}

/// A proof step by step.
pub(super) fn long(proof: &Proof, seen: &[Seen], confirmed: Option<&Confirmed>) -> String {
    let mut lines = Vec::new();
    for one in seen {
        let transaction = &one.transaction;
        lines.push(format!(
            "[transaction] Block {}: {} bytes of data, signed by the wallet {} over all of it.",
            one.height,
            transaction.data_size(),
            transaction.owner_address()
        ));
        lines.push(format!("    {}  id = H(signature)", transaction.id()));
    }
    lines.extend(of_steps(&proof.steps));
    lines.push(String::new());
    lines.push(short(proof, confirmed));
    lines.join("\n")
}

/// Steps with their hashes.
pub(super) fn of_steps(steps: &[Step]) -> Vec<String> {
    let mut lines = Vec::new();
    for step in steps {
        lines.push(format!("[{}] {}", step.name.word(), step.says));
        let hashes = step.hashes.iter();
        lines.extend(hashes.map(|(formula, value)| format!("    {value}  {formula}")));
    }
    lines
}
