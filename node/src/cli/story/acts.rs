//! The first half of the story: a process is hosted and used, its host falls silent, a case is opened and ends.

use aosec_wire::Id;
use serde_json::Value;

use super::looks::{amount, expect, printed, text, tokens, units};
use super::stage::Stage;
use super::teller::Teller;
use super::typist::{Typist, line};
use crate::cli::Output;
use crate::cli::exit::CliError;
use crate::devnet::file::NodeEntry;
use crate::origin::deploy::TOKEN;

/// What the host puts behind the process.
const ALLOCATION: u128 = 100 * TOKEN;
/// Blocks that the host has to answer.
const PERIOD: &str = "Challenge-Period=10";
/// The process: it remembers how often it was greeted.
const GREETED: &str = r#"Greeted = 0; Handlers.add("greet", "Greet", function(msg) Greeted = Greeted + 1; print(Greeted) end)"#;
/// The code of a command that ran out of time.
const TOO_LATE: i32 = 7;

/// The story as it goes on.
pub(super) struct Story<'a> {
    pub(super) stage: &'a Stage,
    pub(super) typist: Typist,
    pub(super) teller: Teller,
    sender: Option<String>,
    pub(super) process: String,
    /// The promise that nobody will find on the base layer.
    pub(super) vain: String,
    /// The message that gets no slot.
    pub(super) asked: String,
    pub(super) case: u64,
    /// The challenger's money before the case, and the escrow.
    pub(super) before: (u128, u128),
}

impl<'a> Story<'a> {
    pub(super) fn begin(
        stage: &'a Stage,
        sender: Option<String>,
        out: Output,
    ) -> Result<Self, CliError> {
        if stage.file.nodes.len() < 2 || stage.file.origin.is_none() {
            let text = "the story needs a devnet with a court and two nodes at least: `aosec devnet --fresh` starts one";
            return Err(CliError::Usage(text.to_owned()));
        }
        Ok(Self {
            stage,
            typist: Typist::new(stage.folder.clone()),
            teller: Teller::new(out),
            sender,
            process: String::new(),
            vain: String::new(),
            asked: String::new(),
            case: 0,
            before: (0, 0),
        })
    }

    /// Plays all of it.
    pub(super) async fn told(&mut self) -> Result<(), CliError> {
        let played = self.played().await;
        played.map_err(|error| self.teller.failed(error))
    }

    async fn played(&mut self) -> Result<(), CliError> {
        self.hosted().await?;
        self.used().await?;
        self.promised_in_vain().await?;
        self.silent().await?;
        self.challenged().await?;
        self.expired().await?;
        self.sequel().await
    }

    /// Wakes the host, and lets its transactions be mined; what was not silent or censored stays so.
    pub(super) async fn tidy_up(&self) {
        let host = self.host();
        let (name, wallet) = (host.name.clone(), host.wallet.to_string());
        for words in [
            ["devnet", "chaos", "wake", &name].as_slice(),
            &["devnet", "chain", "censor", &wallet, "--lift"],
        ] {
            if let Err(error) = self.typist.typed(words).await {
                tracing::warn!(%error, "the devnet is not as it was");
            }
        }
    }

