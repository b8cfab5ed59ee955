//! The five keys of one node, each in a file of its own: made once, when it starts first, and only opened by whoever else needs them.

use std::path::{Path, PathBuf};

use aosec_wire::{Address, SigningKey};

use super::sealed::Sealed;
use super::{KeysError, Password, make_folder, open, random_secret, read_private, save};

/// Name of the key that signs assignments.
const SCHEDULER: &str = "scheduler";
/// Names of the others.
const OWNER: &str = "owner";
const OPERATOR: &str = "operator";
const AUTHORITY: &str = "authority";
const WALLET: &str = "wallet";
/// The keys of one node.
#[derive(Debug)]
pub struct NodeKeys {
    /// Money: bond, unbond, withdraw, key changes.
    pub owner: SigningKey,
    /// Bids and leases.
    pub operator: SigningKey,
    /// Assignments; goes to the guard and nowhere else.
    pub scheduler: SigningKey,
    /// Pushed messages.
    pub authority: SigningKey,
    /// Base-layer transactions (RSA); trusted by no rule.
    pub wallet: SigningKey,
}

impl NodeKeys {
    /// Opens the keys that a node has in `folder`, all of them sealed under `password`; makes nothing.
    ///
    /// # Errors
    /// Where one is absent, exposed, unreadable, or sealed under another password.
    pub fn open(folder: &Path, password: &Password) -> Result<Self, KeysError> {
        let key = |name| {
            let path = path_of(folder, name);
            match path.exists() {
                true => open(&path, None, Some(password)),
                false => Err(KeysError::Absent(path)),
            }
        };
        Ok(Self {
            owner: key(OWNER)?,
            operator: key(OPERATOR)?,
            scheduler: key(SCHEDULER)?,
            authority: key(AUTHORITY)?,
            wallet: key(WALLET)?,
        })
    }

    /// Opens the keys in `folder`, making those that are absent. All are sealed under `password`.
    ///
    /// # Errors
    /// Where a file is exposed, unreadable, or sealed under another password.
    pub fn open_or_make(folder: &Path, password: &Password) -> Result<Self, KeysError> {
        make_folder(folder)?;
        let ed25519 = |name| {
            open_or_make(folder, name, password, || {
                Ok(SigningKey::ed25519(*random_secret()?))
            })
        };
        Ok(Self {
            owner: ed25519(OWNER)?,
            operator: ed25519(OPERATOR)?,
            scheduler: ed25519(SCHEDULER)?,
            authority: ed25519(AUTHORITY)?,
            wallet: open_or_make(folder, WALLET, password, || Ok(SigningKey::rsa_generate()?))?,
        })
    }
}

/// The address of the scheduler key in `folder`, read without its password; none where no key is there.
///
/// # Errors
/// Where the file is exposed or unreadable, or holds no sealed key.
pub fn scheduler_address(folder: &Path) -> Result<Option<Address>, KeysError> {
    let path = path_of(folder, SCHEDULER);
    if !path.exists() {
        return Ok(None);
    }
    let sealed = Sealed::parse(&read_private(&path)?);
    let address = sealed.and_then(|sealed| sealed.address().parse().ok());
    address.map(Some).ok_or(KeysError::Unknown(path))
}

fn path_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.key"))
}

fn open_or_make(
    folder: &Path,
    name: &str,
    password: &Password,
    make: impl FnOnce() -> Result<SigningKey, KeysError>,
) -> Result<SigningKey, KeysError> {
    let path = path_of(folder, name);
    if path.exists() {
        return open(&path, None, Some(password));
    }
    let key = make()?;
    save(&path, &key, password)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::super::devnet;
    use super::*;

    #[test]
    fn who_wants_the_keys_of_a_node_is_never_given_new_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let (password, _made) =
            Password::from_file_or_made(&folder.path().join("password")).expect("a fresh folder");
        let names = [OWNER, OPERATOR, SCHEDULER, AUTHORITY, WALLET];
        let node = devnet::node(0).expect("published keys");
        let keys = [
            &node.owner,
            &node.operator,
            &node.scheduler,
            &node.authority,
            &node.wallet,
        ];
        for (name, key) in names.into_iter().zip(keys) {
            let path = path_of(folder.path(), name);
            let refused = NodeKeys::open(folder.path(), &password);
            assert!(matches!(refused, Err(KeysError::Absent(absent)) if absent == path));
            assert!(!path.exists(), "{name} was made");
            save(&path, key, &password).expect("saved");
        }
        let opened = NodeKeys::open(folder.path(), &password).expect("all are there");
        assert_eq!(opened.owner.address(), node.owner.address());
        assert_eq!(opened.wallet.address(), node.wallet.address());
    }
}
