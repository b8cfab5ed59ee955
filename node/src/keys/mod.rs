//! The five keys of a node, and how they rest on disk (DECISIONS, table of keys).
//!
//! Each key has one job, so that a stolen hot key can never move money and a lost wallet can never sign a slot. Only
//! [`crate::su`]'s guard ever signs with `scheduler` (A2): it is handed over once, when the node is put together. This module
//! makes, seals, opens and keeps keys; it signs nothing.

pub mod devnet;
mod node;
pub mod sealed;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aosec_wire::{KeyError, SigningKey};
use zeroize::Zeroizing;

pub use node::{NodeKeys, scheduler_address};
pub use sealed::SealError;

/// Name of the folder of the keys in the node's folder.
pub const FOLDER: &str = "keys";
/// Mode of a folder that holds keys.
const FOLDER_MODE: u32 = 0o700;
/// Mode of a file that holds a key or its password.
const FILE_MODE: u32 = 0o600;
/// Bits that must not be set on a key file: anybody else's rights.
const FOREIGN_MODE: u32 = 0o077;
/// Bytes of a password made by the node itself; printed as hex.
const PASSWORD_BYTES: usize = 32;
/// A key file is a few KiB; anything larger is not one.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What can go wrong between a key and its file.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file or its folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The path in question.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than the owner could read the file.
    #[error(
        "{0} can be read by others: run `chmod 600 {0}`, and consider the key stolen if others use this machine"
    )]
    Exposed(PathBuf),
    /// The file is larger than any key.
    #[error("{0} is no key file: over 64 KiB")]
    TooLarge(PathBuf),
    /// The content is neither a sealed key, a JWK, nor 64 hex digits.
    #[error(
        "{0} holds no key that we know: a sealed key, an Arweave JWK, or 64 hex digits with --kind"
    )]
    Unknown(PathBuf),
    /// A password is needed and none was given.
    #[error("{0} is sealed: give --password-file or set AOSEC_PASSWORD_FILE")]
    PasswordNeeded(PathBuf),
    /// A key of a node is not there.
    #[error(
        "{0} is not there: a node makes all its keys in `keys` of its data folder when it starts first"
    )]
    Absent(PathBuf),
    /// The file already exists, and a key is never overwritten.
    #[error("{0} exists already: a key is never overwritten; choose another --out or move it away")]
    Exists(PathBuf),
    /// The seal could not be made or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The key itself is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The system gave no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// A password, wiped from memory when dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Password {
    /// Reads the first line of a file.
    ///
    /// # Errors
    /// Where the file cannot be read or is exposed to others.
    pub fn from_file(path: &Path) -> Result<Self, KeysError> {
        let text = read_private(path)?;
        Ok(Self(Zeroizing::new(
            text.lines().next().unwrap_or_default().to_owned(),
        )))
    }

    /// Reads the file, or writes a new random password into it. True where it was made.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn from_file_or_made(path: &Path) -> Result<(Self, bool), KeysError> {
        if path.exists() {
            return Ok((Self::from_file(path)?, false));
        }
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let mut secret = Zeroizing::new([0_u8; PASSWORD_BYTES]);
        getrandom::fill(secret.as_mut_slice()).map_err(KeysError::Randomness)?;
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        write_private(path, hex.as_bytes())?;
        Ok((Self(Zeroizing::new(hex)), true))
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// 32 bytes from the system.
///
/// # Errors
/// Where the system gives none.
pub fn random_secret() -> Result<Zeroizing<[u8; 32]>, KeysError> {
    let mut secret = Zeroizing::new([0_u8; 32]);
    getrandom::fill(secret.as_mut_slice()).map_err(KeysError::Randomness)?;
    Ok(secret)
}

/// Opens a key file: sealed, an Arweave JWK, or 64 hex digits of `kind`.
///
/// # Errors
/// Where the file is exposed, unknown, or sealed and the password absent or wrong.
pub fn open(
    path: &Path,
    kind: Option<sealed::KeyKind>,
    password: Option<&Password>,
) -> Result<SigningKey, KeysError> {
    let text = read_private(path)?;
    match sealed::Sealed::parse(&text) {
        Some(sealed) => {
            let password = password.ok_or_else(|| KeysError::PasswordNeeded(path.to_owned()))?;
            Ok(sealed.open(password.as_bytes())?)
        }
        None => plain(path, &text, kind),
    }
}

