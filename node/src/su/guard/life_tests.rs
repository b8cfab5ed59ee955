//! What happens to a guard file over the years: rewriting, exports, imports, halts, older formats, and every single flipped bit.

use std::{fs, path::PathBuf};

use super::{
    file::Opened,
    frame,
    interchange::{Interchange, export},
    note::Note,
    offline::{OfflineGuard, glimpse},
    tests::{ORIGIN, Place, after, bytes, process, spawn},
    *,
};

fn address() -> Address {
    SigningKey::ed25519(super::tests::KEY).address().clone()
}

/// The file's bytes once the guard's thread has let go of it.
async fn closed(place: &Place, guard: Guard) -> Vec<u8> {
    drop(place.reopen(guard).await);
    fs::read(place.path()).unwrap()
}

async fn offline(place: &Place) -> OfflineGuard {
    loop {
        match OfflineGuard::open(&place.path(), &address()) {
            Err(GuardFileError::InUse(_)) => tokio::task::yield_now().await,
            other => return other.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_rewritten_file_is_short_and_forgets_nothing() {
    let place = Place::new();
    let guard = place.open();
    guard
        .remember_network("first-block".parse().unwrap())
        .await
        .unwrap();
    let mut log = guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    for number in 0..40 {
        log = guard
            .seal(after(&log, &[number; 20]), ORIGIN)
            .await
            .unwrap();
    }
    let last = after(&log, &[99]);
    let signed = guard.seal(last.clone(), ORIGIN).await.unwrap();
    let book = guard.look(Book::clone);
    drop(guard);
    let long = fs::metadata(place.path()).unwrap().len();
    let mut file = offline(&place).await;
    file.resume(&[], &[], 0).unwrap();
    drop(file);
    let short = fs::metadata(place.path()).unwrap().len();
    assert!(short < long / 10, "{short} of {long} bytes");
    let guard = place.open();
    assert_eq!(guard.look(|now| now.heads().clone()), *book.heads());
    assert_eq!(
        guard.look(|now| now.network().cloned()),
        book.network().cloned()
    );
    let again = guard.seal(last, ORIGIN).await.unwrap();
    assert_eq!(
        bytes(&again),
        bytes(&signed),
        "the last batch, to equal bytes"
    );
    let lower = guard.seal(after(&log, &[98]), ORIGIN).await;
    assert!(matches!(lower, Err(GuardError::Conflict { .. })));
    guard.seal(after(&signed, &[5]), ORIGIN).await.unwrap();
}

#[tokio::test]
async fn whoever_opened_the_file_before_it_was_rewritten_holds_nothing() {
    let place = Place::new();
    drop(place.open());
    let mut holder = offline(&place).await;
    let before = fs::File::open(place.path()).unwrap();
    holder.resume(&[], &[], 0).unwrap();
    assert!(before.try_lock().is_ok(), "the old file is free to all");
    let second = Guard::open(&place.path(), SigningKey::ed25519(super::tests::KEY));
    assert!(matches!(second, Err(GuardFileError::InUse(_))));
}

#[tokio::test]
async fn a_halt_outlives_the_node_and_ends_by_the_operators_word_alone() {
    let place = Place::new();
    let guard = place.open();
    let log = guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    guard.halt("another node signs".to_owned()).await.unwrap();
    let guard = place.reopen(guard).await;
    let refused = guard.seal(after(&log, &[2]), ORIGIN).await;
    assert!(matches!(&refused, Err(GuardError::Halted(why)) if &**why == "another node signs"));
    drop(guard);
    offline(&place).await.resume(&[], &[], 77).unwrap();
    let guard = place.open();
    assert_eq!(guard.look(Book::signs_from), 77);
    guard.seal(after(&log, &[2]), ORIGIN).await.unwrap();
}

#[tokio::test]
async fn an_export_closes_the_door_at_another_place() {
    let (place, other) = (Place::new(), Place::new());
    let guard = place.open();
    let name = "first-block".parse().unwrap();
    guard.remember_network(name).await.unwrap();
    let log = guard.seal(spawn(1, &[1, 2]), ORIGIN).await.unwrap();
    let text = guard.look(|book| export(book, guard.address())).unwrap();
    let text = serde_json::to_vec(&text).unwrap();
    let text = Interchange::parse(&text).unwrap();
    let mut file = offline(&other).await;
    assert_eq!(file.import(&text).unwrap(), 1);
    assert_eq!(file.import(&text).unwrap(), 0, "twice is once");
    drop(file);
    let there = other.open();
    let older = there.seal(spawn(1, &[9]), ORIGIN).await;
    assert!(matches!(older, Err(GuardError::Conflict { .. })));
    let same = there.seal(spawn(1, &[1, 2]), ORIGIN).await.unwrap();
    assert_eq!(bytes(&same), bytes(&log), "the same batch, to equal bytes");
    there.seal(after(&log, &[3]), ORIGIN).await.unwrap();
}

#[tokio::test]
async fn a_file_of_the_first_format_is_read_and_rewritten() {
    let place = Place::new();
    let batch = spawn(1, &[1, 2]);
    let mut old = frame::header(&address());
    old[9] = 1;
    let end = old.len() - 4;
    let crc = crc32fast::hash(&old[..end]).to_be_bytes();
    old[end..].copy_from_slice(&crc);
    old.extend(frame::frame(0, &[record::encode(&batch).unwrap()]));
    fs::write(place.path(), &old).unwrap();
    let guard = place.open();
    assert_eq!(guard.recorded()[&(process(1), 0)].slot, 1);
    let new = fs::read(place.path()).unwrap();
    assert_eq!(new[..10], frame::header(&address())[..10]);
    guard.seal(batch, ORIGIN).await.unwrap();
}

/// Every book that the file ever held, from the header alone to the whole, by the number of frames.
fn history(path: &std::path::Path, whole: &[u8]) -> Vec<Book> {
    let cuts = frame_ends(whole);
    let book = |end: &usize| {
        fs::write(path, &whole[..*end]).unwrap();
        glimpse(path).unwrap().unwrap().book
    };
    cuts.iter().map(book).collect()
}

/// Where the header and each frame end.
fn frame_ends(whole: &[u8]) -> Vec<usize> {
    let mut at = frame::header(&address()).len();
    let mut ends = vec![at];
    while at < whole.len() {
        let length = u32::from_be_bytes(whole[at + 4..at + 8].try_into().unwrap());
        at += 20 + length as usize;
        ends.push(at);
    }
    ends
}

#[tokio::test]
async fn every_flipped_bit_is_named_or_was_the_last_write() {
    let place = Place::new();
    let guard = place.open();
    let mut log = guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    for number in 2..5 {
        log = guard.seal(after(&log, &[number]), ORIGIN).await.unwrap();
    }
    drop(guard);
    offline(&place).await.resume(&[], &[], 0).unwrap();
    let guard = place.open();
    guard.seal(after(&log, &[6]), ORIGIN).await.unwrap();
    let whole = closed(&place, guard).await;
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("guard");
    let ends = frame_ends(&whole);
    let last = ends[ends.len() - 2];
    let before_last = history(&path, &whole)[ends.len() - 2].clone();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            fs::write(&path, &flipped).unwrap();
            match Opened::at(&path, &address()) {
                Ok(opened) => {
                    assert!(at >= last, "byte {at} bit {bit} is overlooked");
                    assert_eq!(opened.torn.unwrap().at, last as u64);
                    assert_eq!(opened.book, before_last);
                }
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.contains("guard"), "byte {at}: {words}");
                    assert_eq!(fs::read(&path).unwrap(), flipped, "left as it is");
                    let is_named = matches!(error, GuardFileError::Damaged { at: start, .. }
                        if ends.contains(&(start as usize)) || start == 0)
                        || at < ends[0];
                    assert!(is_named, "byte {at}: {words}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_file_cut_anywhere_holds_what_was_whole_by_then() {
    let place = Place::new();
    let guard = place.open();
    let log = guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    guard.seal(after(&log, &[2]), ORIGIN).await.unwrap();
    let whole = closed(&place, guard).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    let (ends, history) = (frame_ends(&whole), history(&path, &whole));
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let opened = Opened::at(&path, &address()).unwrap();
        let frames = ends.iter().filter(|end| **end <= length).count();
        let expected = frames.checked_sub(1).map(|index| history[index].clone());
        assert_eq!(opened.book, expected.unwrap_or_default(), "{length} bytes");
        let is_boundary = length == 0 || ends.contains(&length) || length < ends[0];
        assert_eq!(opened.torn.is_none(), is_boundary, "{length} bytes");
    }
}

#[tokio::test]
async fn a_glimpse_changes_nothing_and_needs_no_lock() {
    let place = Place::new();
    assert!(glimpse(&place.path()).unwrap().is_none());
    let guard = place.open();
    guard.seal(spawn(1, &[1]), ORIGIN).await.unwrap();
    let before = fs::read(place.path()).unwrap();
    let seen = glimpse(&place.path()).unwrap().unwrap();
    assert_eq!(seen.scheduler, address());
    assert_eq!(seen.book, guard.look(Book::clone));
    fs::write(place.path(), [&before[..], b"AOGF half"].concat()).unwrap();
    let seen = glimpse(&place.path()).unwrap().unwrap();
    assert_eq!(seen.torn.unwrap().bytes, 9);
    assert_eq!(fs::read(place.path()).unwrap().len(), before.len() + 9);
}

#[test]
fn many_heads_take_many_frames() {
    let mut book = Book::default();
    for number in 0..20_000_u32 {
        let process = Id::sha256(&number.to_be_bytes());
        let head = Head::learned(number.into(), process);
        book.note(Note::Head((process, 0), head)).unwrap();
    }
    let notes = book.notes();
    let (content, frames) = frame::file(&address(), notes.iter().map(Note::encode));
    assert!(frames > 2);
    let place = Place::new();
    fs::write(place.path(), content).unwrap();
    let opened = Opened::at(&place.path(), &address()).unwrap();
    assert_eq!((opened.book, opened.torn), (book, None));
}
