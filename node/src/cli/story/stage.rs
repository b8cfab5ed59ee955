//! Where a story is played: the devnet that runs, or one of its own in a temporary folder, which ends with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli::Output;
use crate::cli::exit::CliError;
use crate::config::Agent;
use crate::devnet::file::DevnetFile;
use crate::devnet::{Devnet, DevnetConfig};

/// The story needs a host, a user's node and another one.
const NODES: usize = 3;
/// Blocks of its own devnet: so that a reader can follow.
const BLOCK_TIME: Duration = Duration::from_secs(1);

/// A devnet to play on.
pub(super) struct Stage {
    pub(super) folder: PathBuf,
    pub(super) file: DevnetFile,
    own: Option<Own>,
}

struct Own {
    ends: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Stage {
    pub(super) async fn open(folder: &Path, out: Output) -> Result<Self, CliError> {
        let running = DevnetFile::read(folder).ok();
        if let Some(file) = running.filter(|file| !file.nodes.is_empty())
            && answers(&file).await
        {
            return Ok(Self {
                folder: folder.to_owned(),
                file,
                own: None,
            });
        }
        out.progress(format_args!(
            "no devnet runs in {}: one is started for the story ...",
            folder.display()
        ));
        Self::own().await
    }

    async fn own() -> Result<Self, CliError> {
        let folder = std::env::temp_dir().join(format!("aosec-story-{}", std::process::id()));
        let config = DevnetConfig {
            nodes: NODES,
            block_time: BLOCK_TIME,
            data: folder.clone(),
            fresh: true,
            base_port: 0,
            agent: Agent::default(),
            chaos: false,
        };
        let devnet = Devnet::start(config)
            .await
            .map_err(|error| CliError::failure(error.to_string()))?;
        let file = devnet.file();
        let (ends, ended) = oneshot::channel();
        let task = tokio::spawn(look_after(devnet, ended, folder.clone()));
        Ok(Self {
            folder,
            file,
            own: Some(Own { ends, task }),
        })
    }

    /// Ends what was started for the story, and its folder.
    pub(super) async fn close(self) {
        if let Some(Own { ends, task }) = self.own {
            let _already_over = ends.send(());
            let _panicked_and_said_so = task.await;
        }
    }
}

async fn look_after(mut devnet: Devnet, ended: oneshot::Receiver<()>, folder: PathBuf) {
    tokio::select! {
        _ = ended => {}
        watched = devnet.watch() => {
            if let Err(error) = watched {
                tracing::error!(%error, "the story's devnet ends");
            }
        }
    }
    devnet.stop().await;
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(%error, folder = %folder.display(), "the story's folder is left");
    }
}

/// Whether the devnet of a file is there: files outlive their devnets.
async fn answers(file: &DevnetFile) -> bool {
    let Ok(url) = file.gateway.join("info") else {
        return false;
    };
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(5))
        .build();
    let Ok(http) = http else { return false };
    http.get(url).send().await.is_ok()
}
