//! Compiles what strangers wrote, in a child process of this same binary (D20, ADR 0038).
//!
//! A compiler has no fuel: its time and memory are the machine's. So it runs where the system takes both away from it
//! ([`child`]), under a deadline of the clock, with less priority than everything that answers somebody. What it refuses is refused by every
//! machine; that it was killed says nothing about the module, and whoever asks again later may be luckier.
//!
//! The child gets a key and the module on its standard input, and answers on its standard output, in one byte and what belongs to
//! it: sealed code, or why there is none. Nothing touches the disk.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aosec_wasm::caps::{self, MODULE_BYTES};
use aosec_wasm::{Engine, EngineSettings, Module, SealKey, WasmError};
use rustix::process::{
    Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit,
};

use super::machine::WorkshopError;

/// The verb by which the binary starts as such a child.
pub const VERB: &str = "__compile";
/// Address space of the child. The largest modules within the caps take some 300 MiB.
const CHILD_BYTES: u64 = 1 << 30;
/// Seconds of a core for one module. Modules within the caps take at most some seconds of it.
const CHILD_CPU_SECONDS: u64 = 60;
/// How long one compilation may take by the clock: on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(180);
/// Between two looks whether the child has ended: far below the time that any module takes.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// The longest answer: code is some three times as long as its module.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// The child gives way to what answers somebody, and still gets on where the machine is busy.
const PRIORITY: i32 = 5;

/// First bytes of an answer.
const SEALED: u8 = 0;
const REFUSED: u8 = 1;
const FAILED: u8 = 2;

/// Starts children, and loads what they made.
#[derive(Debug)]
pub struct Compiler {
    program: PathBuf,
    engine: Engine,
}

impl Compiler {
    /// Children are started from `program`, which is this binary; `engine` runs what they make.
    #[must_use]
    pub fn new(program: PathBuf, engine: Engine) -> Self {
        Self { program, engine }
    }

    /// The module, ready to be instantiated. Takes up to [`DEADLINE`].
    ///
    /// # Errors
    /// [`WorkshopError::Module`] where every machine refuses it, [`WorkshopError::Room`] where this one gave up.
    pub fn compile(&self, wasm: &[u8]) -> Result<Module, WorkshopError> {
        caps::check(wasm).map_err(|error| refusal(&error))?;
        let mut random = [0; SealKey::BYTES];
        getrandom::fill(&mut random).map_err(|error| room(format!("no random bytes: {error}")))?;
        let answer = self.ask(&random, wasm)?;
        match answer.split_first() {
            Some((&SEALED, sealed)) => {
                let opened = self.engine.open(wasm, &SealKey::new(random), sealed);
                opened.map_err(|error| refusal(&error))
            }
            Some((&REFUSED, reason)) => Err(WorkshopError::Module(text(reason))),
            Some((_, reason)) => Err(room(text(reason))),
            None => Err(room("its compiler said nothing".to_owned())),
        }
    }

    fn ask(&self, key: &[u8], wasm: &[u8]) -> Result<Vec<u8>, WorkshopError> {
        let failed = |error| room(format!("its compiler could not be asked: {error}"));
        let mut child = Command::new(&self.program)
            .arg(VERB)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (ended, answer) = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A child that ends early closes the pipe, and its end says why.
                let mut stdin = stdin?;
                stdin
                    .write_all(key)
                    .and_then(|()| stdin.write_all(wasm))
                    .ok()
            });
            let answer = scope.spawn(move || read(stdout?).ok());
            (wait(&mut child), answer.join().ok().flatten())
        });
        match (ended.map_err(failed)?, answer) {
            (status, Some(answer)) if status.success() => Ok(answer),
            (status, _) => Err(room(format!(
                "its compiler was stopped by this machine ({status})"
            ))),
        }
    }
}

/// Waits for the end of the child, and kills it at the deadline.
fn wait(child: &mut Child) -> std::io::Result<ExitStatus> {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > end {
            child.kill()?;
            return child.wait();
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn read(source: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn room(reason: String) -> WorkshopError {
    WorkshopError::Room(reason)
}

/// A refusal in words, with its cause; final where every machine would say the same.
pub(super) fn refusal(error: &WasmError) -> WorkshopError {
    use std::error::Error as _;
    let cause = error
        .source()
        .map_or_else(String::new, |cause| format!(": {cause}"));
    match error.is_verdict() {
        true => WorkshopError::Module(format!("{error}{cause}")),
        false => room(format!("{error}{cause}")),
    }
}

/// What the child does: takes its limits upon itself, reads, compiles, answers.
#[must_use]
pub fn child() -> ExitCode {
    let answer = match limited() {
        Ok(()) => compile(),
        Err(error) => (
            FAILED,
            format!("no limits can be set: {error}").into_bytes(),
        ),
    };
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(&[answer.0])
        .and_then(|()| stdout.write_all(&answer.1));
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_nobody_listens) => ExitCode::FAILURE,
    }
}

fn limited() -> rustix::io::Result<()> {
    limit(Resource::As, CHILD_BYTES)?;
    limit(Resource::Cpu, CHILD_CPU_SECONDS)?;
    limit(Resource::Core, 0)?;
    // Not one byte into any file: the answer goes into a pipe.
    limit(Resource::Fsize, 0)?;
    give_way();
    Ok(())
}

/// Takes a limit, or stays under the lower one that it was started with: only a few may raise that again.
fn limit(of: Resource, most: u64) -> rustix::io::Result<()> {
    let most = getrlimit(of).maximum.map_or(most, |given| given.min(most));
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(of, limit)
}

/// A child begins with the priority of the thread that started it, and that one may have given way further already. Only a few may go
/// back; so it stays where it is, and compiles all the same.
fn give_way() {
    if getpriority_process(None).is_ok_and(|priority| priority < PRIORITY) {
        // What is left to do without it is the same.
        let _kept = setpriority_process(None, PRIORITY);
    }
}

fn compile() -> (u8, Vec<u8>) {
    let mut input = Vec::new();
    let most = MODULE_BYTES + SealKey::BYTES as u64;
    if let Err(error) = std::io::stdin().lock().take(most).read_to_end(&mut input) {
        return (FAILED, error.to_string().into_bytes());
    }
    let Some((key, wasm)) = input.split_first_chunk::<{ SealKey::BYTES }>() else {
        return (FAILED, b"no key came in".to_vec());
    };
    let engine = Engine::new(EngineSettings::FOREIGN);
    match engine.and_then(|engine| engine.seal(wasm, &SealKey::new(*key))) {
        Ok(sealed) => (SEALED, sealed),
        Err(error) => match refusal(&error) {
            WorkshopError::Module(reason) => (REFUSED, reason.into_bytes()),
            other => (FAILED, other.to_string().into_bytes()),
        },
    }
}
