//! The folder of fetched modules. It is bounded, because whoever may name a module decides what is fetched: the oldest file goes.
//!
//! What a module is, and whether this node takes it, is judged by [`super`] before anything comes here.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aosec_wire::{Id, Strictness, VerifiedItem};

/// Modules kept on the disk: some 1 GiB where each is as large as a module may be. One that went is fetched again.
const KEPT_MAX: usize = 256;

/// The folder.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    most: usize,
}

impl Shelf {
    /// Modules in `folder`.
    #[must_use]
    pub(super) fn new(folder: PathBuf) -> Self {
        let most = KEPT_MAX;
        Self { folder, most }
    }

    /// The module, where it is here. A file that is missing, damaged or another item's is simply fetched again.
    pub(super) async fn find(&self, id: Id) -> Option<VerifiedItem> {
        let bytes = tokio::fs::read(self.path(id)).await.ok()?;
        let item = aosec_wire::item::verify_bytes(bytes.into(), Strictness::Settled).ok()?;
        (item.id() == id).then_some(item)
    }

    /// Keeps a fetched module. A failure costs a fetch at the next start, and nothing else.
    pub(super) async fn keep(&self, item: &VerifiedItem) {
        let path = self.path(item.id());
        let written = tokio::fs::write(&path, item.bytes()).await;
        let (folder, most) = (self.folder.clone(), self.most);
        let trimmed = tokio::task::spawn_blocking(move || trim(&folder, most));
        let trimmed = trimmed.await.unwrap_or_else(|lost| Err(lost.into()));
        if let Err(error) = written.and(trimmed) {
            tracing::warn!(path = %path.display(), %error, "a fetched module could not be kept");
        }
    }

    fn path(&self, id: Id) -> PathBuf {
        self.folder.join(id.to_string())
    }
}

/// Takes the oldest files away until `most` are left.
fn trim(folder: &Path, most: usize) -> std::io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let file = file?;
        files.push((file.metadata()?.modified()?, file.path()));
    }
    files.sort_unstable();
    let excess = files.len().saturating_sub(most);
    let mut oldest = files.into_iter().take(excess);
    oldest.try_for_each(|(_written, path)| std::fs::remove_file(path))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aosec_wire::{Draft, SigningKey};

    use super::*;

    fn item(data: &'static str) -> VerifiedItem {
        let draft = Draft {
            data: data.into(),
            ..Draft::default()
        };
        draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
    }

    #[tokio::test]
    async fn the_oldest_goes_where_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf {
            folder: folder.path().to_owned(),
            most: 2,
        };
        let items = ["a", "b", "c"].map(item);
        for (second, one) in (1..).zip(&items) {
            shelf.keep(one).await;
            let file = std::fs::File::options()
                .append(true)
                .open(shelf.path(one.id()));
            let then = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            file.unwrap().set_modified(then).unwrap();
        }
        assert_eq!(shelf.find(items[0].id()).await, None);
        for one in &items[1..] {
            assert_eq!(shelf.find(one.id()).await.as_ref(), Some(one));
        }
    }

    #[tokio::test]
    async fn a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (shelf, item) = (Shelf::new(folder.path().to_owned()), item("a"));
        shelf.keep(&item).await;
        std::fs::write(shelf.path(item.id()), b"torn").unwrap();
        assert_eq!(shelf.find(item.id()).await, None);
    }
}
