//! What a forecast says of cases, against what the contract then does: nobody answers, several share, one ends the other, an answer is not
//! published, jail doubles, and whole outages are spared.

use std::collections::BTreeMap;

use aosec_challenge::docket::State;
use aosec_challenge::docket::forecast::{Forecast, Hosted, Row, Shown, Silence, Terms, forecast};
use aosec_tests::origin::contract;
use aosec_tests::origin::game::Game;
use aosec_tests::origin::moves::{Letter, Move};
use serde_json::Value;

const NOBODY: &str = include_str!("../vectors/origin/nobody-answers.json");
const ANSWERED: &str = include_str!("../vectors/origin/answered-and-published.json");
/// Longer than any case and slash of these stories lasts.
const BLOCKS_MAX: u64 = 60;

fn moves(text: &str) -> Vec<Move> {
    let script: Value = serde_json::from_str(text).expect("a kept game");
    serde_json::from_value(script["moves"].clone()).expect("its moves")
}

/// The same moves about something else: each name in another's place.
fn renamed(moves: &[Move], names: &[(&str, &str)]) -> Vec<Move> {
    let mut text = serde_json::to_string(moves).expect("moves are JSON");
    for (from, to) in names {
        text = text.replace(&format!("{from:_<43}"), &format!("{to:_<43}"));
    }
    serde_json::from_str(&text).expect("still moves")
}

fn is(one: &Move, action: &str) -> bool {
    let Move::Item(letter) = one else {
        return false;
    };
    letter
        .tags
        .iter()
        .any(|(name, value)| name == "Action" && value == action)
}

fn begun(moves: &[Move]) -> Game {
    let text = contract::text(|_, text| text.to_owned());
    let mut game = Game::begin(&text).expect("the contract loads");
    moves
        .iter()
        .for_each(|one| game.play(one).expect("both courts agree"));
    game
}

/// The moves of a kept game up to the last one with this action.
fn up_to<'a>(moves: &'a [Move], action: &str) -> &'a [Move] {
    let last = moves
        .iter()
        .rposition(|one| is(one, action))
        .expect("such a move");
    &moves[..=last]
}

fn block(game: &mut Game) {
    let tick = Move::Block {
        queued: None,
        headless: false,
        placeless: false,
    };
    game.play(&tick).expect("both courts agree");
}

/// A view of the contract.
fn view(game: &mut Game, action: &str, more: &[(&str, &str)]) -> Value {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let tags = std::iter::once(("Action", action))
        .chain(more.iter().copied())
        .map(owned);
    let letter = Letter {
        from: "anyone_____________________________________".to_owned(),
        tags: tags.collect(),
        ..Letter::default()
    };
    let (id, height) = (format!("view-{:038}", 1), game.height);
    let told = game
        .contract()
        .expect("the contract plays")
        .read(&letter.item(id, height));
    let told = told.expect("an answer");
    let data = told.messages[0]["Data"].as_str().expect("data");
    serde_json::from_str(data).unwrap_or_else(|_text| Value::from(data))
}

fn rows(game: &mut Game, action: &str) -> Vec<Value> {
    view(game, action, &[])["Rows"]
        .as_array()
        .expect("rows")
        .clone()
}

fn foretold(game: &mut Game) -> Vec<Forecast> {
    let terms = Terms::read(&view(game, "Params", &[])["Parameters"]).expect("all parameters");
    let shown = Shown {
        processes: rows(game, "Processes")
            .iter()
            .map(|row| Hosted::read(row).expect("a process"))
            .collect(),
        cases: rows(game, "Cases")
            .iter()
            .map(|row| Row::read(row).expect("a case"))
            .collect(),
    };
    forecast(&terms, &shown)
}

fn balance(game: &mut Game, who: &str) -> u128 {
    let told = view(game, "Balance", &[("Recipient", who)]);
    let text = told
        .as_str()
        .map_or_else(|| told.to_string(), str::to_owned);
    text.parse().expect("an amount")
}

/// Lets all blocks pass; each case as it was before it was forgotten.
fn as_shown_last(game: &mut Game) -> BTreeMap<u64, Row> {
    let mut last = BTreeMap::new();
    for _ in 0..BLOCKS_MAX {
        block(game);
        let shown = rows(game, "Cases");
        let shown = shown.iter().map(|row| Row::read(row).expect("a case"));
        last.extend(shown.map(|row| (row.number, row)));
    }
    last
}

