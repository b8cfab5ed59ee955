//! Performs the steps of a [`Session`]: messages, questions, files; and says what came of them. Contains no rule.

use std::path::Path;
use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};
use serde_json::{Value, json};

use super::super::Output;
use super::super::exit::CliError;
use super::super::item::lua_file;
use super::answer::{Answer, Look};
use super::bundle::bundle;
use super::link::{Link, Standing};
use super::session::{Session, Step};

/// Rows that `.inbox` shows: a screen has room for them.
const INBOX_LUA: &str = r#"
local rows, least = {}, math.max(1, #Inbox - 14)
for number = least, #Inbox do
  local msg = Inbox[number]
  local text = tostring(msg.Data or ""):gsub("%c", " "):sub(1, 60)
  rows[#rows + 1] = number .. "  " .. tostring(msg.Action or "-") .. "  from " .. tostring(msg.From) .. "  " .. text
end
return #rows == 0 and "the inbox is empty" or table.concat(rows, "\n")
"#;

/// Whether there is more to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Leave,
}

/// A conversation with its process.
#[derive(Debug)]
pub(super) struct Console {
    pub(super) link: Arc<Link>,
    pub(super) session: Session,
    pub(super) standing: Standing,
    pub(super) look: Look,
    pub(super) out: Output,
    /// The message whose answer is waited for.
    pub(super) in_flight: Option<Id>,
}

impl Console {
    /// Performs one step.
    ///
    /// # Errors
    /// The line failed: the process says so, or nobody answers.
    pub(super) async fn perform(&mut self, step: Step) -> Result<Flow, CliError> {
        match step {
            Step::Read => {}
            Step::Leave => return Ok(Flow::Leave),
            Step::Say(words) => self.aside(&words),
            Step::Refuse(why) => return Err(CliError::Usage(why)),
            Step::Who => self.aside(&self.who()),
            Step::Send(lua) => self.send(lua).await?,
            Step::Load(file) => {
                let lua = read_bundle(&file)?;
                self.aside(&format!("{} is sent, {} bytes", file.display(), lua.len()));
                self.send(lua).await?;
            }
            Step::Again(message) => {
                let kept = self.link.kept(message).await?;
                self.deliver(kept).await?;
            }
            Step::Try(lua) => self.rehearse(&lua).await?,
            Step::Inbox(None) => self.rehearse(INBOX_LUA).await?,
            Step::Inbox(Some(number)) => {
                let lua = format!("Inbox[{number}] or 'there is no message {number} in the inbox'");
                self.rehearse(&lua).await?;
            }
            Step::Result(message) => {
                let result = self.link.result(message).await?;
                self.answered(&result, json!({ "message": message }))?;
            }
        }
        Ok(Flow::On)
    }

    async fn send(&mut self, lua: String) -> Result<(), CliError> {
        if !self.standing.mine {
            return Err(CliError::Refused(self.stranger()));
        }
        self.deliver(self.link.message(lua)?).await
    }

    async fn deliver(&mut self, message: VerifiedItem) -> Result<(), CliError> {
        self.in_flight = Some(message.id());
        let delivered = self.link.deliver(&message).await;
        self.in_flight = None;
        self.answered(&delivered?, json!({ "message": message.id() }))
    }

    async fn rehearse(&mut self, lua: &str) -> Result<(), CliError> {
        let owner = self
            .standing
            .owner
            .as_deref()
            .unwrap_or(self.link.address());
        let result = self.link.rehearse(owner, lua).await?;
        let answer = Answer::of(&result);
        self.show(&answer, &result, json!({ "tried": true }))
    }

    fn answered(&mut self, result: &Value, about: Value) -> Result<(), CliError> {
        let answer = Answer::of(result);
        self.session.answered(&answer);
        self.show(&answer, result, about)
    }

    fn show(&self, answer: &Answer, result: &Value, mut about: Value) -> Result<(), CliError> {
        if self.out.is_json() {
            about["result"] = result.clone();
            self.out.result(&about, "")?;
        } else if !answer.text.is_empty() {
            self.out
                .result(&Value::Null, self.look.words(&answer.text))?;
        }
        match &answer.error {
            Some(error) => Err(CliError::Failure(error.clone())),
            None => Ok(()),
        }
    }

    /// What the console itself says: to a person at a terminal, and beside the results elsewhere.
    pub(super) fn aside(&self, words: &str) {
        self.out.progress(self.look.aside(words));
    }

    /// Who is who.
    pub(super) fn who(&self) -> String {
        let process = self.link.process;
        match self.standing.mine {
            true => format!(
                "process  {process}\nowner    {} (this wallet)",
                self.link.address()
            ),
            false => self.stranger(),
        }
    }

    /// What one can do with a process of somebody else.
    fn stranger(&self) -> String {
        let (process, address) = (self.link.process, self.link.address());
        let owner = match &self.standing.owner {
            Some(owner) => format!("its owner is {owner}"),
            None => "it does not say who its owner is, or answers no Eval".to_owned(),
        };
        format!(
            "process {process} is not this wallet's ({address}): {owner}, and it runs Lua of nobody else. What works: .try and .inbox, \
             which look at a copy; what it prints is shown here. With its owner's key: aosec console {process} --key FILE. To send to it \
             as yourself: aosec process send {process} --action ACTION"
        )
    }
}

/// A file with what it requires from beside it.
fn read_bundle(file: &Path) -> Result<String, CliError> {
    let main = lua_file(file)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let text = bundle(&name, &main, |path| {
        match std::fs::read_to_string(folder.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    });
    text.map_err(|error| CliError::Usage(format!("{}: {error}", file.display())))
}
