//! An answer as the cache keeps it: a long one is compressed, to a third or so, since an activity repeats the same keys and
//! names. With LZ4, which unpacks a page in a few microseconds: zstd took four times as long for half the size.

use std::sync::Arc;

use bytes::Bytes;
use lz4_flex::block;
use uuid::Uuid;

use super::answer::Answer;
use crate::domain::{Cursor, Document};

/// A shorter answer is kept as it is, in bytes.
const MIN_COMPRESSED: usize = 4096;

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

    /// The answer, compressed if it is long.
    pub fn packed(answer: &Answer) -> Self {
        let mut kept = Self::plain(answer);
        let length = kept.bytes.len();
        if length >= MIN_COMPRESSED {
            let compressed = block::compress(&kept.bytes);
            if compressed.len() < length {
                kept.bytes = compressed.into_boxed_slice().into();
                kept.unpacked = Some(length);
            }
        }
        kept
    }

    /// The answer as it was; `None` if that fails, so that it is read.
    pub fn unpack(self) -> Option<Answer> {
        let bytes = match self.unpacked {
            None => self.bytes,
            Some(length) => block::decompress(&self.bytes, length).ok()?.into(),
        };
        Some(Answer {
            json: Document {
                bytes,
                hash: self.hash,
            },
            next: self.next,
            reacted: self.reacted,
            position: None,
        })
    }

    /// The memory that it uses, in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.reacted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_answer_is_unpacked_to_itself_and_a_long_one_is_shorter() {
        for length in [0, 10, MIN_COMPRESSED - 1, MIN_COMPRESSED, 100_000] {
            let text = "{\"uuid\":1}".repeat(length / 10 + 1);
            let answer = Answer::of_document(Document::of_json(text.into_bytes()));
            let kept = KeptAnswer::packed(&answer);
            assert!(kept.size() <= answer.json.bytes.len());
            assert!(length < MIN_COMPRESSED || kept.size() < length / 10);
            let unpacked = kept.unpack().expect("an answer");
            assert_eq!(unpacked.json.bytes, answer.json.bytes);
            assert_eq!(unpacked.json.hash, answer.json.hash);
        }
    }
}
