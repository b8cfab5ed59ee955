//! Where the product's binary lies: beside the test that asks, built by cargo before it.

use std::path::PathBuf;

/// The binary that `Cargo.toml` declares from the product's own main file.
const NAME: &str = "aosec-under-test";

/// The binary under test. `AOSEC_BIN` names another one, as an installed release.
///
/// # Panics
/// Where it is not there, with the command that builds it.
#[must_use]
pub fn aosec() -> PathBuf {
    let path = std::env::var_os("AOSEC_BIN").map_or_else(beside_us, PathBuf::from);
    assert!(
        path.is_file(),
        "{} is not built: run `cargo build -p aosec-tests --bin {NAME}`",
        path.display()
    );
    path
}

/// Test binaries lie in `deps/` of the profile's folder, other binaries in the folder itself.
fn beside_us() -> PathBuf {
    let own = std::env::current_exe().expect("the system knows where this program lies");
    let folder = own
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"));
    folder.expect("a program lies in a folder").join(NAME)
}
