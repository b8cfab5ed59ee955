//! File systems of the test's own, where it may mount them.

use std::path::{Path, PathBuf};
use std::process::Command;

use aosec_tests::harness::skip;

/// A mounted folder. It is unmounted with its owner.
#[derive(Debug)]
pub(super) struct Mount(PathBuf);

impl Mount {
    /// A file system in memory with this much room; none, with a SKIP line, where the test may not mount.
    pub(super) fn in_memory(at: &Path, room: &str) -> Option<Self> {
        Self::of(
            at,
            &[
                "-t",
                "tmpfs",
                "-o",
                &format!("size={room},mode=0700"),
                "none",
            ],
        )
    }

    /// The file system in the file `image`.
    pub(super) fn of_image(at: &Path, image: &Path) -> Option<Self> {
        Self::of(at, &["-o", "loop", &image.display().to_string()])
    }

    fn of(at: &Path, how: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder to mount on");
        if !succeeds(Command::new("mount").args(how).arg(at)) {
            skip::absent(
                "the right to mount",
                "full disks and power cuts are tried as root only",
            );
            return None;
        }
        Some(Self(at.to_owned()))
    }

    /// Gives the file system in memory this much room.
    pub(super) fn resize(&self, room: &str) {
        let how = format!("remount,size={room}");
        assert!(
            succeeds(Command::new("mount").args(["-o", &how]).arg(&self.0)),
            "a remount"
        );
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a node that was killed may still be on its way out.
        if !succeeds(Command::new("umount").arg("-l").arg(&self.0)) {
            eprintln!("{} stays mounted", self.0.display());
        }
    }
}

/// True where the command ends well; its words are for nobody.
pub(super) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
