//! The Avro text of tags: `array<{name: string, value: string}>`.
//!
//! A number is a zigzag varint in its shortest form. An array is blocks of `count, items…`, ended by a zero count; a
//! negative count is followed by the block's size in bytes. Nothing is reserved from a declared number: a reader walks the
//! bytes that are there, and [`TAGS_MAX`] bounds what it keeps.

use super::{Tags, check_tag};
use crate::error::TagsError;
use crate::item::Strictness;
use crate::limits::{TAGS_MAX, VARINT_BYTES_MAX};

/// The canonical text: nothing for no tags, otherwise one block and the end mark.
pub(super) fn encode(tags: &Tags) -> Vec<u8> {
    let mut out = Vec::new();
    if tags.is_empty() {
        return out;
    }
    write_length(&mut out, tags.len());
    for (name, value) in tags.iter() {
        write_text(&mut out, name);
        write_text(&mut out, value);
    }
    write_length(&mut out, 0);
    out
}

/// The tags in `raw`, which must be used up exactly.
pub(super) fn decode(raw: &[u8], strictness: Strictness) -> Result<Tags, TagsError> {
    let mut tags = Tags::new();
    if raw.is_empty() {
        return Ok(tags);
    }
    let mut reader = Reader { rest: raw };
    while let Some(block) = reader.block()? {
        reader.fill(&mut tags, block, strictness)?;
    }
    let canonical = raw == encode(&tags);
    match (reader.rest.is_empty(), canonical, strictness) {
        (false, _, _) => Err(TagsError::Trailing),
        (true, false, Strictness::Entrance) => Err(TagsError::Blocks),
        _ => Ok(tags),
    }
}

/// One block's header: how many tags it has and, where declared, how many bytes they take.
struct Block {
    tags: usize,
    bytes: Option<usize>,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn block(&mut self) -> Result<Option<Block>, TagsError> {
        let count = self.number()?;
        let tags = usize::try_from(count.unsigned_abs()).map_err(|_| TagsError::Length)?;
        let bytes = if count < 0 {
            Some(self.length()?)
        } else {
            None
        };
        Ok((tags > 0).then_some(Block { tags, bytes }))
    }

    fn fill(
        &mut self,
        into: &mut Tags,
        block: Block,
        strictness: Strictness,
    ) -> Result<(), TagsError> {
        let before = self.rest.len();
        let all = into.len().saturating_add(block.tags);
        if all > TAGS_MAX {
            return Err(TagsError::TooMany(all));
        }
        for _ in 0..block.tags {
            let (name, value) = (self.text()?, self.text()?);
            check_tag(name, value, strictness)?;
            into.push(name, value);
        }
        match block.bytes {
            Some(declared) if declared != before - self.rest.len() => Err(TagsError::BlockSize),
            _ => Ok(()),
        }
    }

    fn text(&mut self) -> Result<&'a str, TagsError> {
        let length = self.length()?;
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(TagsError::Truncated)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| TagsError::NotUtf8)
    }

    fn length(&mut self) -> Result<usize, TagsError> {
        usize::try_from(self.number()?).map_err(|_| TagsError::Length)
    }

    fn number(&mut self) -> Result<i64, TagsError> {
        let mut zigzag = 0_u64;
        for place in 0..VARINT_BYTES_MAX {
            let (&byte, rest) = self.rest.split_first().ok_or(TagsError::Truncated)?;
            self.rest = rest;
            let group = u64::from(byte & 0x7f);
            let shifted = group << (7 * place);
            if shifted >> (7 * place) != group {
                return Err(TagsError::Varint);
            }
            zigzag |= shifted;
            if byte & 0x80 == 0 {
                let shortest = byte != 0 || place == 0;
                return if shortest {
                    Ok(unzigzag(zigzag))
                } else {
                    Err(TagsError::Varint)
                };
            }
        }
        Err(TagsError::Varint)
    }
}

