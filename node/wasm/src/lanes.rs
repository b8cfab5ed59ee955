//! Many hashes at once: BLAKE3 of pages side by side, one in each lane of the machine's widest registers.
//!
//! `blake3::hash` of one page fills a quarter of those registers, and an own module changes some forty pages with each message.
//! The same bytes are hashed here chunk by chunk over all pages, then node by node, as the definition of BLAKE3 builds its tree.
//! The function that the library does this with is not promised to stay as it is: so its version is pinned, and a test compares
//! every result with `blake3::hash`.

use blake3::{BLOCK_LEN, CHUNK_LEN, IncrementCounter, platform::Platform};

use crate::root::{Hash, PAGE_BYTES};

/// Chunks of a page.
const CHUNKS: usize = PAGE_BYTES / CHUNK_LEN;

/// BLAKE3's first chaining value, and what it says of a block: first or last of its chunk, a node, the root.
const IV: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 2;
const PARENT: u8 = 4;
const ROOT: u8 = 8;

/// `blake3::hash` of each page.
pub(crate) fn of_pages(pages: &[&[u8; PAGE_BYTES]]) -> Vec<Hash> {
    let platform = Platform::detect();
    let mut chunks = vec![[Hash::default(); CHUNKS]; pages.len()];
    let mut hashed = vec![Hash::default(); pages.len()];
    for number in 0..CHUNKS {
        let column: Vec<&[u8; CHUNK_LEN]> = pages.iter().map(|page| chunk(page, number)).collect();
        platform.hash_many(
            &column,
            &IV,
            number as u64,
            IncrementCounter::No,
            0,
            CHUNK_START,
            CHUNK_END,
            hashed.as_flattened_mut(),
        );
        for (chunks, hashed) in chunks.iter_mut().zip(&hashed) {
            chunks[number] = *hashed;
        }
    }
    let inner = nodes(&platform, chunks.as_flattened(), PARENT);
    nodes(&platform, &inner, PARENT | ROOT)
}

/// `blake3::hash` of each two neighbours.
pub(crate) fn of_pairs(children: &[Hash]) -> Vec<Hash> {
    nodes(
        &Platform::detect(),
        children,
        CHUNK_START | CHUNK_END | ROOT,
    )
}

fn chunk(page: &[u8; PAGE_BYTES], number: usize) -> &[u8; CHUNK_LEN] {
    let (chunks, _rest) = page.as_chunks();
    &chunks[number]
}

/// One block for each two neighbours, hashed under `flags`.
fn nodes(platform: &Platform, children: &[Hash], flags: u8) -> Vec<Hash> {
    let (blocks, _rest) = children.as_flattened().as_chunks::<BLOCK_LEN>();
    let blocks: Vec<&[u8; BLOCK_LEN]> = blocks.iter().collect();
    let mut hashed = vec![Hash::default(); blocks.len()];
    let out = hashed.as_flattened_mut();
    platform.hash_many(&blocks, &IV, 0, IncrementCounter::No, flags, 0, 0, out);
    hashed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lanes of every machine, and one more and less.
    const COUNTS: [usize; 12] = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 61];

    fn bytes(count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    #[test]
    fn pages_side_by_side_have_the_hash_that_each_has_alone() {
        for count in COUNTS {
            let bytes = bytes(count * PAGE_BYTES);
            let (pages, _rest) = bytes.as_chunks::<PAGE_BYTES>();
            let alone: Vec<Hash> = pages
                .iter()
                .map(|page| *blake3::hash(page).as_bytes())
                .collect();
            assert_eq!(
                of_pages(&pages.iter().collect::<Vec<_>>()),
                alone,
                "{count}"
            );
        }
    }

    #[test]
    fn pairs_side_by_side_have_the_hash_that_each_has_alone() {
        for count in COUNTS {
            let bytes = bytes(count * BLOCK_LEN);
            let (pairs, _rest) = bytes.as_chunks::<BLOCK_LEN>();
            let alone: Vec<Hash> = pairs
                .iter()
                .map(|pair| *blake3::hash(pair).as_bytes())
                .collect();
            let (children, _rest) = bytes.as_chunks::<32>();
            assert_eq!(of_pairs(children), alone, "{count}");
        }
    }
}