/// Lets blocks pass in which nobody does anything, and compares the end of every case and all its money with what was foretold.
fn comes_true(game: &mut Game) -> Vec<Forecast> {
    let told = foretold(game);
    let (slashes, operators) = (
        game.model.docket().pendings().len(),
        rows(game, "Operators"),
    );
    let mut people: Vec<String> = told
        .iter()
        .flat_map(|one| &one.case.challengers)
        .map(|(who, _)| who.clone())
        .collect();
    people.sort();
    people.dedup();
    let before: Vec<u128> = people.iter().map(|who| balance(game, who)).collect();
    let last = as_shown_last(game);
    for one in &told {
        let row = &last[&one.case.number];
        match &one.silent {
            Silence::Moot => assert_eq!(row.state, State::Moot, "{one:?}"),
            Silence::Expires(_) => assert_eq!(
                (row.state, row.ended),
                (State::Expired, Some(one.ends)),
                "{one:?}"
            ),
        }
        assert!(row.challengers.is_empty(), "the bonds are back: {row:?}");
    }
    let expired = told.iter().filter_map(|one| match &one.silent {
        Silence::Expires(expiry) => Some((expiry, &one.case.operator)),
        Silence::Moot => None,
    });
    let pendings: Vec<_> = game.model.docket().pendings()[slashes..].to_vec();
    let found: Vec<_> = pendings
        .iter()
        .map(|one| (one.slashed, one.shown() == "restored"))
        .collect();
    let expected: Vec<_> = expired
        .clone()
        .map(|(expiry, _)| (expiry.slashed, expiry.spared))
        .collect();
    assert_eq!(found, expected, "slashes, and which of them go back");
    paid(game, &told, &people, &before);
    let jailed = expired
        .filter_map(|(expiry, operator)| Some((operator, expiry.jailed?)))
        .next_back();
    let now = rows(game, "Operators");
    for (row, was) in now.iter().zip(&operators) {
        let expected = jailed
            .filter(|(operator, _)| row["Operator"] == **operator)
            .map(|(_, through)| through);
        assert_eq!(
            row["Jailed-Until"].as_u64(),
            expected.or(was["Jailed-Until"].as_u64())
        );
    }
    told
}

/// Everybody has what was foretold.
fn paid(game: &mut Game, told: &[Forecast], people: &[String], before: &[u128]) {
    for (place, who) in people.iter().enumerate() {
        let back = told
            .iter()
            .flat_map(|one| &one.back)
            .filter(|(whose, _)| whose == who)
            .map(|(_, sum)| sum);
        let shares = told
            .iter()
            .filter(|one| one.case.challengers.iter().any(|(whose, _)| whose == who));
        let shares = shares.map(|one| match &one.silent {
            Silence::Expires(expiry) => expiry.share,
            Silence::Moot => 0,
        });
        let gains: u128 = back.sum::<u128>() + shares.sum::<u128>();
        assert_eq!(balance(game, who), before[place] + gains, "{who}");
    }
}

fn expiry(told: &Forecast) -> &aosec_challenge::docket::forecast::Expiry {
    match &told.silent {
        Silence::Expires(expiry) => expiry,
        Silence::Moot => panic!("{told:?}"),
    }
}

#[test]
fn nobody_answers_and_two_challengers_share() {
    let all = moves(NOBODY);
    let mut game = begun(up_to(&all, "Challenge"));
    let told = comes_true(&mut game);
    assert_eq!((told.len(), told[0].back.len()), (1, 2));
    let expiry = expiry(&told[0]);
    assert!(
        expiry.percent == 2 && expiry.slashed > 0 && expiry.unhosts && expiry.jailed.is_some(),
        "{expiry:?}"
    );
}

#[test]
fn an_answer_that_is_not_published_costs_five_percent_and_jail() {
    let all = moves(ANSWERED);
    let mut game = begun(up_to(&all, "Answer"));
    let told = comes_true(&mut game);
    assert!(told[0].case.publish_by.is_some());
    let expiry = expiry(&told[0]);
    assert!(expiry.percent == 5 && expiry.jailed.is_some(), "{expiry:?}");
    assert!(
        expiry.share > 0 && told[0].case.challengers.iter().all(|(_, bond)| *bond == 0),
        "the bonds are back, and the bounty is theirs"
    );
}

#[test]
fn the_first_of_two_cases_makes_the_second_moot() {
    let all = moves(NOBODY);
    let mut game = begun(up_to(&all, "Challenge"));
    block(&mut game);
    let challenge: Vec<Move> = all
        .iter()
        .filter(|one| is(one, "Challenge"))
        .take(1)
        .cloned()
        .collect();
    for one in renamed(&challenge, &[("m", "another")]) {
        game.play(&one).expect("both courts agree");
    }
    let told = comes_true(&mut game);
    let moot: Vec<_> = told.iter().map(|one| one.silent == Silence::Moot).collect();
    assert_eq!(moot, [false, true]);
}

/// A second process of the same operator, challenged in the same block: one episode of jail, two slashes.
#[test]
fn two_processes_of_one_operator_fall_in_one_episode() {
    let all = moves(NOBODY);
    let (first, names) = (
        up_to(&all, "Host"),
        [("process", "process-2"), ("m", "another")],
    );
    let mut game = begun(first);
    let again: Vec<Move> = first
        .iter()
        .filter(|one| is(one, "Fund") || is(one, "Host"))
        .cloned()
        .collect();
    renamed(&again, &names)
        .iter()
        .for_each(|one| game.play(one).expect("both courts agree"));
    let rest = &all[first.len()..up_to(&all, "Challenge").len()];
    rest.iter()
        .for_each(|one| game.play(one).expect("both courts agree"));
    let rest: Vec<Move> = rest
        .iter()
        .filter(|one| !matches!(one, Move::Block { .. }))
        .cloned()
        .collect();
    renamed(&rest, &names)
        .iter()
        .for_each(|one| game.play(one).expect("both courts agree"));
    let told = comes_true(&mut game);
    let said: Vec<_> = told
        .iter()
        .map(|one| (expiry(one).percent, expiry(one).jailed.is_some()))
        .collect();
    assert_eq!(said, [(2, true), (2, false)]);
}
