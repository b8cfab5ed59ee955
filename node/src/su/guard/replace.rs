//! Another content for the guard file, all of it or nothing, whatever stops the machine in between.
//!
//! Written aside, flushed, locked, renamed, and the folder flushed: until the rename is durable the old file stands under the
//! name, afterwards the new one, and both hold every head. What lies aside after a stop is never read: it is begun anew.
//!
//! The lock goes over before the name does, so that no second node finds the file unguarded; whoever opened the old file
//! meanwhile sees in [`is_under`] that its name has moved on.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// The ending of the file that is written aside.
const ASIDE: &str = "new";

/// The few things that a replacement asks of a folder: the disk's, or one that a test stops.
pub(super) trait Folder {
    /// An open file.
    type File;
    /// Makes the file aside, empty, open for nobody else.
    fn make(&mut self) -> io::Result<Self::File>;
    /// Writes all of its content.
    fn write(&mut self, file: &mut Self::File, content: &[u8]) -> io::Result<()>;
    /// Returns once the content is durable.
    fn flush(&mut self, file: &Self::File) -> io::Result<()>;
    /// Gives the file aside the name, which another one has until then.
    fn rename(&mut self) -> io::Result<()>;
    /// Returns once the name is durable.
    fn flush_names(&mut self) -> io::Result<()>;
}

/// Puts a file with `content` in the place of the old one.
pub(super) fn replace<F: Folder>(folder: &mut F, content: &[u8]) -> io::Result<F::File> {
    let mut file = folder.make()?;
    folder.write(&mut file, content)?;
    folder.flush(&file)?;
    folder.rename()?;
    folder.flush_names()?;
    Ok(file)
}

/// The folder on the disk.
pub(super) struct OnDisk {
    path: PathBuf,
    aside: PathBuf,
    mode: u32,
}

impl OnDisk {
    /// For the file at `path`, made anew with `mode`.
    pub(super) fn of(path: &Path, mode: u32) -> Self {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".");
        aside.push(ASIDE);
        Self {
            path: path.to_owned(),
            aside: aside.into(),
            mode,
        }
    }
}

impl Folder for OnDisk {
    type File = File;

    fn make(&mut self) -> io::Result<File> {
        let mut how = OpenOptions::new();
        how.read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(self.mode);
        let file = how.open(&self.aside)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok(file)
    }

    fn write(&mut self, file: &mut File, content: &[u8]) -> io::Result<()> {
        file.write_all(content)
    }

    fn flush(&mut self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&mut self) -> io::Result<()> {
        fs::rename(&self.aside, &self.path)
    }

    fn flush_names(&mut self) -> io::Result<()> {
        File::open(folder_of(&self.path))?.sync_all()
    }
}

/// The folder that a file lies in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Whether this open file is still the one under the name.
pub(super) fn is_under(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((own.dev(), own.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"every head, at length";
    const NEW: &[u8] = b"every head";

    /// A folder that stops at an operation, and knows what is durable by then.
    #[derive(Clone, Default)]
    struct Model {
        operations: usize,
        stop_at: usize,
        /// Content of the file aside: written, and flushed.
        written: Vec<u8>,
        flushed: bool,
        renamed: bool,
        names_flushed: bool,
    }

    impl Model {
        fn step(&mut self) -> io::Result<()> {
            self.operations += 1;
            match self.operations > self.stop_at {
                true => Err(io::Error::other("the power is gone")),
                false => Ok(()),
            }
        }

        /// Every content that may stand under the name when the power comes back.
        fn found(&self) -> Vec<Vec<u8>> {
            let mut found = Vec::new();
            if !self.names_flushed {
                found.push(OLD.to_vec());
            }
            if self.renamed {
                let kept = if self.flushed { NEW.len() } else { 0 };
                found.extend((kept..=self.written.len()).map(|end| self.written[..end].to_vec()));
            }
            found
        }
    }

    impl Folder for Model {
        type File = ();

        fn make(&mut self) -> io::Result<()> {
            self.step()
        }

        fn write(&mut self, (): &mut (), content: &[u8]) -> io::Result<()> {
            // A write that is stopped may have happened, wholly or in part.
            self.written = content.to_vec();
            self.step()
        }

        fn flush(&mut self, (): &()) -> io::Result<()> {
            self.step()?;
            self.flushed = true;
            Ok(())
        }

        fn rename(&mut self) -> io::Result<()> {
            self.renamed = true;
            self.step()
        }

        fn flush_names(&mut self) -> io::Result<()> {
            self.step()?;
            self.names_flushed = true;
            Ok(())
        }
    }

    #[test]
    fn whichever_operation_is_the_last_the_old_or_the_new_file_stands_whole() {
        let mut whole = Model {
            stop_at: usize::MAX,
            ..Model::default()
        };
        replace(&mut whole, NEW).unwrap();
        assert_eq!(whole.found(), [NEW], "undisturbed: the new one");
        for stop_at in 0..whole.operations {
            let mut model = Model {
                stop_at,
                ..Model::default()
            };
            assert!(replace(&mut model, NEW).is_err());
            for found in model.found() {
                assert!(
                    found == OLD || found == NEW,
                    "stopped after {stop_at} operations: {found:?}"
                );
            }
        }
    }

    #[test]
    fn a_file_whose_name_has_moved_on_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        fs::write(&path, OLD).unwrap();
        let old = File::open(&path).unwrap();
        assert!(is_under(&old, &path).unwrap());
        let mut folder = OnDisk::of(&path, 0o600);
        // What a stop left aside is no obstacle.
        fs::write(dir.path().join("guard.new"), b"half a head").unwrap();
        let new = replace(&mut folder, NEW).unwrap();
        assert!(!is_under(&old, &path).unwrap());
        assert!(is_under(&new, &path).unwrap());
        assert_eq!(fs::read(&path).unwrap(), NEW);
        fs::remove_file(&path).unwrap();
        assert!(!is_under(&new, &path).unwrap());
    }
}
