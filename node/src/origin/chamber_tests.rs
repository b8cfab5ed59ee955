//! The contract's VM with contracts of a few lines.

use super::*;

/// A contract that never comes to an end.
const CONTRACT: &str = r#"Handlers.prepend("endless", function() return true end, function()
    while true do end end)"#;
/// Enough to boot.
const FUEL: u64 = 1_000_000_000;

fn message(kind: Kind, number: u8, data: &str) -> Message {
    let module = module_item(WASM).unwrap().id().to_string();
    let (id, owner) = (Id::new([number; 32]), Id::new([9; 32]).to_string());
    let json = json!({
        "Id": id, "Owner": owner, "From": owner, "Target": Id::new([1; 32]), "Data": data,
        "Timestamp": 1, "Block-Height": 1, "Tags": [
            { "name": "Type", "value": if number == 1 { "Process" } else { "Message" } },
            { "name": "Module", "value": module },
            { "name": "On-Boot", "value": "Data" },
        ],
    });
    Message {
        kind,
        id,
        slot: u64::from(number),
        height: 1,
        timestamp: 1,
        json: json.to_string().into_bytes(),
    }
}

/// What counts its messages, and says so where it is asked.
const COUNTER: &str = r#"local seen, ballast = 0, {}
    for number = 1, 400000 do ballast[number] = number end
    Handlers.prepend("count", function(m) return m.Owner ~= "nobody" end, function(m)
        if m.Tags.Number ~= nil then seen = seen + 1 end
        print('{"ok":true,"seen":' .. seen .. '}')
    end)"#;

fn counted(number: u8) -> Message {
    let mut message = message(Kind::Item, number, "");
    let mut json: Value = serde_json::from_slice(&message.json).unwrap();
    let tags = json["Tags"].as_array_mut().unwrap();
    tags.push(json!({ "name": "Number", "value": number.to_string() }));
    message.json = json.to_string().into_bytes();
    message
}

fn begun() -> Chamber {
    let mut chamber = Chamber::new(Arc::new(Wasmtime::new().unwrap()));
    chamber.run(&message(Kind::Spawn, 1, COUNTER)).unwrap();
    chamber.end_block(1).unwrap();
    chamber
}

fn block(chamber: &mut Chamber, number: u8) -> Option<Id> {
    chamber.run(&counted(number)).unwrap();
    chamber.end_block(u64::from(number)).unwrap();
    chamber.root()
}

#[test]
fn blocks_that_are_caught_up_with_come_to_the_roots_of_all_others() {
    let (mut one, mut other) = (begun(), begun());
    assert_eq!(one.root(), other.root());
    other.set_pace(Pace::CatchingUp).unwrap();
    let roots: Vec<_> = (2..6).map(|number| block(&mut one, number)).collect();
    let seldom: Vec<_> = (2..6).map(|number| block(&mut other, number)).collect();
    assert!(roots.iter().all(Option::is_some), "{roots:?}");
    assert_eq!(seldom, [None; 4], "a large state has no root each time");
    let fork = other.fork().unwrap();
    assert_eq!(fork.root(), roots[3], "a second one is at the last block");
    other.set_pace(Pace::EachBlock).unwrap();
    assert_eq!(other.root(), roots[3]);
    assert_eq!(block(&mut other, 6), block(&mut one, 6));
}

#[test]
fn a_question_between_blocks_takes_nothing_back() {
    let (mut one, mut other) = (begun(), begun());
    other.set_pace(Pace::CatchingUp).unwrap();
    block(&mut one, 2);
    block(&mut other, 2);
    let said = other.ask(&message(Kind::Item, 9, "").json).unwrap();
    assert!(said.contains(r#"\"seen\":1"#), "{said}");
    assert_eq!(block(&mut other, 3).or(other.root()), None);
    other.set_pace(Pace::EachBlock).unwrap();
    assert_eq!(Some(other.root()), Some(block(&mut one, 3)));
}

#[test]
fn a_slot_without_an_answer_is_told_as_an_error() {
    let workshop = Arc::new(Wasmtime::new().unwrap());
    let mut chamber = Chamber::new(workshop);
    chamber.limits.fuel_per_message = FUEL;
    assert_eq!(chamber.contract(), None);
    let began = chamber.run(&message(Kind::Spawn, 1, CONTRACT)).unwrap();
    assert!(matches!(began, Ran::Verdict(_)), "{began:?}");
    assert_eq!(
        chamber.contract(),
        Some(Id::sha256_of(&[CONTRACT.as_bytes()]))
    );
    let ran = chamber.run(&message(Kind::Item, 2, "")).unwrap();
    assert!(matches!(ran, Ran::Failed), "{ran:?}");
    let ended = chamber.take_ended();
    assert_eq!(ended.len(), 2, "{ended:?}");
    assert_eq!((ended[1].message, ended[1].slot), (Id::new([2; 32]), 2));
    let outcome: Value = serde_json::from_str(&ended[1].json).unwrap();
    let error = outcome["Error"].as_str().unwrap();
    assert_eq!(error, "out of fuel");
}
