//! The second half of the story: the host is slashed, Arweave orders the process, the silent node comes back to nothing, and whoever
//! wants to can check a slot from a file.

use serde_json::json;

use super::acts::Story;
use super::looks::{amount, expect, printed, root, tokens, units};
use crate::cli::exit::CliError;
use crate::devnet::file::NodeEntry;

/// The slot that the challenged message gets: slots 1 and 2 are the host's.
const FIRST: u64 = 3;
/// What is asked of a node that has no slot for a message.
const NOT_FOUND: i32 = 3;

impl Story<'_> {
    pub(super) async fn sequel(&mut self) -> Result<(), CliError> {
        let slash = self.slashed().await?;
        self.ordered().await?;
        self.reached().await?;
        let bounty = self.paid(slash).await?;
        self.woken().await?;
        self.checked().await?;
        self.ends(slash, bounty)
    }

    async fn slashed(&mut self) -> Result<u128, CliError> {
        self.teller
            .step("the court slashes the host, and the process is its own")?;
        let (host, near) = (self.host(), self.near());
        let operator = host.operator.to_string();
        let process = self.process.clone();
        self.types(&["host", "list", &process, "--on", &near.name])
            .await?;
        let row = self.row(&near.name).await?;
        expect(
            row["State"].as_str().unwrap_or_default(),
            "Unhosted",
            "the process",
        )?;
        let stake = self
            .types(&["stake", "show", &operator, "--on", &near.name])
            .await?;
        let stake = &stake["Rows"][0];
        let slash = units(&row["Min-Allocation"]).saturating_sub(units(&stake["Held"]));
        if slash == 0 {
            return Err(CliError::failure("nothing was slashed"));
        }
        self.teller.says(format!(
            "{} of the {} behind the process are slashed; the operator is in jail until block {}, and what is left of the lease is held as \
             long as evidence may come.",
            tokens(slash), amount(&row["Min-Allocation"]), stake["Jailed-Until"]
        ))?;
        self.teller.says(format!(
            "Since block {} process {process} has no host.",
            row["U"]
        ))?;
        self.teller.fact("jailed", stake["Jailed-Until"].clone());
        self.teller.fact("slashed", slash.to_string());
        self.teller.fact("unhosted", row["U"].clone());
        Ok(slash)
    }

    async fn ordered(&mut self) -> Result<(), CliError> {
        self.teller
            .step("Arweave orders the process: the challenged message is the first")?;
        let (process, asked, near) = (self.process.clone(), self.asked.clone(), self.near());
        self.head(FIRST).await?;
        let words = [
            "process",
            "result",
            process.as_str(),
            asked.as_str(),
            "--on",
            near.name.as_str(),
        ];
        let said = self.result(&words).await?;
        expect(&said, "2", "the second greeting")?;
        self.teller.types(&super::typist::line(&words))?;
        self.teller.says(format!(
            "Message {asked} has slot {FIRST}, signed by nobody, computed by everybody: the process was greeted twice. The slot {FIRST} that \
             {} had signed for {} is void.",
            self.host().name, self.vain
        ))
    }

    async fn reached(&mut self) -> Result<(), CliError> {
        self.teller
            .step("it goes on: any node takes what comes next into the process's inbox")?;
        let (process, far) = (self.process.clone(), self.far());
        let sent = self
            .types(&[
                "process", "send", &process, "--action", "Greet", "--on", &far.name,
            ])
            .await?;
        let later = sent["message"].as_str().unwrap_or_default().to_owned();
        for node in [self.near(), far] {
            let said = self
                .result(&["process", "result", &process, &later, "--on", &node.name])
                .await?;
            expect(&said, "3", "the third greeting")?;
        }
        let awake = self.stage.file.nodes.get(1..).unwrap_or_default();
        let state = self.same_root(FIRST + 1, awake).await?;
        self.teller.says(format!(
            "Message {later} has slot {}; both nodes come to the state root {state}.",
            FIRST + 1
        ))
    }

    async fn paid(&mut self, slash: u128) -> Result<u128, CliError> {
        self.teller.step("bounty and restitution are paid")?;
        let (before, escrow) = self.before;
        let (bounty, restitution) = (slash / 5, slash * 3 / 10);
        self.until("the bounty", async |story| {
            Ok((story.balance().await? == before + bounty).then_some(()))
        })
        .await?;
        let row = self.row(&self.near().name).await?;
        self.teller.says(format!(
            "The user has bond and fees back, and a bounty of {}, a fifth of the slash. {} of it went to the escrow of the process (now {}, \
             {} before the case), the rest is burned.",
            tokens(bounty), tokens(restitution), amount(&row["Escrow"]), tokens(escrow)
        ))?;
        self.teller.fact("bounty", bounty.to_string());
        self.teller.fact("restitution", restitution.to_string());
        Ok(bounty)
    }

    async fn woken(&mut self) -> Result<(), CliError> {
        self.teller
            .step("node 1 comes back: its late signatures count for nothing")?;
        let (process, host, vain) = (self.process.clone(), self.host(), self.vain.clone());
        let wallet = host.wallet.to_string();
        self.types(&["devnet", "chaos", "wake", &host.name]).await?;
        self.types(&["devnet", "chain", "censor", &wallet, "--lift"])
            .await?;
        self.until("the court in the woken node", async |story| {
            let row = story.row(&host.name).await?;
            Ok((row["State"] == "Unhosted").then_some(()))
        })
        .await?;
        let sent = self
            .types(&[
                "process", "send", &process, "--action", "Greet", "--on", &host.name,
            ])
            .await?;
        let last = sent["message"].as_str().unwrap_or_default().to_owned();
        for node in &self.stage.file.nodes {
            let said = self
                .result(&["process", "result", &process, &last, "--on", &node.name])
                .await?;
            expect(&said, "4", "the fourth greeting")?;
        }
        let state = self.same_root(FIRST + 2, &self.stage.file.nodes).await?;
        let asked = [
            "process",
            "result",
            &process,
            &vain,
            "--on",
            &host.name,
            "--timeout",
            "1",
        ];
        let typed = self.typist.typed(&asked).await?;
        if typed.code != NOT_FOUND {
            return Err(CliError::failure(format!(
                "the promise {vain} should have no slot, and ended with {}",
                typed.code
            )));
        }
        self.teller.says(format!(
            "What {} had signed is mined now, too late; message {vain} has no slot, not even on {}. Message {last} has slot {}, and the state \
             root of every node is {state}.",
            host.name, host.name, FIRST + 2
        ))?;
        self.teller.fact("root", state);
        Ok(())
    }

    async fn checked(&mut self) -> Result<(), CliError> {
        self.teller
            .step("whoever doubts checks slot 3 from a file, without network")?;
        let (process, near, slot) = (self.process.clone(), self.near(), FIRST.to_string());
        let file = self
            .stage
            .folder
            .join(format!("story-slot-{slot}.json"))
            .display()
            .to_string();
        self.types(&[
            "proof", "fetch", &process, &slot, "--out", &file, "--on", &near.name,
        ])
        .await?;
        let proof = self.types(&["proof", "verify", &file]).await?;
        let told = proof["message"].as_str().unwrap_or_default();
        expect(told, &self.asked, "the message of the slot by the proof")?;
        self.teller.says(format!(
            "The file holds {} transactions; the order of the law gives slot {slot} to message {told}, with log chain {}.",
            proof["transactions"].as_array().map_or(0, Vec::len), proof["chain"].as_str().unwrap_or_default()
        ))?;
        let removed = std::fs::remove_file(&file);
        removed.map_err(|error| CliError::failure(format!("{file}: {error}")))
    }

    fn ends(&mut self, slash: u128, bounty: u128) -> Result<(), CliError> {
        let (process, host) = (self.process.clone(), &self.host().name);
        let summary = [
            format!(
                "process {process} has outlived its host: slots 1 and 2 are {host}'s, 3 to 5 are Arweave's"
            ),
            format!(
                "case {} cost the host {} and the process; the challenger gained {}",
                self.case,
                tokens(slash),
                tokens(bounty)
            ),
            format!(
                "{host} signed a slot that it did not publish: it is void in every node, its own too"
            ),
            "every node computed the same state, and slot 3 was checked from a file alone"
                .to_owned(),
        ];
        let facts = json!({
            "process": process, "case": self.case, "message": self.asked, "promised": self.vain,
            "slashed": slash.to_string(), "bounty": bounty.to_string(),
        });
        self.teller.ends(&summary, &facts)
    }

    /// What a message printed, once its slot is settled.
    async fn result(&mut self, words: &[&str]) -> Result<String, CliError> {
        self.until("the result", async |story| {
            let typed = story.typist.typed(words).await?;
            Ok((typed.code == 0).then(|| printed(&typed.said)))
        })
        .await
    }

    /// The state root that all of these nodes have at a slot.
    async fn same_root(&mut self, slot: u64, nodes: &[NodeEntry]) -> Result<String, CliError> {
        let mut found = Vec::new();
        for node in nodes {
            let url = format!("{}root/{}?slot={slot}", root(&node.cu), self.process);
            let root = self.until("the state root", async |story| {
                Ok(story.get(&url).await?["root"].as_str().map(str::to_owned))
            });
            found.push(root.await?);
        }
        match found.iter().all(|root| *root == found[0]) {
            true => Ok(found.remove(0)),
            false => Err(CliError::failure(format!(
                "the nodes come to different state roots at slot {slot}: {}",
                found.join(", ")
            ))),
        }
    }
}