    pub(super) fn host(&self) -> &'a NodeEntry {
        &self.stage.file.nodes[0]
    }

    /// The node that the user talks to.
    pub(super) fn near(&self) -> &'a NodeEntry {
        &self.stage.file.nodes[1]
    }

    /// Another one, where there is one.
    pub(super) fn far(&self) -> &'a NodeEntry {
        self.stage.file.nodes.get(2).unwrap_or_else(|| self.near())
    }

    /// Types a command that must succeed, and shows it.
    pub(super) async fn types(&mut self, words: &[&str]) -> Result<Value, CliError> {
        self.teller.types(&line(words))?;
        self.typist.done(words).await
    }

    async fn hosted(&mut self) -> Result<(), CliError> {
        self.teller
            .step("a process under the court, hosted by node 1 for pay")?;
        let (host, near) = (self.host(), self.near());
        let origin = self
            .stage
            .file
            .origin
            .map(|origin| origin.to_string())
            .unwrap_or_default();
        let tags = [
            format!("Origin={origin}"),
            format!("Min-Allocation={ALLOCATION}"),
            format!("Max-Fee={TOKEN}"),
            format!("Hosting-Deposit={TOKEN}"),
            PERIOD.to_owned(),
        ];
        let mut spawn = vec!["process", "spawn", "--on", host.name.as_str()];
        tags.iter()
            .for_each(|tag| spawn.extend(["--tag", tag.as_str()]));
        let spawned = self.types(&spawn).await?;
        self.process = text(&spawned["process"])?;
        let process = self.process.clone();
        self.types(&["host", "fund", &process, "50", "--on", &near.name, "--yes"])
            .await?;
        let take = [
            "host",
            "take",
            &process,
            "--rate",
            "0.01",
            "--answer-cap",
            "0.2",
            "--devnet-node",
            "1",
            "--on",
            &host.name,
            "--yes",
        ];
        self.types(&take).await?;
        let (row, start) = self.leased(&near.name).await?;
        self.teller.says(format!(
            "Since block {start} {} of the bond of {}'s operator {} stand behind process {process}; its escrow of {} pays 0.01 tokens a block.",
            tokens(ALLOCATION), host.name, host.operator, amount(&row["Escrow"])
        ))?;
        self.teller.fact("process", process);
        self.teller.fact("operator", host.operator.to_string());
        // Nothing is signed before the lease is settled, and each node follows the base layer by itself.
        self.block(start + 3, &near.name).await?;
        self.block(start + 3, &host.name).await
    }

    async fn used(&mut self) -> Result<(), CliError> {
        self.teller.step("it is used, and its log is published")?;
        let (process, host) = (self.process.clone(), self.host());
        self.types(&["process", "eval", &process, GREETED, "--on", &host.name])
            .await?;
        let sent = self
            .types(&[
                "process", "send", &process, "--action", "Greet", "--wait", "--on", &host.name,
            ])
            .await?;
        expect(&printed(&sent), "1", "the first greeting")?;
        self.head(2).await?;
        self.teller.says("Slots 1 and 2 are signed, answered, and stand on Arweave: the process was greeted once.")
    }

    async fn promised_in_vain(&mut self) -> Result<(), CliError> {
        self.teller
            .step("node 1 signs a slot that never reaches Arweave")?;
        let (process, host) = (self.process.clone(), self.host());
        let wallet = host.wallet.to_string();
        self.types(&["devnet", "chain", "censor", &wallet]).await?;
        let sent = self
            .types(&[
                "process", "send", &process, "--action", "Greet", "--on", &host.name,
            ])
            .await?;
        self.vain = text(&sent["message"])?;
        self.teller.says(format!(
            "The miners take nothing of {} any more. It still answers message {} with a signed slot 3: a promise, and no more than that.",
            host.name, self.vain
        ))?;
        self.teller.fact("promised", self.vain.clone());
        Ok(())
    }

    async fn silent(&mut self) -> Result<(), CliError> {
        self.teller
            .step("node 1 falls silent, and a user's message gets no slot")?;
        let (host, near) = (self.host(), self.near());
        self.types(&["devnet", "chaos", "silence", &host.name])
            .await?;
        self.asked = match self.sender.clone() {
            Some(program) => self.sent_by(&program).await?,
            None => self.sent_here().await?,
        };
        self.teller.says(format!(
            "{} passes message {} on, and nobody answers. It keeps the message; the user keeps its id.",
            near.name, self.asked
        ))?;
        self.teller.fact("message", self.asked.clone());
        Ok(())
    }

    async fn sent_here(&mut self) -> Result<String, CliError> {
        let (process, near) = (self.process.clone(), self.near());
        let words = [
            "process", "send", &process, "--action", "Greet", "--on", &near.name,
        ];
        self.teller.types(&line(&words))?;
        let typed = self.typist.typed(&words).await?;
        let said = typed.said["error"].as_str().unwrap_or_default().to_owned();
        let named = said
            .split_once("aosec challenge open --message ")
            .map(|(_, id)| id.chars().take(43).collect());
        match (typed.code, named) {
            (TOO_LATE, Some(id)) => Ok(id),
            (code, _) => Err(CliError::failure(format!(
                "the message should get no slot, and ended with {code}: {said}"
            ))),
        }
    }

    async fn sent_by(&mut self, program: &str) -> Result<String, CliError> {
        let file = self.stage.folder.join(crate::devnet::file::NAME);
        let mu = self.near().mu.as_str().trim_end_matches('/').to_owned();
        let environment = [
            ("AOSEC_DEVNET", file.display().to_string()),
            ("AOSEC_PROCESS", self.process.clone()),
            ("AOSEC_MU", mu),
        ];
        self.teller
            .says(format!("`{program}` sends it, an ao client of its own."))?;
        let word = self.typist.foreign(program, &environment).await?;
        let id: Result<Id, _> = word.parse();
        id.map(|id| id.to_string()).map_err(|_no_id| {
            CliError::failure(format!("`{program}` printed '{word}', which is no id"))
        })
    }

    async fn challenged(&mut self) -> Result<(), CliError> {
        self.teller.step(
            "the user forces the matter: a case is opened on Arweave, where no host can censor it",
        )?;
        let near = self.near();
        let row = self.row(&near.name).await?;
        self.before = (self.balance().await?, units(&row["Escrow"]));
        let asked = self.asked.clone();
        let dry = self
            .types(&[
                "challenge",
                "open",
                "--message",
                &asked,
                "--dry-run",
                "--on",
                &near.name,
            ])
            .await?;
        let open = [
            "challenge",
            "open",
            "--message",
            &asked,
            "--at-once",
            "--follow",
            "0",
            "--on",
            &near.name,
            "--yes",
        ];
        let opened = self.types(&open).await?;
        let case = &opened["Cases"][0];
        self.case = case["Case"]
            .as_u64()
            .ok_or_else(|| CliError::failure(format!("no case was opened: {opened}")))?;
        self.teller.says(format!(
            "Case {} is open: {} has until block {} to give message {asked} its slot. The user has posted {} (bond and fees).",
            self.case, self.host().name, case["Deadline"], amount(&dry["posted"])
        ))?;
        let monitor = self
            .types(&[
                "challenge",
                "monitor",
                "--process",
                &self.process.clone(),
                "--on",
                &near.name,
            ])
            .await?;
        let silent = &monitor["cases"][0]["silent"];
        self.teller.says(format!(
            "The monitor foretells: if nobody answers, the case expires in block {}, {} are slashed, and {} go to the challenger in block {}.",
            silent["height"], amount(&silent["slashed"]), amount(&silent["share"]), silent["paid"]
        ))?;
        self.teller.fact("foretold", silent.clone());
        self.teller.fact("case", self.case);
        self.teller.fact("deadline", case["Deadline"].clone());
        Ok(())
    }

    async fn expired(&mut self) -> Result<(), CliError> {
        self.teller
            .step("nobody answers, and the deadline passes")?;
        let number = self.case.to_string();
        let words = ["challenge", "show", &number, "--on", &self.near().name];
        self.teller.types(&line(&words))?;
        let mut told = 0;
        let case = self
            .until("the case has ended", async |story| {
                let case = story.typist.done(&words).await?;
                let height = story.height(&story.near().name).await?;
                if case["State"] == "Open" && height >= told + 3 {
                    told = height;
                    story.teller.says(format!(
                        "Block {height}: open until block {}.",
                        case["Deadline"]
                    ))?;
                }
                Ok(
                    matches!(case["State"].as_str(), Some("Expired" | "Closed" | "Moot"))
                        .then_some(case),
                )
            })
            .await?;
        expect(
            case["State"].as_str().unwrap_or_default(),
            "Expired",
            "the case",
        )?;
        self.teller
            .says(format!("Case {number} expired in block {}.", case["Ended"]))?;
        self.teller.fact("ended", case["Ended"].clone());
        Ok(())
    }
}