fn unzigzag(zigzag: u64) -> i64 {
    (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed()
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Lengths are never negative, so their zigzag form is twice the length.
fn write_length(out: &mut Vec<u8>, length: usize) {
    let mut rest = (length as u64) << 1;
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_as(raw: &[u8], strictness: Strictness) -> Result<Tags, TagsError> {
        decode(raw, strictness)
    }

    #[test]
    fn numbers_have_one_form() {
        let read = |raw: &[u8]| Reader { rest: raw }.number();
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[1]), Ok(-1));
        assert_eq!(read(&[2]), Ok(1));
        assert_eq!(read(&[0x80, 0x01]), Ok(64));
        let longest = [[0xff; 9].as_slice(), &[0x01]].concat();
        assert_eq!(read(&longest), Ok(i64::MIN));
        for overlong in [
            &[0x80, 0x00][..],
            &[0x82, 0x80, 0x00],
            &[0xff; 10],
            &[0xff; 11],
        ] {
            assert_eq!(read(overlong), Err(TagsError::Varint), "{overlong:?}");
        }
        let too_wide = [[0xff; 9].as_slice(), &[0x02]].concat();
        assert_eq!(read(&too_wide), Err(TagsError::Varint));
        assert_eq!(read(&[0x80]), Err(TagsError::Truncated));
    }

    #[test]
    fn no_tags_are_no_bytes() {
        assert_eq!(encode(&Tags::new()), Vec::<u8>::new());
        assert_eq!(decode_as(&[], Strictness::Entrance), Ok(Tags::new()));
        assert_eq!(
            decode_as(&[0], Strictness::Entrance),
            Err(TagsError::Blocks)
        );
        assert_eq!(decode_as(&[0], Strictness::Settled), Ok(Tags::new()));
    }

    #[test]
    fn other_block_forms_are_for_settled_items_alone() {
        let one = [2, b'n', 2, b'v'];
        let tag = Tags::new().with("n", "v");
        let plain = [&[2][..], &one, &[0]].concat();
        let negative = [&[1, 8][..], &one, &[0]].concat();
        let two = [&[2][..], &one, &[2], &one, &[0]].concat();
        assert_eq!(decode_as(&plain, Strictness::Entrance), Ok(tag.clone()));
        assert_eq!(
            decode_as(&negative, Strictness::Entrance),
            Err(TagsError::Blocks)
        );
        assert_eq!(decode_as(&negative, Strictness::Settled), Ok(tag.clone()));
        assert_eq!(
            decode_as(&two, Strictness::Entrance),
            Err(TagsError::Blocks)
        );
        assert_eq!(decode_as(&two, Strictness::Settled), Ok(tag.with("n", "v")));
    }

    #[test]
    fn blocks_together_hold_no_more_than_one_may() {
        let block = |tags: u8| [&[tags * 2][..], &[2, b'n', 2, b'v'].repeat(tags.into())].concat();
        let both = |last: u8| [block(63), block(63), block(last), vec![0]].concat();
        assert_eq!(
            decode_as(&both(2), Strictness::Settled).unwrap().len(),
            TAGS_MAX
        );
        assert_eq!(
            decode_as(&both(3), Strictness::Settled),
            Err(TagsError::TooMany(129))
        );
    }

    #[test]
    fn nothing_is_believed_about_sizes() {
        let cases: [(&[u8], TagsError); 6] = [
            (&[1, 6, 2, b'n', 2, b'v', 0], TagsError::BlockSize),
            (&[2, 2, b'n', 2, b'v', 0, 0], TagsError::Trailing),
            (&[2, 2, b'n', 2, b'v'], TagsError::Truncated),
            (
                &[2, 0xfe, 0xff, 0xff, 0xff, 0x0f, b'n'],
                TagsError::Truncated,
            ),
            (&[2, 1, b'n', 2, b'v', 0], TagsError::Length),
            (&[0x82, 0x02], TagsError::TooMany(129)),
        ];
        for (raw, wrong) in cases {
            assert_eq!(decode_as(raw, Strictness::Settled), Err(wrong), "{raw:?}");
        }
    }
}
