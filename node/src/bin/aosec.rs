//! The binary `aosec`: hands the command line over to `aosec_node::cli` and ends with its exit code.

fn main() -> std::process::ExitCode {
    aosec_node::cli::main()
}
