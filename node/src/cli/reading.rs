//! Verbs that read the base layer by themselves: their flags, the folder they keep, and the wait until blocks are read.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use reqwest::Url;

use super::Output;
use super::exit::CliError;
use crate::cu::CuError;
use crate::devnet::file::DevnetFile;
use crate::follow::View;
use crate::follow::derivation::DeriveError;
use crate::node::audit::{Audit, AuditError, AuditSettings};

/// After this a person wants to know that something is still going on, and again each time.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// Pause between two looks at how far something has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Blocks under the tip of Arweave that may still change (PROTOCOL 8).
const SETTLEMENT_DEPTH: u64 = 20;

/// Flags of verbs that read the base layer.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// Gateway of the base layer; several are compared with each other [default: the devnet's].
    #[arg(long, env = "AOSEC_GATEWAY", value_delimiter = ',')]
    gateway: Vec<Url>,
    /// Folder of the devnet whose devnet.json names the gateway.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: PathBuf,
    /// Folder to keep what was read and computed, and to go on from [default: a temporary one].
    #[arg(long)]
    data: Option<PathBuf>,
    /// First block in which log records are looked for.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Blocks under the tip that may still change [default: 20, on the devnet its own].
    #[arg(long)]
    settlement_depth: Option<u64>,
    /// Seconds to wait for everything together.
    #[arg(long, default_value_t = 3_600)]
    timeout: u64,
}

impl ReadingArgs {
    /// Opens the folder, reads the base layer up to its tip, and does `work` with it, all within the timeout.
    pub(super) async fn read<T>(
        &self,
        out: Output,
        work: impl AsyncFnOnce(&Audit) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let folder = Folder::of(self.data.clone())?;
        let audit = Audit::open(self.settings(&folder)?).await;
        let audit = audit.map_err(|error| CliError::failure(error.to_string()))?;
        let wait = Duration::from_secs(self.timeout);
        let worked = tokio::time::timeout(wait, async {
            read_blocks(&audit, out).await?;
            work(&audit).await
        })
        .await;
        audit.close().await;
        worked.unwrap_or_else(|_elapsed| {
            let hint = "give --timeout more, and --data to go on from here";
            let text = format!("not done within {} s; {hint}", self.timeout);
            Err(CliError::DeadlinePassed(text))
        })
    }

    /// The gateways, and the depth that goes with them.
    ///
    /// # Errors
    /// Where neither a gateway nor a devnet is named.
    pub(super) fn gateways(&self) -> Result<(Vec<Url>, u64), CliError> {
        if !self.gateway.is_empty() {
            return Ok((self.gateway.clone(), SETTLEMENT_DEPTH));
        }
        let devnet = DevnetFile::read(&self.devnet).map_err(|error| {
            CliError::NotFound(format!("{error}; name a gateway with --gateway <url>"))
        })?;
        Ok((vec![devnet.gateway], crate::devnet::SETTLEMENT_DEPTH))
    }

    fn settings(&self, folder: &Folder) -> Result<AuditSettings, CliError> {
        let (gateways, depth) = self.gateways()?;
        Ok(AuditSettings {
            data: folder.path.clone(),
            gateways,
            settlement_depth: self.settlement_depth.unwrap_or(depth),
            from: self.from,
        })
    }
}

async fn read_blocks(audit: &Audit, out: Output) -> Result<View, CliError> {
    let (begun, mut told) = (Instant::now(), 0);
    loop {
        let view = tokio::time::timeout(LOOK_EVERY, audit.caught_up()).await;
        match view {
            Ok(view) if view.alarm => {
                return Err(CliError::Refused(
                    view.trouble.unwrap_or_default().to_string(),
                ));
            }
            Ok(View {
                trouble: Some(trouble),
                ..
            }) => return Err(CliError::Unreachable(trouble.to_string())),
            Ok(view) => return Ok(view),
            Err(_not_yet) => {}
        }
        let now = audit.view();
        let (soft, tip) = (now.soft.unwrap_or(0), now.tip.unwrap_or(0));
        tell(out, begun, &mut told, || {
            format!("read up to block {soft} of {tip} ...")
        });
    }
}

/// Asks again as long as the evaluation goes on, and says so now and then.
pub(super) async fn evaluated<T, E: Into<AuditError>>(
    out: Output,
    doing: &str,
    ask: impl AsyncFn() -> Result<T, E>,
) -> Result<T, CliError> {
    let (begun, mut told) = (Instant::now(), 0);
    let mut asked = Box::pin(ask());
    loop {
        match tokio::time::timeout(LOOK_EVERY, &mut asked).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => match error.into() {
                error if is_evaluating(&error) => asked = Box::pin(ask()),
                error => return Err(failed(error)),
            },
            Err(_not_yet) => {}
        }
        tell(out, begun, &mut told, || format!("{doing} ..."));
    }
}

fn is_evaluating(error: &AuditError) -> bool {
    matches!(error, AuditError::Compute(CuError::StillEvaluating { .. }))
}

fn tell(out: Output, begun: Instant, told: &mut u64, line: impl Fn() -> String) {
    let due = begun.elapsed().as_secs() / PROGRESS_EVERY.as_secs();
    if due > *told {
        *told = due;
        out.progress(line());
    }
}

/// Which kind of failure it is for a person.
pub(super) fn failed(error: AuditError) -> CliError {
    let text = error.to_string();
    match error {
        AuditError::Unknown(_) | AuditError::NoCheckpoint { .. } => CliError::NotFound(text),
        AuditError::NoProcess(_)
        | AuditError::Adopt(_)
        | AuditError::Derive(DeriveError::Courted { .. }) => CliError::Refused(text),
        AuditError::Source(_) | AuditError::Derive(DeriveError::NotRead { .. }) => {
            CliError::Unreachable(text)
        }
        AuditError::Compute(error) if error.is_final() => CliError::Refused(text),
        AuditError::Compute(
            CuError::Missing { .. } | CuError::Source(_) | CuError::NoModule(_),
        ) => CliError::NotFound(text),
        AuditError::Derive(_) | AuditError::Compute(_) => CliError::Failure(text),
    }
}

/// A folder that goes with its owner, unless it was named.
struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    fn of(named: Option<PathBuf>) -> Result<Self, CliError> {
        if let Some(path) = named {
            return Ok(Self {
                path,
                is_temporary: false,
            });
        }
        let name = format!("aosec-reading-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // What another process with our number left behind is nobody's.
        if path.exists() {
            std::fs::remove_dir_all(&path)
                .map_err(|error| CliError::failure(format!("{}: {error}", path.display())))?;
        }
        Ok(Self {
            path,
            is_temporary: true,
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::debug!(%error, path = %self.path.display(), "a temporary folder stays behind");
        }
    }
}
