//! The vectors in `tests/vectors/guard`, run against this guard: its rule, its interchange and its file. What the steps mean is told there.

use std::{collections::BTreeMap, fs, path::PathBuf};

use aosec_wire::{Address, Chain, Id};
use serde::Deserialize;
use serde_json::Value;

use super::{
    file::Opened,
    interchange::{Interchange, InterchangeError, Place, export},
    note::{Note, Token},
    rule::{Book, Head},
};
use crate::su::{
    chain::{Batch, Before, Slot},
    watch::rule::{Own, Sighting},
};

/// As many as there are: a lost file is seen.
const VECTORS: usize = 41;

#[derive(Deserialize)]
struct Vector {
    name: String,
    scheduler: Address,
    network: String,
    steps: Vec<Value>,
}

#[derive(Deserialize)]
struct Attempt {
    process: Id,
    epoch: u64,
    first: u64,
    before: Option<Standing>,
    slots: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Standing {
    assignment: Id,
    hash_chain: Id,
    log_chain: Id,
}

#[derive(Deserialize)]
struct Wanted {
    message: Id,
    height: u64,
    timestamp: u64,
    #[serde(default)]
    exclude: Vec<String>,
}

impl Attempt {
    fn batch(self) -> Batch {
        let before = |at: Standing| Before {
            assignment: at.assignment,
            chain: Chain {
                hash: at.hash_chain,
                log: at.log_chain,
            },
        };
        let slot = |wanted: Wanted| Slot {
            message: wanted.message,
            height: wanted.height,
            timestamp: wanted.timestamp,
            exclude: wanted.exclude,
        };
        Batch {
            process: self.process,
            epoch: self.epoch,
            first: self.first,
            before: self.before.map(before),
            slots: self.slots.into_iter().map(slot).collect(),
        }
    }
}

/// A guard as its thread keeps it: a book, and the file behind it.
struct Player {
    _dir: tempfile::TempDir,
    path: PathBuf,
    address: Address,
    opened: Option<Opened>,
    files: BTreeMap<String, Vec<u8>>,
    exports: BTreeMap<String, Interchange>,
}

type Outcome = Result<(), &'static str>;

impl Player {
    fn new(address: Address) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("guard");
        let opened = Some(Opened::at(&path, &address).unwrap());
        Self {
            _dir: dir,
            path,
            address,
            opened,
            files: BTreeMap::new(),
            exports: BTreeMap::new(),
        }
    }

    fn opened(&mut self) -> &mut Opened {
        self.opened.as_mut().expect("the file is readable")
    }

    fn note(&mut self, note: Note) -> Outcome {
        let opened = self.opened();
        opened
            .book
            .note(note.clone())
            .map_err(|_| "contradiction")?;
        opened.file.append(&[note.encode()]).unwrap();
        Ok(())
    }

    fn sign(&mut self, batch: &Batch) -> Outcome {
        let opened = self.opened();
        let record = opened.book.take(batch).map_err(|error| error.word())?;
        if let Some(record) = record {
            opened.file.append(&[record]).unwrap();
        }
        Ok(())
    }

    fn import(&mut self, text: Result<Interchange, InterchangeError>) -> Outcome {
        let address = self.address.clone();
        let mut book = self.opened().book.clone();
        text.and_then(|text| text.merge(&mut book, &address))
            .map_err(|error| error.word())?;
        self.opened().book = book;
        self.rewrite();
        Ok(())
    }

    fn rewrite(&mut self) {
        let address = self.address.clone();
        let Opened { file, book, .. } = self.opened();
        let before = file.length();
        file.rewrite(&address, book.notes().iter().map(Note::encode))
            .unwrap();
        assert!(file.length() < before + 400, "it does not grow");
    }

    fn restart(&mut self) -> Outcome {
        self.opened = None;
        let opened = Opened::at(&self.path, &self.address).map_err(|error| error.word())?;
        self.opened = Some(opened);
        Ok(())
    }

    fn damage(&mut self, change: impl FnOnce(&mut Vec<u8>)) -> Outcome {
        self.opened = None;
        let mut bytes = fs::read(&self.path).unwrap();
        change(&mut bytes);
        fs::write(&self.path, bytes).unwrap();
        Ok(())
    }

