//! The keys of answers for which the memory had no room when they were read.

use std::hash::{BuildHasher, Hash, RandomState};

/// The number of keys that are remembered. They use 256 KiB.
const SLOTS: usize = 1 << 16;

/// Remembers keys, until others take their slots. No client can foresee the slot of a key.
pub struct Newcomers {
    hasher: RandomState,
    /// For each slot, bits of the hash of the latest key.
    marks: Vec<u32>,
}

impl Newcomers {
    pub fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            marks: Vec::new(),
        }
    }

    /// Whether the key is remembered; from now on it is.
    pub fn has_met(&mut self, key: &impl Hash) -> bool {
        // The first key that finds no room allocates the memory.
        self.marks.resize(SLOTS, 0);
        let [a, b, c, d, e, f, ..] = self.hasher.hash_one(key).to_ne_bytes();
        let slot = &mut self.marks[usize::from(u16::from_ne_bytes([a, b]))];
        let mark = u32::from_ne_bytes([c, d, e, f]);
        std::mem::replace(slot, mark) == mark
    }
}
