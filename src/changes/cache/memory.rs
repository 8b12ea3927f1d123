//! The answers in memory with their indexes. A look removes exactly the answers that are outdated: by what they depend
//! on, by their place in a list, and by their expiry. Where there is no room, an answer is kept if it was read before, a short
//! time ago; then those that were used longest ago are removed. Otherwise whoever reads a million activities, each once,
//! would drive out what others read again and again.

mod newcomers;
mod recent_effects;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Bound::{Excluded, Included};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::newcomers::Newcomers;
use self::recent_effects::RecentEffects;
use super::dependencies::Tag;
use super::effect::Effect;
use super::entry::{Amending, CacheKey, Entry, Fresh, Stamp};
use super::kept_answer::KeptAnswer;
use crate::domain::Cursor;

/// A look with more effects amends no page.
const MAX_AMENDING_EFFECTS: usize = 64;

/// The answers and their indexes.
pub struct Memory {
    max_bytes: usize,
    bytes: usize,
    evictions: u64,
    /// The number of uses so far, which orders them.
    uses: u64,
    next_id: u64,
    /// How often everything was forgotten.
    epoch: u64,
    /// The number of looks so far that found a change.
    look: u64,
    /// The time of the latest look.
    time: DateTime<Utc>,
    /// The position of the latest look as text.
    pub position: Option<Bytes>,
    /// When the server of the latest look was started; `None` before the first look.
    started_at: Option<DateTime<Utc>>,
    entries: HashMap<u64, Entry>,
    ids: HashMap<CacheKey, u64>,
    tags: BTreeSet<(Tag, u64)>,
    lists: BTreeSet<(Tag, Cursor, u64)>,
    expiries: BTreeSet<(DateTime<Utc>, u64)>,
    by_use: BTreeSet<(u64, u64)>,
    newcomers: Newcomers,
    recent: RecentEffects,
    /// The pages that the latest look amends at the moment.
    amending: HashSet<CacheKey>,
}

