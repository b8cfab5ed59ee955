//! The guard file under cuts, flips and second owners.

use std::fs;

use aosec_wire::SigningKey;

use super::*;

fn address() -> Address {
    SigningKey::ed25519([1; 32]).address().clone()
}

fn open(path: &Path) -> Result<(Vec<Vec<u8>>, Option<Torn>), GuardFileError> {
    let mut seen = Vec::new();
    let (_, torn) = GuardFile::open(path, &address(), |record| {
        seen.push(record.to_vec());
        Ok(())
    })?;
    Ok((seen, torn))
}

/// A file with three frames, and where each of them begins.
fn written(path: &Path) -> (Vec<u8>, Vec<usize>) {
    let (mut file, torn) = GuardFile::open(path, &address(), |_| Ok(())).unwrap();
    assert_eq!(torn, None);
    let mut starts = Vec::new();
    for frame in 0..3_u8 {
        starts.push(fs::metadata(path).unwrap().len() as usize);
        file.append(&[vec![frame; 40], vec![frame + 100; 25]])
            .unwrap();
    }
    (fs::read(path).unwrap(), starts)
}

fn expected(frames: u8) -> Vec<Vec<u8>> {
    (0..frames)
        .flat_map(|frame| [vec![frame; 40], vec![frame + 100; 25]])
        .collect()
}

#[test]
fn what_was_appended_is_read_back_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    written(&path);
    assert_eq!(open(&path).unwrap(), (expected(3), None));
    let (mut file, _) = GuardFile::open(&path, &address(), |_| Ok(())).unwrap();
    file.append(&[vec![9; 3]]).unwrap();
    drop(file);
    assert_eq!(open(&path).unwrap().0.last(), Some(&vec![9; 3]));
}

#[test]
fn a_last_write_cut_off_anywhere_is_removed_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    let (whole, starts) = written(&path);
    for length in starts[2] + 1..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let torn = Torn {
            at: starts[2] as u64,
            bytes: (length - starts[2]) as u64,
        };
        assert_eq!(
            open(&path).unwrap(),
            (expected(2), Some(torn)),
            "cut at {length}"
        );
        assert_eq!(fs::read(&path).unwrap(), &whole[..starts[2]]);
    }
    // The file system may have made room without having written into it.
    fs::write(&path, [&whole[..starts[2]], &[0; 300][..]].concat()).unwrap();
    assert_eq!(open(&path).unwrap().0, expected(2));
}

#[test]
fn a_flipped_bit_is_never_overlooked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    let (whole, starts) = written(&path);
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).unwrap();
        let found = open(&path);
        if at < starts[2] {
            assert!(found.is_err(), "byte {at}");
            assert_eq!(
                fs::read(&path).unwrap(),
                flipped,
                "a refused file is left as it is"
            );
        } else {
            // The comparison with the store decides whether this was a write that nobody had relied on.
            assert!(
                matches!(found.unwrap(), (seen, Some(_)) if seen == expected(2)),
                "byte {at}"
            );
        }
    }
}

#[test]
fn a_missing_or_doubled_frame_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    let (whole, starts) = written(&path);
    let without_second = [&whole[..starts[1]], &whole[starts[2]..]].concat();
    let doubled = [&whole[..], &whole[starts[2]..]].concat();
    for bytes in [without_second, doubled] {
        fs::write(&path, bytes).unwrap();
        assert!(matches!(open(&path), Err(GuardFileError::Damaged { .. })));
    }
}

#[test]
fn a_file_begun_and_not_finished_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    written(&path);
    let header = header(&address());
    for length in 0..header.len() {
        fs::write(&path, &header[..length]).unwrap();
        assert_eq!(
            open(&path).unwrap(),
            (Vec::new(), None),
            "header of {length} bytes"
        );
        assert_eq!(fs::read(&path).unwrap(), header);
    }
}

#[test]
fn one_file_has_one_key_one_owner_and_one_format() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("guard");
    let (mut whole, _) = written(&path);
    let held = GuardFile::open(&path, &address(), |_| Ok(())).unwrap();
    assert!(matches!(open(&path), Err(GuardFileError::InUse(_))));
    drop(held);
    let other = SigningKey::ed25519([2; 32]).address().clone();
    let refused = GuardFile::open(&path, &other, |_| Ok(()));
    assert!(matches!(refused, Err(GuardFileError::OtherKey { .. })));
    whole[9] = 3;
    let end = header(&address()).len() - 4;
    let crc = crc32fast::hash(&whole[..end]).to_be_bytes();
    whole[end..end + 4].copy_from_slice(&crc);
    fs::write(&path, whole).unwrap();
    assert!(matches!(
        open(&path),
        Err(GuardFileError::Version { found: 3, .. })
    ));
}