    fn published(&mut self, place: &Value) -> Option<&'static str> {
        let Place {
            process,
            epoch,
            slot,
            log_chain,
            ..
        } = read(place);
        let sighting = Sighting::Slot {
            process,
            epoch,
            slot,
            log_chain,
        };
        let foreign = sighting.judge(Own {
            book: &self.opened().book,
            token: Token::new([0; 16]),
            started_ms: 0,
            chains: &BTreeMap::new(),
        });
        foreign.map(|foreign| foreign.word())
    }

    fn play(&mut self, step: &Value, network: &str) -> Outcome {
        let (verb, what) = step.as_object().unwrap().iter().next().unwrap();
        let number = || usize::try_from(what.as_u64().unwrap()).unwrap();
        let name = || what.as_str().unwrap().to_owned();
        match verb.as_str() {
            "sign" => self.sign(&read::<Attempt>(what).batch()),
            "import" => self.import(Interchange::parse(what.to_string().as_bytes())),
            "import_text" => self.import(Interchange::parse(name().as_bytes())),
            "import_saved" => {
                let text = self.exports[&name()].clone();
                self.import(Ok(text))
            }
            "export" => {
                let text = export(&self.opened().book.clone(), &self.address).unwrap();
                self.exports.insert(name(), text);
                Ok(())
            }
            "open" => self.note(opened_epoch(&read(what))),
            "network" => self.note(Note::Network(name().parse().unwrap())),
            "halt" => self.note(Note::Halt(name())),
            "resume" => self.note(Note::Resume(what.as_u64().unwrap())),
            "restart" => self.restart(),
            "rewrite" => {
                self.rewrite();
                Ok(())
            }
            "new" => {
                self.damage(Vec::clear)?;
                self.restart()?;
                match step.get("no_network") {
                    Some(_) => Ok(()),
                    None => self.note(Note::Network(network.parse().unwrap())),
                }
            }
            "save" => {
                self.files.insert(name(), fs::read(&self.path).unwrap());
                Ok(())
            }
            "restore" => {
                let saved = self.files[&name()].clone();
                self.damage(|bytes| *bytes = saved)
            }
            "cut" => self.damage(|bytes| bytes.truncate(bytes.len() - number())),
            "cut_to" => self.damage(|bytes| bytes.truncate(number())),
            "flip" => self.damage(|bytes| bytes[number()] ^= 1),
            "heads" => {
                let expected: Vec<Place> = read(what);
                assert_eq!(ends(&self.opened().book), expected);
                Ok(())
            }
            "published" => {
                assert_eq!(self.published(what), step["foreign"].as_str());
                Ok(())
            }
            other => panic!("no step is called {other}"),
        }
    }
}

fn opened_epoch(place: &Place) -> Note {
    let head = Head::learned(place.slot, place.log_chain);
    Note::Head((place.process, place.epoch), head)
}

fn ends(book: &Book) -> Vec<Place> {
    let end = |(key, head): (&(Id, u64), &Head)| Place {
        process: key.0,
        epoch: key.1,
        slot: head.slot,
        log_chain: head.log_chain,
        record: None,
    };
    book.heads().iter().map(end).collect()
}

fn read<T: for<'a> Deserialize<'a>>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// What came of a step, against what the vector says.
fn verdict(step: &Value, outcome: Outcome) -> Result<(), String> {
    let expected = match step.get("should_succeed").and_then(Value::as_bool) {
        Some(false) => Err(step["refusal"].as_str().unwrap()),
        _ => Ok(()),
    };
    match outcome == expected {
        true => Ok(()),
        false => Err(format!("{outcome:?}, and should be {expected:?}")),
    }
}

fn run(vector: &Vector) {
    let mut player = Player::new(vector.scheduler.clone());
    let is_bare = vector.steps[0].get("new").is_some();
    if !is_bare {
        let network = vector.network.parse().unwrap();
        player.note(Note::Network(network)).unwrap();
    }
    for (number, step) in vector.steps.iter().enumerate() {
        let before = player.opened.as_ref().map(|opened| opened.book.clone());
        let outcome = player.play(step, &vector.network);
        if let Err(wrong) = verdict(step, outcome) {
            panic!("{}, step {number}: {wrong}\n{step}", vector.name);
        }
        if outcome.is_err() && player.opened.is_some() {
            let after = player.opened.as_ref().map(|opened| opened.book.clone());
            assert_eq!(
                before, after,
                "{}: a refused step changes nothing",
                vector.name
            );
        }
    }
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/guard");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
        .collect();
    files.sort();
    assert_eq!(files.len(), VECTORS);
    for path in files {
        let vector: Vector = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        run(&vector);
    }
}
