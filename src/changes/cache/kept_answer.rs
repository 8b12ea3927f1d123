//! An answer as the cache keeps it: a long one is compressed, to a fourth or less, since an activity repeats the same keys
//! and names. Unpacking a page takes a tenth of the time of reading it.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;
use zstd::bulk::{Compressor, Decompressor};

use super::answer::Answer;
use crate::domain::{Cursor, Document};

/// A shorter answer is kept as it is, in bytes.
const MIN_COMPRESSED: usize = 4096;
/// The fastest level of zstd whose result is not much longer than that of the next.
const LEVEL: i32 = 1;

/// The answer in memory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KeptAnswer {
    bytes: Bytes,
    /// The length before compression; `None` if it is not compressed.
    unpacked: Option<usize>,
    hash: u128,
    next: Option<Cursor>,
    reacted: Arc<[Uuid]>,
}

impl KeptAnswer {
    /// The answer as it is, for one that is sent often.
    pub fn plain(answer: &Answer) -> Self {
        Self {
            // A copy of exactly its size.
            bytes: Bytes::from(Box::<[u8]>::from(&*answer.json.bytes)),
            unpacked: None,
            hash: answer.json.hash,
            next: answer.next,
            reacted: answer.reacted.clone(),
        }
    }

    /// The memory that it uses, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.reacted)
    }
}

/// Packs and unpacks answers for one thread. Its buffers are allocated at the first use.
#[derive(Default)]
pub struct Packer {
    compressor: RefCell<Option<Compressor<'static>>>,
    decompressor: RefCell<Option<Decompressor<'static>>>,
}

impl Packer {
    /// Packs the answer, compressed if it is long.
    pub fn pack(&self, answer: &Answer) -> KeptAnswer {
        let mut kept = KeptAnswer::plain(answer);
        if kept.bytes.len() >= MIN_COMPRESSED
            && let Some(compressed) = self.compress(&kept.bytes)
        {
            kept.unpacked = Some(kept.bytes.len());
            kept.bytes = Bytes::from(compressed.into_boxed_slice());
        }
        kept
    }

    /// Unpacks the answer; `None` if that fails, so that it is read.
    pub fn unpack(&self, kept: KeptAnswer) -> Option<Answer> {
        let bytes = match kept.unpacked {
            None => kept.bytes,
            Some(length) => self.decompress(&kept.bytes, length)?.into(),
        };
        Some(Answer {
            json: Document {
                bytes,
                hash: kept.hash,
            },
            next: kept.next,
            reacted: kept.reacted,
            position: None,
        })
    }

    fn compress(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut compressor = self.compressor.borrow_mut();
        if compressor.is_none() {
            *compressor = Compressor::new(LEVEL).ok();
        }
        compressor.as_mut()?.compress(bytes).ok()
    }

    fn decompress(&self, bytes: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut decompressor = self.decompressor.borrow_mut();
        if decompressor.is_none() {
            *decompressor = Decompressor::new().ok();
        }
        decompressor.as_mut()?.decompress(bytes, length).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_answer_is_unpacked_to_itself_and_a_long_one_is_shorter() {
        let packer = Packer::default();
        for length in [0, 10, MIN_COMPRESSED - 1, MIN_COMPRESSED, 100_000] {
            let text = "{\"uuid\":1}".repeat(length / 10 + 1);
            let answer = Answer::of_document(Document::of_json(text.into_bytes()));
            let kept = packer.pack(&answer);
            assert!(kept.size() <= answer.json.bytes.len());
            assert!(length < MIN_COMPRESSED || kept.size() < length / 10);
            let unpacked = packer.unpack(kept).expect("an answer");
            assert_eq!(unpacked.json.bytes, answer.json.bytes);
            assert_eq!(unpacked.json.hash, answer.json.hash);
        }
    }
}
