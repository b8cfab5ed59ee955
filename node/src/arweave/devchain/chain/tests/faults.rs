//! Late blocks, censored senders, hidden data.

use super::super::faults;
use super::*;

fn set(story: &mut Story, fault: Fault) {
    assert_eq!(
        story.chain.step(Event::Fault(fault.clone())),
        Ok(vec![Effect::Persist])
    );
    assert_eq!(story.chain.step(Event::Fault(fault)), Ok(vec![]));
}

#[test]
fn a_delay_holds_everything_back_so_many_blocks() {
    let mut story = Story::begin();
    set(&mut story, Fault::Delay(2));
    let sent = story.sign(story.draft(Format::Two, "late".into()));
    story.submit(&sent).unwrap();
    for _ in 0..2 {
        story.mine();
        assert_eq!(story.height_of(sent.id()), Some(None));
    }
    story.mine();
    assert_eq!(story.height_of(sent.id()), Some(Some(3)));
    let sent = story.sign(story.draft(Format::Two, "lifted".into()));
    story.submit(&sent).unwrap();
    set(&mut story, Fault::Delay(0));
    story.mine();
    assert_eq!(story.height_of(sent.id()), Some(Some(4)));
}

#[test]
fn a_censored_sender_waits_and_others_pass() {
    let mut story = Story::begin();
    let censored = story.wallet.address().clone();
    let other = SigningKey::rsa_generate().unwrap();
    let mint = Event::Mint {
        wallet: other.address().clone(),
        winston: FUNDS,
    };
    story.chain.step(mint).unwrap();
    let sent = story.sign(story.draft(Format::Two, "a".into()));
    let passes = story.draft(Format::Two, "b".into()).sign(&other).unwrap();
    set(&mut story, Fault::Censor(censored.clone()));
    story.submit(&sent).unwrap();
    story.submit(&passes).unwrap();
    for _ in 0..3 {
        story.mine();
    }
    assert_eq!(story.height_of(sent.id()), Some(None));
    assert_eq!(story.height_of(passes.id()), Some(Some(1)));
    set(&mut story, Fault::Uncensor(censored));
    story.mine();
    assert_eq!(story.height_of(sent.id()), Some(Some(4)));
}

#[test]
fn a_censored_signers_held_item_is_not_carried() {
    let mut story = Story::begin();
    story.chain.step(Event::Hold(item(1))).unwrap();
    let signer = item(1).owner_address().clone();
    set(&mut story, Fault::Censor(signer.clone()));
    assert_eq!(story.chain.uncarried(), []);
    set(&mut story, Fault::Uncensor(signer));
    assert_eq!(story.chain.uncarried(), [item(1)]);
}

#[test]
fn what_is_censored_for_too_long_is_dropped_when_lifted() {
    let mut story = Story::begin();
    let censored = story.wallet.address().clone();
    let sent = story.sign(story.draft(Format::Two, "a".into()));
    set(&mut story, Fault::Censor(censored.clone()));
    story.submit(&sent).unwrap();
    for _ in 0..=ANCHOR_DEPTH {
        story.mine();
    }
    set(&mut story, Fault::Uncensor(censored));
    assert!(story.mine().contains(&Effect::Dropped(sent.id())));
}

#[test]
fn lists_of_faults_are_bounded() {
    let mut faults = Faults::default();
    let id = |number: usize| Id::sha256(&number.to_le_bytes());
    for number in 0..faults::LIST_MAX {
        faults.set(Fault::Hide(id(number))).unwrap();
    }
    let over = faults.set(Fault::Hide(id(faults::LIST_MAX)));
    assert_eq!(over, Err(Refusal::FaultsFull));
    assert_eq!(faults.set(Fault::Hide(id(1))), Ok(vec![]));
    assert_eq!(faults.set(Fault::Show(id(1))), Ok(vec![Effect::Persist]));
    assert!(!faults.hides(id(1)) && faults.hides(id(2)));
}
