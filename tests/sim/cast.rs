//! Who plays: keys, processes and messages, made once and the same in every world.
//!
//! Signatures are real ed25519; what a world draws from its number is which of these items are used, when and by whom. One
//! message in six is pushed by two messengers: two items, one content.

use std::sync::OnceLock;

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

/// Scheduler keys.
pub(super) const KEYS: usize = 4;
/// Processes that each of them may host.
pub(super) const PROCESSES_PER_KEY: usize = 3;
/// Messages for each process; a world uses some of them.
pub(super) const MESSAGES: usize = 48;
/// Every so many messages one is a second copy of the one before, pushed by another messenger.
const TWIN_EVERY: usize = 6;

/// A process and what is said to it.
#[derive(Debug)]
pub(super) struct Part {
    /// The index of the key that orders it.
    pub(super) key: usize,
    pub(super) spawn: VerifiedItem,
    pub(super) messages: Vec<VerifiedItem>,
}

/// All that play.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) keys: Vec<SigningKey>,
    /// Those of key 0, then those of key 1 and so on.
    pub(super) parts: Vec<Part>,
}

/// The same for all worlds of this run.
pub(super) fn cast() -> &'static Cast {
    static CAST: OnceLock<Cast> = OnceLock::new();
    CAST.get_or_init(Cast::new)
}

impl Cast {
    fn new() -> Self {
        let keys: Vec<_> = (1..=KEYS)
            .map(|number| SigningKey::ed25519([byte(number); 32]))
            .collect();
        let all = 0..KEYS * PROCESSES_PER_KEY;
        let parts = all
            .map(|index| part(&keys, index / PROCESSES_PER_KEY, index))
            .collect();
        Self { keys, parts }
    }
}

impl Part {
    pub(super) fn process(&self) -> Id {
        self.spawn.id()
    }
}

fn part(keys: &[SigningKey], key: usize, index: usize) -> Part {
    let mut tags = ao("Process");
    tags.push("Module", Id::new([7; 32]).to_string());
    tags.push("Scheduler", keys[key].address().to_string());
    tags.push("Name", index.to_string());
    let spawn = signed(&person(), None, tags);
    let process = spawn.id();
    let messages = (0..MESSAGES)
        .map(|number| message(process, number))
        .collect();
    Part {
        key,
        spawn,
        messages,
    }
}

fn message(process: Id, number: usize) -> VerifiedItem {
    let mut tags = ao("Message");
    let (twin, pushed) = (
        number % TWIN_EVERY == TWIN_EVERY - 1,
        number % TWIN_EVERY >= TWIN_EVERY - 2,
    );
    tags.push("Action", (number - usize::from(twin)).to_string());
    if pushed {
        tags.push("From-Process", Id::new([8; 32]).to_string());
    }
    let messenger = SigningKey::ed25519([if twin { 0x72 } else { 0x71 }; 32]);
    let signer = if pushed { messenger } else { person() };
    signed(&signer, Some(process), tags)
}

fn ao(kind: &str) -> Tags {
    Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", kind)
}

fn signed(key: &SigningKey, target: Option<Id>, tags: Tags) -> VerifiedItem {
    let draft = Draft {
        target,
        anchor: None,
        tags,
        data: Bytes::from_static(b" "),
    };
    draft
        .sign_deterministic(key)
        .expect("a small item of few tags is within all limits")
}

fn person() -> SigningKey {
    SigningKey::ed25519([0x70; 32])
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
