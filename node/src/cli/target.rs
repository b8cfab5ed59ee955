//! Whom a verb talks to, and as whom: a node of the running devnet, or any units by their urls.

use std::env::VarError;
use std::path::PathBuf;

use aosec_wire::record::ORIGIN_TAG;
use aosec_wire::{Address, Id, SigningKey, Tags};
use clap::Args;
use reqwest::Url;

use super::exit::CliError;
use super::keys::PasswordArgs;
use crate::cu::authority;
use crate::devnet::file::DevnetFile;
use crate::keys::sealed::KeyKind;

/// Names the key where no flag does.
const KEY_VARIABLE: &str = "AOSEC_KEY";
/// A devnet account, for who names none.
const KEY_DEFAULT: &str = "alice";

/// Flags shared by all verbs that talk to units.
#[derive(Debug, Args)]
pub struct TargetArgs {
    /// Folder of the devnet whose devnet.json names the units.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: PathBuf,
    /// Node of the devnet to talk to, by name [default: the first].
    #[arg(long)]
    on: Option<String>,
    /// Messenger unit to talk to instead of the devnet's.
    #[arg(long)]
    mu: Option<Url>,
    /// Compute unit to talk to instead of the devnet's.
    #[arg(long)]
    cu: Option<Url>,
    /// Scheduler unit to ask instead of the devnet's.
    #[arg(long)]
    su: Option<Url>,
}

/// Flags of verbs that sign.
#[derive(Debug, Args)]
pub struct SignerArgs {
    /// Key file, or the name of a devnet account [env: AOSEC_KEY] [default: alice].
    #[arg(long)]
    key: Option<String>,
    /// Kind of the key, where its file holds 64 plain hex digits.
    #[arg(long)]
    kind: Option<KeyKind>,
    #[command(flatten)]
    password: PasswordArgs,
}

/// The units behind [`TargetArgs`].
#[derive(Debug)]
pub struct Target {
    /// Messenger unit.
    pub mu: Url,
    /// Compute unit.
    pub cu: Url,
    /// Scheduler unit, where one is known.
    pub su: Option<Url>,
    /// Every scheduler unit that is known here: the one before first.
    pub schedulers: Vec<Url>,
    /// The base layer's gateway, where a devnet names one.
    pub gateway: Option<Url>,
    /// The module new processes get.
    pub module: Option<Id>,
    /// The scheduler new processes get.
    pub scheduler: Option<Address>,
    /// Keys that new processes trust for pushed messages (D8).
    pub authorities: Vec<Address>,
}

impl TargetArgs {
    /// Finds the units.
    ///
    /// # Errors
    /// Where neither a devnet runs nor both urls are given.
    pub fn find(&self) -> Result<Target, CliError> {
        let devnet = match DevnetFile::read(&self.devnet) {
            Ok(file) => file,
            Err(error) => return self.without_devnet(&error.to_string()),
        };
        let node = match &self.on {
            None => devnet.nodes.first(),
            Some(name) => devnet.nodes.iter().find(|node| &node.name == name),
        };
        let node = node.ok_or_else(|| {
            let names: Vec<&str> = devnet.nodes.iter().map(|node| node.name.as_str()).collect();
            CliError::NotFound(format!(
                "the devnet has no such node; --on takes one of {}",
                names.join(", ")
            ))
        })?;
        Ok(Target {
            mu: self.mu.clone().unwrap_or_else(|| node.mu.clone()),
            cu: self.cu.clone().unwrap_or_else(|| node.cu.clone()),
            su: self.su.clone().or_else(|| Some(node.su.clone())),
            schedulers: self
                .su
                .iter()
                .chain([&node.su])
                .chain(devnet.nodes.iter().map(|node| &node.su))
                .cloned()
                .collect(),
            gateway: Some(devnet.gateway.clone()),
            module: Some(devnet.module),
            scheduler: Some(node.scheduler.clone()),
            authorities: devnet.authorities.clone(),
        })
    }

    /// The messenger alone: its url is enough.
    ///
    /// # Errors
    /// Where neither a devnet runs nor the url is given.
    pub fn mu(&self) -> Result<Url, CliError> {
        match &self.mu {
            Some(mu) => Ok(mu.clone()),
            None => Ok(self.find()?.mu),
        }
    }

    fn without_devnet(&self, why: &str) -> Result<Target, CliError> {
        let (Some(mu), Some(cu)) = (&self.mu, &self.cu) else {
            return Err(CliError::NotFound(format!(
                "{why}; start one with `aosec devnet`, or name the units with --mu <url> and --cu <url>"
            )));
        };
        Ok(Target {
            mu: mu.clone(),
            cu: cu.clone(),
            su: self.su.clone(),
            schedulers: self.su.iter().cloned().collect(),
            gateway: None,
            module: None,
            scheduler: None,
            authorities: Vec::new(),
        })
    }
}

impl Target {
    /// Whom a new process with these tags trusts besides: the known nodes; under a court the keys of its operators, whoever they are by
    /// then (PROTOCOL 5.17), unless the tags name keys themselves.
    pub fn trusted(&self, tags: &Tags) -> Vec<String> {
        match tags.get(ORIGIN_TAG) {
            None => self.authorities.iter().map(Address::to_string).collect(),
            Some(_) if tags.get(authority::TAG).is_some() => vec![],
            Some(court) => vec![court.to_owned()],
        }
    }
}

impl SignerArgs {
    /// The key to sign with: a file where one of that name exists, else a devnet account.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn open(&self) -> Result<SigningKey, CliError> {
        let name = self.name()?;
        let path = PathBuf::from(&name);
        if path.exists() {
            return Ok(crate::keys::open(
                &path,
                self.kind,
                self.password.read()?.as_ref(),
            )?);
        }
        let accounts = crate::keys::devnet::accounts()?;
        let names: Vec<&str> = accounts.iter().map(|account| account.name).collect();
        let unknown = format!(
            "--key {name}: no such file, and no devnet account; accounts are {}",
            names.join(", ")
        );
        let account = accounts.into_iter().find(|account| account.name == name);
        account
            .map(|account| account.key)
            .ok_or(CliError::NotFound(unknown))
    }

    /// The flag, else the variable. It is read here and not by the parser, to which a variable is as much as a flag: who names the
    /// keys of a node and has a key in the environment besides would be refused.
    fn name(&self) -> Result<String, CliError> {
        match (&self.key, std::env::var(KEY_VARIABLE)) {
            (Some(key), _) => Ok(key.clone()),
            (None, Ok(key)) => Ok(key),
            (None, Err(VarError::NotPresent)) => Ok(KEY_DEFAULT.to_owned()),
            (None, Err(error)) => Err(CliError::Usage(format!("{KEY_VARIABLE}: {error}"))),
        }
    }
}
