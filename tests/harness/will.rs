//! What happens to a child and its files when the test ends, however it ends.
//!
//! A shell waits on a pipe that only this process holds open. When the pipe closes, because the [`Will`] is dropped or because
//! the test process is gone, the shell kills the child's process group and removes the folder.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `$1` is the process group, `$2` the folder or nothing. The group may be gone already; that is what is wanted. What it had
/// started ends with it, and may write into the folder for some seconds more.
const TESTAMENT: &str = r#"
    read -r _
    kill -9 "-$1" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        [ -e "$2" ] || exit 0
        rm -rf -- "$2" 2>/dev/null
        sleep 1
    done"#;

/// Runs when dropped, or when this process dies.
#[derive(Debug)]
pub struct Will(Child);

impl Will {
    /// Takes note of a process group that this test started, and of a temporary folder that goes with it.
    ///
    /// # Panics
    /// Where no shell can be started.
    #[must_use]
    pub fn over(group: u32, folder: Option<&Path>) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", TESTAMENT, "will", &group.to_string()]);
        shell.arg(folder.unwrap_or(Path::new("")));
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A group of its own, so that Ctrl-C in a terminal reaches the test and not its will.
        Self(
            shell
                .process_group(0)
                .spawn()
                .expect("a shell to clean up after us"),
        )
    }
}

impl Drop for Will {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        if let Err(error) = self.0.wait() {
            eprintln!("cleaning up failed: {error}");
        }
    }
}
