//! Token transfers in the project's own module, without network or disk: what one core computes, and what state roots cost.

use std::path::Path;
use std::time::Duration;

use aosec_wasm::{Engine, EngineSettings, Instance, Limits, process_module};
use serde_json::{Value, json};

use super::cpu;
use super::table::{Table, per_second};

/// Transfers of a run: about two seconds at the goal.
const TRANSFERS: u64 = 20_000;
/// Transfers that warm the caches and are not counted.
const WARM: u64 = 500;
/// Holders that are paid in turn.
pub(crate) const HOLDERS: u64 = 1_000;
/// Slots between two roots, and transfers a second that are the goal with them.
const ROOTS: [(u64, f64); 2] = [(32, 10_000.0), (1, 5_000.0)];

/// Slot of the first transfer, after spawn, Eval and Mint.
const FIRST_TRANSFER: u64 = 3;
/// What the result of every good transfer holds.
const CREDITED: &[u8] = b"Credit-Notice";

const OWNER: &str = "OOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOOA";
const PROCESS: &str = "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPA";

/// Measures transfers without any root, and with a root of every so many slots.
pub(crate) fn measure(table: &mut Table) {
    let bare = transfers_per_second(TRANSFERS + 1);
    table.row(
        "module: token transfers a core, no roots",
        per_second(bare),
        "-".into(),
        None,
        "-",
    );
    for (every, goal) in ROOTS {
        let rate = transfers_per_second(every);
        let what = format!("module: token transfers a core, a root each {every} slot(s)");
        let beside = format!("{} without roots", per_second(bare));
        table.row(
            &what,
            per_second(rate),
            beside,
            Some(rate / bare),
            &format!(">= {}", per_second(goal)),
        );
    }
}

/// Transfers a second of processor time, with a root behind every so many.
pub(crate) fn transfers_per_second(root_every: u64) -> f64 {
    let mut process = Process::with_token();
    let messages: Vec<Vec<u8>> = (0..WARM + TRANSFERS).map(transfer).collect();
    let (warm, counted) = messages.split_at(usize::try_from(WARM).expect("a small number"));
    warm.iter()
        .for_each(|message| process.take_transfer(message));
    let before = cpu::used("self");
    for (number, message) in (1..).zip(counted) {
        process.take_transfer(message);
        if u64::is_multiple_of(number, root_every) {
            std::hint::black_box(process.instance.commit());
        }
    }
    let used = cpu::used("self")
        .saturating_sub(before)
        .max(Duration::from_millis(10));
    TRANSFERS as f64 / used.as_secs_f64()
}

fn transfer(number: u64) -> Vec<u8> {
    let recipient = format!("{:043}", number % HOLDERS);
    message(
        FIRST_TRANSFER + number,
        &[
            ("Action", "Transfer"),
            ("Recipient", &recipient),
            ("Quantity", "7"),
        ],
        "",
    )
}

/// A message as a CU hands it to the module.
fn message(slot: u64, tags: &[(&str, &str)], data: &str) -> Vec<u8> {
    let tags: Vec<Value> = tags
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let message = json!({
        "Id": format!("{slot:043}"), "Signature": "", "Data": data, "Owner": OWNER, "Target": PROCESS, "Anchor": "",
        "From": OWNER, "Tags": tags, "Epoch": 0, "Nonce": slot, "Timestamp": 1_000 + slot, "Block-Height": 7,
        "Cron": false,
    });
    message.to_string().into_bytes()
}

/// The token's source.
pub(crate) fn token() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts-lua/examples/token.lua");
    std::fs::read_to_string(path).expect("the example")
}

/// A token in a live instance, as a CU holds it.
struct Process {
    instance: Instance,
    environment: Vec<u8>,
}

impl Process {
    fn with_token() -> Self {
        let engine = Engine::new(EngineSettings::default()).expect("the engine of every node");
        let module = engine
            .compile(process_module::WASM)
            .expect("the embedded module");
        let instance = Instance::boot(&module, process_module::BOOT, Limits::default())
            .expect("the embedded runtime");
        let tags =
            json!([{"name": "Type", "value": "Process"}, {"name": "Name", "value": "token"}]);
        let described = json!({"Id": PROCESS, "Owner": OWNER, "Tags": tags});
        let environment =
            json!({"Process": described, "Module": {"Id": OWNER, "Owner": OWNER, "Tags": []}});
        let mut process = Self {
            instance,
            environment: environment.to_string().into_bytes(),
        };
        process.take(&message(0, &[("Type", "Process")], ""));
        process.take(&message(1, &[("Action", "Eval")], &token()));
        process.take(&message(
            2,
            &[("Action", "Mint"), ("Quantity", "1000000000000")],
            "",
        ));
        process
    }

    fn take_transfer(&mut self, message: &[u8]) {
        let output = self.take(message);
        let credited = output
            .windows(CREDITED.len())
            .any(|window| window == CREDITED);
        assert!(
            credited,
            "a transfer sends notices: {}",
            String::from_utf8_lossy(&output)
        );
    }

    fn take(&mut self, message: &[u8]) -> Vec<u8> {
        self.instance
            .handle(message, &self.environment)
            .expect("the message is computed")
            .output
    }
}
