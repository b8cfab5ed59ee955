//! AO-Sec Origin, the court, as one text: the files of `contracts-lua/origin`, embedded, in a fixed order (D16).
//!
//! The text is the data of Origin's spawn, which boots with `On-Boot: Data`. What it decides stands in the Lua files and nowhere
//! here; its hash says which court one has.

use sha2::{Digest, Sha256};

use crate::process_module::{SourceFile, bundle};

/// Names one file of the contract by its stem.
macro_rules! part {
    ($stem:literal) => {
        SourceFile {
            name: concat!("origin.", $stem),
            text: include_str!(concat!("../../../contracts-lua/origin/", $stem, ".lua")),
        }
    };
}

/// The modules of the contract: each stands behind those that it needs.
pub const MODULES: [SourceFile<'static>; 46] = [
    part!("amount"),
    part!("text"),
    part!("items"),
    part!("state"),
    part!("params"),
    part!("ledger"),
    part!("queue"),
    part!("line"),
    part!("hosting_row"),
    part!("case_row"),
    part!("outcome"),
    part!("authorities"),
    part!("operators"),
    part!("keys"),
    part!("fees"),
    part!("bond"),
    part!("update"),
    part!("authorize"),
    part!("unbonding"),
    part!("payout"),
    part!("mass"),
    part!("slash"),
    part!("pay"),
    part!("buffer"),
    part!("leases"),
    part!("looks"),
    part!("hosting"),
    part!("escrow"),
    part!("senders"),
    part!("cases"),
    part!("deposits"),
    part!("evidence"),
    part!("challenge"),
    part!("publication"),
    part!("data"),
    part!("answer"),
    part!("jail"),
    part!("expiry"),
    part!("settle"),
    part!("reports"),
    part!("tick"),
    part!("genesis"),
    part!("reply"),
    part!("token"),
    part!("views"),
    part!("dispatch"),
];

/// The file that takes the messages.
pub const MAIN: SourceFile<'static> = part!("main");

/// The whole contract in one text, the same for every binary of one source.
pub fn source() -> String {
    bundle(&MODULES, MAIN)
        .expect("the names and texts are the constants above, and a test wraps them")
}

/// SHA-256 of [`source`] in hex.
pub fn sha256() -> String {
    let digest = Sha256::digest(source().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_court_is_wrapped_whole_and_always_the_same() {
        let text = source();
        assert!(text.ends_with(MAIN.text));
        assert_eq!(
            text.matches("package.preload['origin.").count(),
            MODULES.len()
        );
        assert_eq!((text.clone(), sha256()), (source(), sha256()));
    }

    #[test]
    fn every_module_that_a_file_requires_is_there() {
        let text = source();
        let wanted = text.split("require(\"origin.").skip(1);
        for name in wanted.map(|rest| rest.split('"').next().unwrap()) {
            let file = format!("package.preload['origin.{name}']");
            assert!(text.contains(&file), "origin.{name} is not embedded");
        }
    }
}
