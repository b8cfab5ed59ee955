//! What a person sees when the devnet is ready: where everything is, whose money it is, and what to try next.

use std::fmt::Write as _;
use std::path::Path;

use aosec_wire::Address;

use super::{court, file::DevnetFile};
use crate::arweave::winston::ar;
use crate::origin::deploy::tokens;

/// What to try next.
const VERBS: [&str; 4] = [
    "P=$(aosec process spawn)                     a process; its owner is alice",
    "aosec process eval $P 'return 1 + 1'         talk to it",
    "aosec process send $P --data hello --wait    send to it",
    "aosec status                                 how the nodes are",
];
/// The same, where there is a court.
const COURT_VERBS: [&str; 2] = [
    "aosec origin operators                       who has stake in the court",
    "aosec origin transfer ADDRESS 12.5 --yes     send its token",
];

/// The banner.
#[must_use]
pub fn text(file: &DevnetFile, folder: &Path) -> String {
    let mut out = String::from("\n  aosec devnet: ready\n\n");
    let mut line = |text: std::fmt::Arguments<'_>| {
        writeln!(out, "{text}").expect("writing to a String does not fail");
    };
    line(format_args!(
        "  gateway  {}   (GraphQL at /graphql)",
        file.gateway
    ));
    line(format_args!("  module   {}", file.module));
    if let Some(origin) = &file.origin {
        line(format_args!(
            "  origin   {origin}   (the court, and its token)"
        ));
    }
    line(format_args!("  data     {}", folder.display()));
    line(format_args!("\n  nodes"));
    for (index, node) in file.nodes.iter().enumerate() {
        line(format_args!(
            "  {}  MU {}  SU {}  CU {}  page {}",
            node.name, node.mu, node.su, node.cu, node.web
        ));
        line(format_args!(
            "         scheduler {}  authority {}",
            node.scheduler, node.authority
        ));
        line(format_args!(
            "         operator  {}  owner     {}",
            node.operator,
            node.owner.as_ref().map_or("", Address::as_str)
        ));
        if let Some(bond) = file.origin.and_then(|_court| court::first_bond(index)) {
            line(format_args!(
                "         bonded    {bond} tokens when the court was founded"
            ));
        }
    }
    line(format_args!(
        "\n  accounts (published, throw-away keys: never fund them anywhere else)"
    ));
    for account in &file.accounts {
        line(format_args!(
            "  {:6} {:9} {}  {}  {} tokens  {}",
            account.name,
            account.kind,
            account.address,
            in_ar(&account.balance),
            tokens(&account.tokens),
            account.wallet
        ));
    }
    line(format_args!("\n  try next, in another terminal"));
    for verb in VERBS {
        line(format_args!("  {verb}"));
    }
    for verb in COURT_VERBS.iter().filter(|_verb| file.origin.is_some()) {
        line(format_args!("  {verb}"));
    }
    line(format_args!(
        "\n  @permaweb/aoconnect: connect({{ MODE: 'legacy', MU_URL, CU_URL, GATEWAY_URL }}) with the urls above"
    ));
    line(format_args!(
        "  Ctrl-C stops; the same command goes on from {}",
        folder.display()
    ));
    out
}

/// A sum of winston as the file has it; another text is shown as it is.
fn in_ar(winston: &str) -> String {
    match winston.parse() {
        Ok(winston) => format!("{} AR", ar(winston)),
        Err(_other) => format!("{winston} winston"),
    }
}
