//! A contract that remembers what it was given for the last block, so that the same can be run once more without a derivation.

use aosec_challenge::inbox::{Contract, Fork, Message, Ran};

/// A contract, and the messages of the block at hand.
#[derive(Debug)]
pub(crate) struct Heard<C> {
    contract: C,
    messages: Vec<Message>,
    /// Why the first message was refused that was.
    refused: Option<String>,
    is_over: bool,
}

impl<C: Fork> Heard<C> {
    pub(crate) const fn new(contract: C) -> Self {
        Self {
            contract,
            messages: Vec::new(),
            refused: None,
            is_over: true,
        }
    }

    pub(crate) const fn inner(&mut self) -> &mut C {
        &mut self.contract
    }

    /// The same contract once more.
    pub(crate) fn twin(&self) -> C {
        self.contract.fork().expect("room for a second one")
    }

    /// Why the first message was refused that was.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What the last block has brought.
    pub(crate) fn heard(&self) -> &[Message] {
        &self.messages
    }
}

impl<C: Contract> Contract for Heard<C> {
    type Error = C::Error;

    fn run(&mut self, message: &Message) -> Result<Ran, C::Error> {
        if std::mem::take(&mut self.is_over) {
            self.messages.clear();
        }
        self.messages.push(message.clone());
        let ran = self.contract.run(message)?;
        let is_good = matches!(&ran, Ran::Verdict(verdict) if verdict.ok);
        if !is_good && self.refused.is_none() {
            self.refused = Some(format!("slot {}: {ran:?}", message.slot));
        }
        Ok(ran)
    }

    fn end_block(&mut self, height: u64) -> Result<(), C::Error> {
        self.is_over = true;
        self.contract.end_block(height)
    }
}

impl<C: Fork> Fork for Heard<C> {
    fn fork(&self) -> Result<Self, C::Error> {
        Ok(Self::new(self.contract.fork()?))
    }
}
