//! The binary `aosec`: parses the command line and hands over to `aosec_node::cli`.

fn main() {}
