//! The items that verbs sign: a spawn, a message, and what is said of one that got no slot.

use std::path::Path;

use aosec_wire::{Address, Draft, Id, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

use super::exit::CliError;
use super::target::Target;
use crate::cu::authority;

/// A process as its owner wants it; what is not named is the devnet's.
#[derive(Debug)]
pub(super) struct NewProcess {
    /// Its module.
    pub(super) module: Option<Id>,
    /// The address of its scheduler.
    pub(super) scheduler: Option<Address>,
    /// Further tags.
    pub(super) tags: Vec<(String, String)>,
    /// Lua that it runs at its first slot.
    pub(super) lua: Option<String>,
}

impl NewProcess {
    /// The module it gets.
    ///
    /// # Errors
    /// Where neither a flag nor a devnet names one.
    pub(super) fn module(&self, target: &Target) -> Result<Id, CliError> {
        self.module
            .or(target.module)
            .ok_or_else(|| missing("module"))
    }

    /// The scheduler it gets.
    ///
    /// # Errors
    /// Where neither a flag nor a devnet names one.
    pub(super) fn scheduler(&self, target: &Target) -> Result<Address, CliError> {
        let scheduler = self.scheduler.as_ref().or(target.scheduler.as_ref());
        scheduler.cloned().ok_or_else(|| missing("scheduler"))
    }

    /// The spawn, whose id is the id of the process.
    ///
    /// # Errors
    /// Where module or scheduler are not known, or the item cannot be signed.
    pub(super) fn signed(
        self,
        key: &SigningKey,
        target: &Target,
    ) -> Result<VerifiedItem, CliError> {
        let (module, scheduler) = (self.module(target)?, self.scheduler(target)?);
        let mut tags = Tags::new();
        for (name, value) in self.tags {
            tags.push(name, value);
        }
        for authority in target.trusted(&tags) {
            tags.push(authority::TAG, authority);
        }
        let data = match self.lua {
            Some(lua) => {
                tags.push("On-Boot", "Data");
                Bytes::from(lua)
            }
            None => Bytes::from_static(b" "),
        };
        push_kind(&mut tags, "Process");
        tags.push("Module", module.to_string());
        tags.push("Scheduler", scheduler.to_string());
        signed(key, None, tags, data)
    }
}

fn missing(flag: &str) -> CliError {
    CliError::Usage(format!("no devnet found to take it from: give --{flag}"))
}

fn push_kind(tags: &mut Tags, kind: &str) {
    for (name, value) in [
        ("Data-Protocol", "ao"),
        ("Variant", "ao.TN.1"),
        ("Type", kind),
    ] {
        tags.push(name, value);
    }
}

/// The tags of a message.
pub(super) fn message_tags(action: Option<&str>, more: &[(String, String)]) -> Tags {
    let mut tags = Tags::new();
    if let Some(action) = action {
        tags.push("Action", action);
    }
    for (name, value) in more {
        tags.push(name.as_str(), value.as_str());
    }
    push_kind(&mut tags, "Message");
    tags
}

/// Signs with a random anchor, so that the same words may be said twice.
///
/// # Errors
/// Where the item would be over a limit, or the machine gives no randomness.
pub(super) fn signed(
    key: &SigningKey,
    target: Option<Id>,
    tags: Tags,
    data: Bytes,
) -> Result<VerifiedItem, CliError> {
    let anchor = *crate::keys::random_secret()?;
    let draft = Draft {
        target,
        anchor: Some(anchor),
        tags,
        data,
    };
    draft
        .sign(key)
        .map_err(|error| CliError::Usage(format!("this message cannot be signed: {error}")))
}

/// A message that got no slot in time, or no answer that says so, may be kept: its error names it, and the way to force one.
pub(super) fn unassigned(id: Id, error: CliError) -> CliError {
    match error {
        CliError::DeadlinePassed(_) | CliError::BrokenOff(_) => error.adding(&format!(
            "this is message {id}: `aosec message status {id}` follows it, `aosec challenge open --message {id}` forces a slot where a court stands behind its host"
        )),
        error => error,
    }
}

/// A Lua file for a process; an item holds 10 MiB, and no sane program comes near.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn lua_file(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path)
        .map_err(|error| CliError::NotFound(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_twice_are_two_messages() {
        let key = SigningKey::ed25519([1; 32]);
        let process = Id::sha256(b"p");
        let hello = || {
            let tags = message_tags(None, &[]);
            signed(&key, Some(process), tags, Bytes::from_static(b"hi")).expect("signs")
        };
        assert_ne!(hello().id(), hello().id());
    }
}