fn plain(path: &Path, text: &str, kind: Option<sealed::KeyKind>) -> Result<SigningKey, KeysError> {
    if text.trim_start().starts_with('{') {
        return Ok(SigningKey::rsa_from_jwk(text)?);
    }
    let unknown = || KeysError::Unknown(path.to_owned());
    let secret = hex_secret(text.trim()).ok_or_else(unknown)?;
    Ok(kind.ok_or_else(unknown)?.key_of(&secret)?)
}

fn hex_secret(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut secret = Zeroizing::new([0_u8; 32]);
    for (byte, at) in secret.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(secret)
}

/// Seals `key` under `password` into a new file.
///
/// # Errors
/// Where the file exists or cannot be written.
pub fn save(path: &Path, key: &SigningKey, password: &Password) -> Result<(), KeysError> {
    let mut salt = [0_u8; sealed::SALT_BYTES];
    let mut nonce = [0_u8; sealed::NONCE_BYTES];
    getrandom::fill(&mut salt).map_err(KeysError::Randomness)?;
    getrandom::fill(&mut nonce).map_err(KeysError::Randomness)?;
    let sealed = sealed::Sealed::seal(key, password.as_bytes(), salt, nonce)?;
    write_private(path, sealed.to_json().as_bytes())
}

fn make_folder(folder: &Path) -> Result<(), KeysError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder)
        .map_err(|source| file(folder, source))
}

fn read_private(path: &Path) -> Result<Zeroizing<String>, KeysError> {
    let facts = fs::metadata(path).map_err(|source| file(path, source))?;
    if facts.len() > FILE_BYTES_MAX {
        return Err(KeysError::TooLarge(path.to_owned()));
    }
    if facts.permissions().mode() & FOREIGN_MODE != 0 {
        return Err(KeysError::Exposed(path.to_owned()));
    }
    fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| file(path, source))
}

/// Writes a new private file whole and durable; an existing one is never touched.
///
/// # Errors
/// Where it exists already or cannot be written.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), KeysError> {
    let opened = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path);
    let mut out = match opened {
        Ok(out) => out,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(KeysError::Exists(path.to_owned()));
        }
        Err(error) => return Err(file(path, error)),
    };
    out.write_all(content)
        .and_then(|()| out.sync_all())
        .map_err(|source| file(path, source))
}

fn file(path: &Path, source: io::Error) -> KeysError {
    KeysError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_made_once_are_the_same_after_a_restart() {
        let folder = std::env::temp_dir().join(format!("aosec-keys-{}", std::process::id()));
        let (password, made) =
            Password::from_file_or_made(&folder.join("password")).expect("a fresh folder");
        assert!(made);
        let path = folder.join("scheduler.key");
        let key = SigningKey::ed25519(*random_secret().expect("randomness"));
        save(&path, &key, &password).expect("saved");
        assert_eq!(
            open(&path, None, Some(&password))
                .expect("opened")
                .address(),
            key.address()
        );
        assert!(matches!(
            save(&path, &key, &password),
            Err(KeysError::Exists(_))
        ));
        assert!(matches!(
            open(&path, None, None),
            Err(KeysError::PasswordNeeded(_))
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("own file");
        assert!(matches!(
            open(&path, None, Some(&password)),
            Err(KeysError::Exposed(_))
        ));
        fs::remove_dir_all(&folder).expect("own folder");
    }

    #[test]
    fn only_whole_hex_is_a_secret() {
        assert!(hex_secret(&"ab".repeat(32)).is_some());
        assert!(hex_secret(&format!("0x{}", "ab".repeat(32))).is_some());
        assert!(hex_secret("abc").is_none());
        assert!(hex_secret(&"zz".repeat(32)).is_none());
    }
}
