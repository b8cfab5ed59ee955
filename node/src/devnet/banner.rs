//! What a person sees when the devnet is ready: where everything is, whose money it is, and what to try next.

use std::fmt::Write as _;
use std::path::Path;

use super::file::DevnetFile;

/// Winston in one AR.
const WINSTON_DIGITS: usize = 12;

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
    line(format_args!("  data     {}", folder.display()));
    line(format_args!("\n  nodes"));
    for node in &file.nodes {
        line(format_args!(
            "  {}  MU {}  SU {}  CU {}  page {}",
            node.name, node.mu, node.su, node.cu, node.web
        ));
        line(format_args!(
            "         scheduler {}  authority {}",
            node.scheduler, node.authority
        ));
    }
    line(format_args!(
        "\n  accounts (published, throw-away keys: never fund them anywhere else)"
    ));
    for account in &file.accounts {
        line(format_args!(
            "  {:6} {:9} {}  {} AR  {}",
            account.name,
            account.kind,
            account.address,
            whole_ar(&account.balance),
            account.wallet
        ));
    }
    line(format_args!("\n  try next, in another terminal"));
    line(format_args!(
        "  P=$(aosec process spawn)                     a process; its owner is alice"
    ));
    line(format_args!(
        "  aosec process eval $P 'return 1 + 1'         talk to it"
    ));
    line(format_args!(
        "  aosec process send $P --data hello --wait    send to it"
    ));
    line(format_args!(
        "  aosec status                                 how the nodes are"
    ));
    line(format_args!(
        "\n  @permaweb/aoconnect: connect({{ MODE: 'legacy', MU_URL, CU_URL, GATEWAY_URL }}) with the urls above"
    ));
    line(format_args!(
        "  Ctrl-C stops; the same command goes on from {}",
        folder.display()
    ));
    out
}

fn whole_ar(winston: &str) -> &str {
    match winston.len().checked_sub(WINSTON_DIGITS) {
        Some(whole) if whole > 0 => winston.get(..whole).unwrap_or("0"),
        _ => "0",
    }
}

#[cfg(test)]
mod tests {
    use super::whole_ar;

    #[test]
    fn winston_are_shown_as_whole_ar() {
        assert_eq!(whole_ar("1000000000000000"), "1000");
        assert_eq!(whole_ar("999"), "0");
    }
}
