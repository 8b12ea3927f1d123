//! Checks that reads are fresh: a read shows every write that was acknowledged before it began, and no activity whose
//! deletion was acknowledged before it began. The order of the events suffices; it uses no servers and no clocks.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

/// An activity in a response.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub uuid: String,
    pub created_at: String,
    pub handle: String,
    pub reply_to_activity_uuid: Option<String>,
    pub replies_count: usize,
    pub replies: Vec<Row>,
}

/// A list of activities, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum List {
    Home,
    By(String),
    RepliesTo(String),
}

/// The number of latest replies that a feed shows under an activity.
pub const LATEST_REPLIES: usize = 3;

/// created_at and uuid, whose texts sort as the values do.
type SortKey = (String, String);
/// The number of events so far, which orders reads and writes.
type LogicalTime = u64;
type CheckResult = Result<(), String>;

/// The state of one activity that reads and writes have shown. No read may show an older state than an earlier read.
#[derive(Debug)]
struct KnownActivity {
    /// Every read that began later shows the activity, unless its deletion was sent.
    visible_since: LogicalTime,
    deletion_sent: bool,
    /// No read that began later shows the activity.
    deleted_since: Option<LogicalTime>,
}

impl KnownActivity {
    fn existed_at(&self, began: LogicalTime) -> bool {
        self.visible_since < began
    }

    fn was_deleted_at(&self, began: LogicalTime) -> bool {
        self.deleted_since.is_some_and(|deleted| deleted < began)
    }

    fn must_show(&self, began: LogicalTime) -> bool {
        self.existed_at(began) && !self.deletion_sent
    }
}

/// The reads and writes of a test so far.
#[derive(Debug, Default)]
pub struct History {
    now: LogicalTime,
    activities: HashMap<String, KnownActivity>,
    lists: HashMap<List, BTreeSet<SortKey>>,
    /// The number of replies that clients have sent, by parent.
    replies_sent: HashMap<String, usize>,
}

impl History {
    /// Records that a read begins.
    pub fn begin_read(&mut self) -> LogicalTime {
        self.now += 1;
        self.now
    }

    /// Records that a client sends a reply.
    pub fn send_reply(&mut self, parent: &str) {
        *self.replies_sent.entry(parent.to_owned()).or_default() += 1;
    }

    /// Records that a write was acknowledged, or that a read showed it.
    pub fn created(&mut self, row: &Row) {
        self.now += 1;
        let known = KnownActivity {
            visible_since: self.now,
            deletion_sent: false,
            deleted_since: None,
        };
        self.activities.entry(row.uuid.clone()).or_insert(known);
        for list in lists(row) {
            self.lists.entry(list).or_default().insert(sort_key(row));
        }
    }

    /// Records that a client sends a deletion.
    pub fn send_deletion(&mut self, uuid: &str) {
        self.known(uuid).deletion_sent = true;
    }

    /// Records that a deletion was acknowledged, or that a read no longer showed the activity.
    pub fn deleted(&mut self, uuid: &str) {
        self.now += 1;
        let now = self.now;
        self.known(uuid).deleted_since.get_or_insert(now);
    }

    /// The uuids of the activities that exist.
    pub fn existing(&self) -> impl Iterator<Item = &str> {
        let existing = self
            .activities
            .iter()
            .filter(|(_, known)| !known.deletion_sent);
        existing.map(|(uuid, _)| uuid.as_str())
    }

    /// Checks a page of at most `limit` rows, newest first, of a read that `began` at a time.
    pub fn check_list(
        &mut self,
        began: LogicalTime,
        list: &List,
        limit: usize,
        rows: &[Row],
    ) -> CheckResult {
        if !rows.is_sorted_by(|newer, older| sort_key(newer) > sort_key(older)) {
            return Err(format!("{list:?} is out of order, or shows a row twice"));
        }
        let shown: HashSet<&str> = rows.iter().map(|row| row.uuid.as_str()).collect();
        // The next page shows the activities that are older than the last row of a full page.
        let end = rows.last().filter(|_| rows.len() >= limit).map(sort_key);
        let expected = self.lists.get(list).into_iter().flatten().rev();
        let expected = expected.take_while(|key| end.as_ref().is_none_or(|end| *key >= end));
        let missing = expected.map(|(_, uuid)| uuid.as_str());
        let missing: Vec<String> = missing
            .filter(|uuid| !shown.contains(uuid) && self.activities[*uuid].existed_at(began))
            .map(str::to_owned)
            .collect();
        for uuid in missing {
            self.check_not_found(began, &uuid)
                .map_err(|stale| format!("{list:?}: {stale}"))?;
        }
        for row in rows {
            self.check_thread(began, row, LATEST_REPLIES)
                .map_err(|stale| format!("{list:?}: {stale}"))?;
        }
        Ok(())
    }

    /// Checks one activity with up to `limit` replies.
    pub fn check_thread(&mut self, began: LogicalTime, row: &Row, limit: usize) -> CheckResult {
        let uuid = &row.uuid;
        if self
            .activities
            .get(uuid)
            .is_some_and(|known| known.was_deleted_at(began))
        {
            return Err(format!("{uuid} was deleted before the read and is shown"));
        }
        let replies = List::RepliesTo(uuid.clone());
        let keys = self.lists.get(&replies).into_iter().flatten();
        let known: Vec<&KnownActivity> = keys.map(|key| &self.activities[&key.1]).collect();
        let least = known.iter().filter(|reply| reply.must_show(began)).count();
        let deleted = known
            .iter()
            .filter(|reply| reply.was_deleted_at(began))
            .count();
        let most = self.replies_sent.get(uuid).copied().unwrap_or_default() - deleted;
        let count = row.replies_count;
        if !(least..=most).contains(&count) {
            return Err(format!(
                "{uuid} counts {count} replies, and {least} to {most} are right"
            ));
        }
        if row.replies.len() != count.min(limit) {
            let shown = row.replies.len();
            return Err(format!("{uuid} counts {count} replies and shows {shown}"));
        }
        self.created(row);
        let newest_first: Vec<Row> = row.replies.iter().rev().cloned().collect();
        self.check_list(began, &replies, limit, &newest_first)
    }

    /// Checks a read that did not find an activity.
    pub fn check_not_found(&mut self, began: LogicalTime, uuid: &str) -> CheckResult {
        match self.activities.get(uuid) {
            Some(known) if known.must_show(began) => {
                Err(format!("{uuid} existed before the read and is not shown"))
            }
            Some(known) if known.existed_at(began) => {
                self.deleted(uuid);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn known(&mut self, uuid: &str) -> &mut KnownActivity {
        let known = self.activities.get_mut(uuid);
        known.expect("a test deletes only acknowledged activities")
    }
}

fn sort_key(row: &Row) -> SortKey {
    (row.created_at.clone(), row.uuid.clone())
}

fn lists(row: &Row) -> Vec<List> {
    match &row.reply_to_activity_uuid {
        Some(parent) => vec![List::RepliesTo(parent.clone())],
        None => vec![List::Home, List::By(row.handle.clone())],
    }
}
