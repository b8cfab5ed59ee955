//! ANS-104 bundles: many items in one data field.
//!
//! `count 32 bytes · count × (size 32 bytes · id 32 bytes) · items`, numbers little-endian. The header must describe the
//! bytes behind it exactly. A bundle may be the data of an item that is itself in a bundle; unpack one level at a time.

use bytes::Bytes;

use crate::error::{BundleError, ItemError};
use crate::id::Id;
use crate::item::{Strictness, VerifiedItem, verify_bytes};

/// A number in the header.
const NUMBER_BYTES: usize = 32;

/// One row of the header.
const ROW_BYTES: usize = NUMBER_BYTES + Id::BYTES;

/// The ids that the header names, and the bytes of each item: windows on the bundle, not copies.
pub fn parse(bytes: Bytes) -> Result<Vec<(Id, Bytes)>, BundleError> {
    let rows = rows(&bytes)?;
    let mut at = NUMBER_BYTES + rows.len() * ROW_BYTES;
    let items = rows.into_iter().map(|(id, size)| {
        let item = bytes.slice(at..at + size);
        at += size;
        (id, item)
    });
    Ok(items.collect())
}

/// The items of a bundle, each verified; one bad item does not spoil the others.
pub fn unbundle(
    bytes: Bytes,
    strictness: Strictness,
) -> Result<Vec<Result<VerifiedItem, ItemError>>, BundleError> {
    let items = parse(bytes)?;
    Ok(items
        .into_iter()
        .map(|(id, item)| verify_named(id, item, strictness))
        .collect())
}

/// The bundle of these items, in this order.
pub fn build(items: &[VerifiedItem]) -> Bytes {
    let content: usize = items.iter().map(|item| item.bytes().len()).sum();
    let mut out = Vec::with_capacity(NUMBER_BYTES + items.len() * ROW_BYTES + content);
    write_number(&mut out, items.len());
    for item in items {
        write_number(&mut out, item.bytes().len());
        out.extend_from_slice(item.id().as_bytes());
    }
    for item in items {
        out.extend_from_slice(item.bytes());
    }
    out.into()
}

fn verify_named(
    named: Id,
    bytes: Bytes,
    strictness: Strictness,
) -> Result<VerifiedItem, ItemError> {
    let item = verify_bytes(bytes, strictness)?;
    match item.id() == named {
        true => Ok(item),
        false => Err(ItemError::OtherId {
            named,
            found: item.id(),
        }),
    }
}

/// The header's rows, whose sizes add up to what follows the header. As many rows are kept as the bytes hold, whatever the
/// count says.
fn rows(bytes: &[u8]) -> Result<Vec<(Id, usize)>, BundleError> {
    let (count, rest) = bytes.split_first_chunk().ok_or(BundleError::Header)?;
    let length = number(count)?
        .checked_mul(ROW_BYTES)
        .ok_or(BundleError::Number)?;
    let (header, content) = rest.split_at_checked(length).ok_or(BundleError::Header)?;
    let rows = header
        .chunks_exact(ROW_BYTES)
        .map(row)
        .collect::<Result<Vec<_>, _>>()?;
    let sizes = rows.iter().map(|(_, size)| *size);
    let declared = sizes
        .into_iter()
        .try_fold(0_usize, usize::checked_add)
        .ok_or(BundleError::Number)?;
    match declared == content.len() {
        true => Ok(rows),
        false => Err(BundleError::Size {
            declared,
            found: content.len(),
        }),
    }
}

fn row(row: &[u8]) -> Result<(Id, usize), BundleError> {
    let (size, id) = row.split_first_chunk().ok_or(BundleError::Header)?;
    Ok((
        Id::from_bytes(id).map_err(|_| BundleError::Header)?,
        number(size)?,
    ))
}

fn number(bytes: &[u8; NUMBER_BYTES]) -> Result<usize, BundleError> {
    let (low, high) = bytes.split_first_chunk().ok_or(BundleError::Number)?;
    if high.iter().any(|byte| *byte != 0) {
        return Err(BundleError::Number);
    }
    usize::try_from(u64::from_le_bytes(*low)).map_err(|_| BundleError::Number)
}

fn write_number(out: &mut Vec<u8>, number: usize) {
    let low = (number as u64).to_le_bytes();
    out.extend_from_slice(&low);
    out.resize(out.len() + NUMBER_BYTES - low.len(), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Draft;
    use crate::keys::SigningKey;

    fn items(count: u8) -> Vec<VerifiedItem> {
        let key = SigningKey::ed25519([1; 32]);
        let draft = |n| Draft {
            data: Bytes::from(vec![n]),
            ..Draft::default()
        };
        (0..count).map(|n| draft(n).sign(&key).unwrap()).collect()
    }

    #[test]
    fn a_bundle_gives_back_its_items_as_windows() {
        let items = items(3);
        let bundle = build(&items);
        let found = unbundle(bundle.clone(), Strictness::Entrance).unwrap();
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, items);
        let inside = bundle.as_ptr_range();
        assert!(
            found
                .iter()
                .all(|item| inside.contains(&item.data().as_ptr()))
        );
    }

    #[test]
    fn a_bad_item_does_not_spoil_the_others() {
        let mut bytes = build(&items(2)).to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        let found = unbundle(bytes.into(), Strictness::Entrance).unwrap();
        assert!(found[0].is_ok() && found[1].is_err());
    }

    #[test]
    fn the_header_must_describe_the_bytes_exactly() {
        let good = build(&items(2)).to_vec();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            bytes
        };
        let longer = [good.as_slice(), b"x"].concat();
        let huge = [0xff; 64].to_vec();
        let cases = [
            vec![],
            good[..31].to_vec(),
            good[..90].to_vec(),
            longer,
            huge,
            with(0, 3),
            with(8, 1),
            with(32, 1),
        ];
        for bad in cases {
            assert!(parse(bad.clone().into()).is_err(), "{bad:?}");
        }
        assert_eq!(parse(vec![0; 32].into()), Ok(vec![]));
    }
}