impl Memory {
    pub fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            bytes: 0,
            evictions: 0,
            uses: 0,
            next_id: 0,
            epoch: 0,
            look: 0,
            time: DateTime::<Utc>::MIN_UTC,
            position: None,
            started_at: None,
            entries: HashMap::new(),
            ids: HashMap::new(),
            tags: BTreeSet::new(),
            lists: BTreeSet::new(),
            expiries: BTreeSet::new(),
            by_use: BTreeSet::new(),
            newcomers: Newcomers::new(),
            recent: RecentEffects::default(),
            amending: HashSet::new(),
        }
    }

    /// The memory of all entries in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many entries were removed because memory was full.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// For an answer that is read from now on; `None` before the first look.
    pub fn stamp(&self) -> Option<Stamp> {
        self.started_at.map(|_| Stamp {
            epoch: self.epoch,
            look: self.look,
        })
    }

    /// Whether the next look may find the answer: it is there, or the latest look is amending it.
    pub fn has(&self, key: &CacheKey) -> bool {
        self.ids.contains_key(key) || self.amending.contains(key)
    }

    /// The answer as of the latest look, and the position of that look.
    pub fn find(&mut self, key: &CacheKey) -> Option<(KeptAnswer, Option<Bytes>)> {
        let id = *self.ids.get(key)?;
        let entry = self.entries.get_mut(&id)?;
        // Most requests use the same answer as the one before.
        if entry.last_use != self.uses {
            self.by_use.remove(&(entry.last_use, id));
            self.uses += 1;
            entry.last_use = self.uses;
            self.by_use.insert((self.uses, id));
        }
        Some((entry.answer.clone(), self.position.clone()))
    }

    /// Forgets everything, because a look cannot tell what has changed. Answers that are being read are not kept.
    pub fn forget(&mut self, time: DateTime<Utc>, started_at: DateTime<Utc>) {
        self.remove_all();
        self.recent.clear();
        self.epoch += 1;
        self.time = time;
        self.started_at = Some(started_at);
    }

    /// Takes out the pages that a look with these effects can amend.
    pub fn take_amendable(&mut self, effects: &[Effect]) -> Vec<Amending> {
        self.amending.clear();
        if effects.len() > MAX_AMENDING_EFFECTS || effects.contains(&Effect::All) {
            return Vec::new();
        }
        let mut changed: HashMap<u64, Vec<Uuid>> = HashMap::new();
        for effect in effects {
            for id in self.outdated_by(effect) {
                let list = self.entries.get(&id).and_then(|entry| entry.list.as_ref());
                if let Some(list) = list {
                    let uuids = changed.entry(id).or_default();
                    match effect {
                        Effect::Touch(tag) => uuids.extend(list.with_tag(*tag)),
                        Effect::Place(_, cursor) => uuids.push(cursor.uuid),
                        Effect::All => {}
                    }
                }
            }
        }
        let mut amending = Vec::new();
        for (id, mut uuids) in changed {
            uuids.sort_unstable();
            uuids.dedup();
            if let Some(entry) = self.remove(id)
                && let Some(list) = entry.list
            {
                self.amending.insert(entry.key.clone());
                let key = entry.key;
                amending.push(Amending { key, list, uuids });
            }
        }
        amending
    }

    /// Removes what is outdated at the time of a look that found changes with these effects.
    pub fn apply(&mut self, time: DateTime<Utc>, effects: &[Effect]) {
        self.time = time;
        while let Some(&(until, id)) = self.expiries.first()
            && until <= time
        {
            self.remove(id);
        }
        if effects.is_empty() {
            return;
        }
        self.look += 1;
        for effect in effects {
            match effect {
                Effect::All => self.remove_all(),
                effect => {
                    for id in self.outdated_by(effect) {
                        self.remove(id);
                    }
                }
            }
            self.recent.add(self.look, *effect);
        }
    }

    /// The entries that an effect outdates.
    fn outdated_by(&self, effect: &Effect) -> Vec<u64> {
        match effect {
            Effect::Touch(tag) => {
                let tagged = self.tags.range((*tag, 0)..=(*tag, u64::MAX));
                tagged.map(|(_, id)| *id).collect()
            }
            Effect::Place(list, cursor) => {
                let after = Excluded((*list, *cursor, u64::MAX));
                let end = Included((*list, Cursor::end(), u64::MAX));
                let pages = self.lists.range((after, end)).map(|(.., id)| *id);
                let is_on_page = |id: &u64| {
                    let range = self.entries.get(id).and_then(|entry| entry.range);
                    range.is_some_and(|range| range.contains(cursor))
                };
                pages.filter(is_on_page).collect()
            }
            Effect::All => self.entries.keys().copied().collect(),
        }
    }

    /// Keeps an answer that was read after `stamp` was taken, unless a look since then has made it outdated.
    pub fn insert(&mut self, key: CacheKey, answer: KeptAnswer, fresh: &Fresh, stamp: Stamp) {
        let dependencies = &fresh.dependencies;
        let is_of_server =
            dependencies.started_at.is_some() && dependencies.started_at == self.started_at;
        if stamp.epoch != self.epoch || !is_of_server || dependencies.until <= self.time {
            return;
        }
        let since = self.recent.since(stamp.look);
        if since.is_none_or(|mut since| since.any(|effect| effect.concerns(dependencies))) {
            return;
        }
        if let Some(&id) = self.ids.get(&key) {
            self.remove(id);
        }
        self.uses += 1;
        let entry = Entry::new(key, answer, fresh, self.uses);
        if entry.size > self.max_bytes {
            return;
        }
        let room = self.max_bytes - entry.size;
        if self.bytes <= room || self.newcomers.has_met(&entry.key) {
            self.evict(room);
            self.add(entry);
        }
    }

    fn add(&mut self, entry: Entry) {
        let id = self.next_id;
        self.next_id += 1;
        self.bytes += entry.size;
        self.ids.insert(entry.key.clone(), id);
        self.tags.extend(entry.tags.iter().map(|tag| (*tag, id)));
        self.expiries.insert((entry.until, id));
        self.by_use.insert((entry.last_use, id));
        if let Some(range) = entry.range {
            self.lists.insert((range.list, range.before, id));
        }
        self.entries.insert(id, entry);
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.bytes -= entry.size;
        self.ids.remove(&entry.key);
        for tag in &entry.tags {
            self.tags.remove(&(*tag, id));
        }
        self.expiries.remove(&(entry.until, id));
        self.by_use.remove(&(entry.last_use, id));
        if let Some(range) = entry.range {
            self.lists.remove(&(range.list, range.before, id));
        }
        Some(entry)
    }

    /// Removes entries until `max_bytes` are left at most.
    fn evict(&mut self, max_bytes: usize) {
        while self.bytes > max_bytes
            && let Some(&(_, id)) = self.by_use.first()
        {
            self.remove(id);
            self.evictions += 1;
        }
    }

    fn remove_all(&mut self) {
        self.bytes = 0;
        self.entries.clear();
        self.ids.clear();
        self.tags.clear();
        self.lists.clear();
        self.expiries.clear();
        self.by_use.clear();
    }
}

#[cfg(test)]
mod tests;
