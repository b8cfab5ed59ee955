//! Whose key signs for an operator: a key file, a node's sealed keys, or the published ones of a devnet node.

use std::path::{Path, PathBuf};

use aosec_wire::SigningKey;
use clap::Args;

use super::exit::CliError;
use super::target::SignerArgs;
use crate::keys::{self, NodeKeys};

/// Flags of verbs that an operator's own key signs.
#[derive(Debug, Args)]
pub struct RoleArgs {
    /// The published keys of this devnet node, from 1, in the place of --key.
    #[arg(long, conflicts_with = "key")]
    devnet_node: Option<usize>,
    /// Folder of a node's sealed keys, in the place of --key.
    #[arg(long, conflicts_with_all = ["devnet_node", "key"])]
    node_keys: Option<PathBuf>,
    /// File whose first line opens those keys [default: `password` in their folder].
    #[arg(long, requires = "node_keys")]
    node_password: Option<PathBuf>,
    #[command(flatten)]
    signer: SignerArgs,
}

impl RoleArgs {
    /// All keys of the node that was named; none where a single key was.
    ///
    /// # Errors
    /// Where they do not open.
    pub fn node(&self) -> Result<Option<NodeKeys>, CliError> {
        if let Some(number) = self.devnet_node {
            let index = number.checked_sub(1).ok_or_else(|| {
                CliError::Usage("nodes of a devnet are counted from 1".to_owned())
            })?;
            return Ok(Some(keys::devnet::node(index)?));
        }
        let Some(folder) = &self.node_keys else {
            return Ok(None);
        };
        if !folder.is_dir() {
            return Err(CliError::NotFound(format!(
                "{} is no folder; a node keeps its keys in `{}` of its data folder",
                folder.display(),
                keys::FOLDER
            )));
        }
        Ok(Some(NodeKeys::open(folder, &self.password(folder)?)?))
    }

    /// A key in a file that is sealed like the node's own.
    ///
    /// # Errors
    /// Where no node's keys are named, or it does not open.
    pub fn sealed(&self, file: &Path) -> Result<SigningKey, CliError> {
        let folder = self.node_keys.as_ref().ok_or_else(|| {
            CliError::Usage("name the node's keys with --node-keys <folder>".to_owned())
        })?;
        Ok(keys::open(file, None, Some(&self.password(folder)?))?)
    }

    fn password(&self, folder: &Path) -> Result<keys::Password, CliError> {
        let own = folder.join("password");
        let file = self.node_password.as_ref().unwrap_or(&own);
        Ok(keys::Password::from_file(file)?)
    }

    /// The owner's key: money.
    ///
    /// # Errors
    /// As [`Self::node`].
    pub fn owner(&self) -> Result<SigningKey, CliError> {
        self.role(|keys| keys.owner)
    }

    /// The operator's key: leases.
    ///
    /// # Errors
    /// As [`Self::node`].
    pub fn operator(&self) -> Result<SigningKey, CliError> {
        self.role(|keys| keys.operator)
    }

    fn role(&self, which: impl FnOnce(NodeKeys) -> SigningKey) -> Result<SigningKey, CliError> {
        match self.node()? {
            Some(keys) => Ok(which(keys)),
            None => self.signer.open(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Typed {
        #[command(flatten)]
        role: RoleArgs,
    }

    #[test]
    fn one_signs_with_a_key_or_with_a_nodes_keys() {
        for both in [
            ["x", "--node-keys", "k", "--key", "alice"],
            ["x", "--devnet-node", "1", "--key", "alice"],
            ["x", "--devnet-node", "1", "--node-keys", "k"],
        ] {
            assert!(Typed::try_parse_from(both).is_err(), "{both:?}");
        }
        for one in [["x", "--node-keys", "k"], ["x", "--key", "alice"]] {
            assert!(Typed::try_parse_from(one).is_ok(), "{one:?}");
        }
    }

    #[test]
    fn a_folder_without_keys_stays_without_keys() {
        let folder = tempfile::tempdir().unwrap();
        let password = keys::Password::from_file_or_made(&folder.path().join("password"));
        password.unwrap();
        let typed = Typed::parse_from(["x", "--node-keys", folder.path().to_str().unwrap()]);
        let refused = typed.role.owner().unwrap_err();
        assert!(matches!(refused, CliError::NotFound(_)), "{refused}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
