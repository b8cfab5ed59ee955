//! Proofs of processes that have joined their court (5.15), and of slots that a case has emptied (5.10).

use super::*;

/// The first slot under the court, and the legacy chain before it.
const FIRST: u64 = 5;
const LEGACY: Id = Id::new([6; 32]);

/// Slots 5 and 6, which a host ordered for a process that had no court before.
fn registered() -> Brought {
    let spawn = spawn_of(&[]);
    let process = spawn.id();
    let entry = |slot| LogEntry {
        message: message(process, slot).id(),
        ..honest(slot, HOSTED)
    };
    let log = Written {
        first_slot: FIRST,
        start: Id::sha256_of(&[process.as_bytes(), LEGACY.as_bytes()]),
        ..Written::of((FIRST..=FIRST + 1).map(entry))
            .of_process(process)
            .under(origin())
    };
    let mut court = court(None, vec![]);
    court.leases[0].tenure.first_slot = FIRST;
    court.joined = Some(Joined {
        first: FIRST,
        legacy: LEGACY,
    });
    Brought {
        slot: FIRST + 1,
        message: Some(message(process, FIRST + 1)),
        receipt: Some(log.receipt(FIRST + 1).item().clone()),
        court: Some(court),
        blocks: vec![hosts::block(
            HOSTED + 1,
            vec![log_of(&[log.item(FIRST, FIRST + 1)])],
        )],
        spawn,
    }
}

fn joined_of(brought: &mut Brought) -> &mut Joined {
    court_of(brought).joined.as_mut().unwrap()
}

#[test]
fn a_slot_of_a_registered_process_is_proven() {
    let brought = registered();
    let proof = proven(&brought);
    assert_eq!(
        (proof.entry.slot, proof.rests),
        (FIRST + 1, Rests::OnRecord)
    );
    let before = Id::sha256_of(&[brought.spawn.id().as_bytes(), LEGACY.as_bytes()]);
    let shown = proof.steps.iter().flat_map(|step| &step.hashes);
    let shown: Vec<_> = shown.map(|(_, hash)| hash.clone()).collect();
    assert!(shown.contains(&before.to_string()), "{shown:?}");
    let says: String = proof.steps.iter().map(|step| step.says.as_str()).collect();
    assert!(says.contains("registered it from slot 5 on"), "{says}");
    assert!(!says.contains("alone orders it"), "{says}");
}

#[test]
fn each_changed_piece_of_a_registered_process_is_named() {
    let changes: [Change; 7] = [
        ("it never joined", Name::Court, |brought| {
            court_of(brought).joined = None;
        }),
        ("another legacy chain", Name::Slot, |brought| {
            joined_of(brought).legacy = Id::new([7; 32]);
        }),
        ("another first slot", Name::Court, |brought| {
            joined_of(brought).first = FIRST - 1;
        }),
        ("lease and row at another slot", Name::Slot, |brought| {
            joined_of(brought).first = FIRST - 1;
            lease_of(brought).tenure.first_slot = FIRST - 1;
        }),
        ("a slot from before", Name::Court, |brought| {
            brought.slot = FIRST - 1;
        }),
        ("no rows at all", Name::Slot, |brought| brought.court = None),
        ("the record is left out", Name::Slot, |brought| {
            brought.blocks[0].transactions.clear();
        }),
    ];
    all_named(&registered(), &changes);
    let mut never = on_record();
    court_of(&mut never).joined = Some(Joined {
        first: 1,
        legacy: LEGACY,
    });
    let failure = fails(&never);
    assert_eq!(failure.at, Name::Court, "{failure}");
    assert!(failure.to_string().contains("never joined"), "{failure}");
}

#[test]
fn a_slot_that_a_case_has_emptied_says_so() {
    let mut brought = on_record();
    court_of(&mut brought).emptied = vec![(8, 1), (9, 2)];
    brought.message = None;
    let proof = proven(&brought);
    assert_eq!(proof.emptied, Some(9));
    assert_eq!(
        proof.steps.last().map(|step| step.name),
        Some(Name::Emptied)
    );
    assert!(proof.proves().contains("case 9"), "{}", proof.proves());
    court_of(&mut brought).emptied.pop();
    assert_eq!(proven(&brought).emptied, None, "another slot");
}
