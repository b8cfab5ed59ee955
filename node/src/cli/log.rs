//! Logs: always on stderr, filtered and shaped as asked.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// How much is logged, and in which shape.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or a filter such as `aosec_node::su=debug`.
    #[arg(long, global = true, env = "AOSEC_LOG_LEVEL", default_value = "warn")]
    log_level: String,
    /// The shape of a log line.
    #[arg(
        long,
        global = true,
        env = "AOSEC_LOG_FORMAT",
        default_value = "terminal"
    )]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For a person.
    Terminal,
    /// One JSON object a line.
    Json,
}

/// Starts logging; once a process.
pub(super) fn start(args: &LogArgs) {
    let filter = EnvFilter::new(&args.log_level);
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Complaining of a log that cannot be written, to where it cannot be written, would end the task that wanted to log.
        .log_internal_errors(false);
    match args.log_format {
        LogFormat::Terminal => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
