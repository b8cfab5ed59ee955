//! A process asleep: the pages of its memory that differ from the state after boot, and its globals.
//!
//! Layout of the bytes, integers big-endian: the mark `aosec-snapshot-1` (16), module hash (32),
//! boot hash (32), number of pages (4), number of globals (4), each global (8), number of pages that
//! follow (4), then each as index (4, ascending) and 4,096 bytes. Nothing may follow.
//!
//! There is no checksum: whoever restores compares [`crate::Instance::root`] with the root that the
//! log gives, which covers every byte.

use crate::{error::SnapshotError, image::Image, live::WASM_PAGE_BYTES, root::PAGE_BYTES};

const MARK: &[u8; 16] = b"aosec-snapshot-1";

/// Largest memory that a snapshot may declare: 4 GiB, what 32 bits can address.
const PAGES_MAX: u32 = 1 << 20;

/// Mutable globals that a snapshot may declare; the own module has one.
const GLOBALS_MAX: u32 = 1024;

/// The committed state of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    module: [u8; 32],
    boot: [u8; 32],
    pages: u32,
    globals: Vec<u64>,
    /// Index and content of each page that differs, ascending. Behind the end of the state after
    /// boot lie zeros.
    content: Vec<(u32, Vec<u8>)>,
}

impl Snapshot {
    pub(crate) fn of(module: [u8; 32], boot: [u8; 32], base: &Image, image: &Image) -> Self {
        let zeros = [0; PAGE_BYTES];
        let before = base
            .memory
            .chunks(PAGE_BYTES)
            .chain(std::iter::repeat(zeros.as_slice()));
        let content = (0u32..)
            .zip(image.memory.chunks(PAGE_BYTES).zip(before))
            .filter(|(_, (page, before))| page != before)
            .map(|(index, (page, _))| (index, page.to_vec()))
            .collect();
        let pages = (image.memory.len() / PAGE_BYTES) as u32;
        let globals = image.globals.clone();
        Self {
            module,
            boot,
            pages,
            globals,
            content,
        }
    }

    pub(crate) fn check(
        &self,
        module: [u8; 32],
        boot: [u8; 32],
        globals: usize,
    ) -> Result<(), SnapshotError> {
        if self.module != module {
            return Err(SnapshotError::OtherModule);
        }
        if self.boot != boot {
            return Err(SnapshotError::OtherBoot);
        }
        if self.globals.len() != globals {
            return Err(SnapshotError::Malformed("number of globals"));
        }
        Ok(())
    }

    /// Size of the memory when restored.
    pub fn memory_bytes(&self) -> u64 {
        u64::from(self.pages) * PAGE_BYTES as u64
    }

    /// The state that was put to sleep, on top of the state after boot, and the pages in which it differs from that.
    pub(crate) fn image(
        &self,
        base: &Image,
        limit: u64,
    ) -> Result<(Image, Vec<usize>), SnapshotError> {
        let bytes = self.memory_bytes();
        let whole = bytes.is_multiple_of(WASM_PAGE_BYTES as u64);
        if !whole || bytes < base.memory.len() as u64 || bytes > limit {
            return Err(SnapshotError::OtherSize { bytes });
        }
        let mut image = base.clone();
        let mut memory = base.memory.clone();
        memory.resize(self.pages as usize * PAGE_BYTES, 0);
        for (index, page) in &self.content {
            let start = *index as usize * PAGE_BYTES;
            memory[start..start + PAGE_BYTES].copy_from_slice(page);
        }
        let changed = image.take(&memory, self.globals.clone());
        Ok((image, changed))
    }

    /// The layout above.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128 + self.content.len() * (PAGE_BYTES + 4));
        bytes.extend_from_slice(MARK);
        bytes.extend_from_slice(&self.module);
        bytes.extend_from_slice(&self.boot);
        bytes.extend_from_slice(&self.pages.to_be_bytes());
        bytes.extend_from_slice(&(self.globals.len() as u32).to_be_bytes());
        for global in &self.globals {
            bytes.extend_from_slice(&global.to_be_bytes());
        }
        bytes.extend_from_slice(&(self.content.len() as u32).to_be_bytes());
        for (index, page) in &self.content {
            bytes.extend_from_slice(&index.to_be_bytes());
            bytes.extend_from_slice(page);
        }
        bytes
    }

    /// Reads the layout above, and nothing else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut rest = Reader(bytes);
        if rest.array::<16>()? != *MARK {
            return Err(SnapshotError::Malformed("mark"));
        }
        let (module, boot) = (rest.array()?, rest.array()?);
        let pages = rest.count(PAGES_MAX, "number of pages")?;
        let globals = rest.count(GLOBALS_MAX, "number of globals")?;
        let globals = (0..globals)
            .map(|_| Ok(u64::from_be_bytes(rest.array()?)))
            .collect::<Result<_, SnapshotError>>()?;
        let count = rest.count(pages, "number of pages that follow")?;
        let content = read_pages(&mut rest, count, pages)?;
        if !rest.0.is_empty() {
            return Err(SnapshotError::Malformed("bytes after the last page"));
        }
        Ok(Self {
            module,
            boot,
            pages,
            globals,
            content,
        })
    }
}

fn read_pages(
    rest: &mut Reader<'_>,
    count: u32,
    pages: u32,
) -> Result<Vec<(u32, Vec<u8>)>, SnapshotError> {
    let mut content = Vec::new();
    let mut least = 0;
    for _ in 0..count {
        let index = u32::from_be_bytes(rest.array()?);
        if index < least || index >= pages {
            return Err(SnapshotError::Malformed("page index"));
        }
        least = index + 1;
        content.push((index, rest.slice(PAGE_BYTES)?.to_vec()));
    }
    Ok(content)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], SnapshotError> {
        let short = SnapshotError::Malformed("it ends too early");
        let (head, tail) = self.0.split_at_checked(length).ok_or(short)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SnapshotError> {
        let mut out = [0; N];
        out.copy_from_slice(self.slice(N)?);
        Ok(out)
    }

    fn count(&mut self, max: u32, what: &'static str) -> Result<u32, SnapshotError> {
        let count = u32::from_be_bytes(self.array()?);
        if count > max {
            Err(SnapshotError::Malformed(what))
        } else {
            Ok(count)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Snapshot {
        let mut memory = vec![0; 16 * PAGE_BYTES];
        memory[3 * PAGE_BYTES + 7] = 1;
        memory[15 * PAGE_BYTES] = 2;
        let image = |memory, global| Image {
            memory,
            globals: vec![global],
        };
        let base = image(vec![0; 4 * PAGE_BYTES], 0);
        Snapshot::of([1; 32], [2; 32], &base, &image(memory, 42))
    }

    #[test]
    fn bytes_and_back() {
        let snapshot = sample();
        assert_eq!(snapshot.content.len(), 2, "pages as they were are left out");
        assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes()), Ok(snapshot));
    }

    #[test]
    fn every_cut_and_every_extra_byte_is_refused() {
        let bytes = sample().to_bytes();
        for end in (0..bytes.len()).step_by(61) {
            assert!(Snapshot::from_bytes(&bytes[..end]).is_err(), "{end} bytes");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(Snapshot::from_bytes(&longer).is_err());
    }

    #[test]
    fn a_page_twice_or_outside_is_refused() {
        let mut snapshot = sample();
        snapshot.content[1].0 = 3;
        assert!(Snapshot::from_bytes(&snapshot.to_bytes()).is_err());
        snapshot.content[1].0 = 16;
        assert!(Snapshot::from_bytes(&snapshot.to_bytes()).is_err());
    }
}
