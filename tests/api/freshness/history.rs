//! What a reader may see, judged. Whoever asks sees all that was there before they asked and nothing
//! that was gone by then. Events in their order are enough; servers and clocks are the caller's.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;

/// An activity as a client is told of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Row {
    pub uuid: String,
    pub created_at: String,
    pub handle: String,
    pub reply_to_activity_uuid: Option<String>,
    pub replies_count: usize,
    pub replies: Vec<Row>,
}

/// What can be listed, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum List {
    Home,
    By(String),
    RepliesTo(String),
}

/// The replies that a feed shows under an activity.
pub const LATEST_REPLIES: usize = 3;

/// (created_at, uuid): as texts they sort like what they stand for.
type Place = (String, String);
type Snapshot = u64;
type Verdict = Result<(), String>;

/// What is known of one activity. Reads teach it as well as writes: who has seen something never
/// sees the time before it again.
#[derive(Debug)]
struct Known {
    /// Every read that began later shows it,
    there_since: Snapshot,
    /// unless it was asked to go,
    is_going: bool,
    /// and no read that began later than this.
    gone_since: Option<Snapshot>,
}

impl Known {
    fn was_there(&self, began: Snapshot) -> bool {
        self.there_since < began
    }

    fn was_gone(&self, began: Snapshot) -> bool {
        self.gone_since.is_some_and(|gone| gone < began)
    }

    fn must_show(&self, began: Snapshot) -> bool {
        self.was_there(began) && !self.is_going
    }
}

#[derive(Debug, Default)]
pub struct History {
    now: Snapshot,
    activities: HashMap<String, Known>,
    lists: HashMap<List, BTreeSet<Place>>,
    /// Replies that were ever asked for, by what they answer.
    asked_for: HashMap<String, usize>,
}

impl History {
    /// A read begins.
    pub fn begin(&mut self) -> Snapshot {
        self.now += 1;
        self.now
    }

    /// A reply is about to be sent.
    pub fn replying(&mut self, parent: &str) {
        *self.asked_for.entry(parent.to_owned()).or_default() += 1;
    }

    /// A write was acknowledged, or a read showed it.
    pub fn created(&mut self, row: &Row) {
        self.now += 1;
        let known = Known {
            there_since: self.now,
            is_going: false,
            gone_since: None,
        };
        self.activities.entry(row.uuid.clone()).or_insert(known);
        for list in lists(row) {
            self.lists.entry(list).or_default().insert(place(row));
        }
    }

    /// A deletion is about to be sent.
    pub fn deleting(&mut self, uuid: &str) {
        self.known(uuid).is_going = true;
    }

    /// A deletion was acknowledged, or a read no longer showed what was being deleted.
    pub fn deleted(&mut self, uuid: &str) {
        self.now += 1;
        let now = self.now;
        self.known(uuid).gone_since.get_or_insert(now);
    }

    /// What is there now.
    pub fn alive(&self) -> impl Iterator<Item = &str> {
        let alive = self.activities.iter().filter(|(_, known)| !known.is_going);
        alive.map(|(uuid, _)| uuid.as_str())
    }

    /// A page of `limit`, newest first, that somebody asked for when it `began`.
    pub fn listed(&mut self, began: Snapshot, list: &List, limit: usize, rows: &[Row]) -> Verdict {
        if !rows.is_sorted_by(|newer, older| place(newer) > place(older)) {
            return Err(format!("{list:?} is out of order, or shows a row twice"));
        }
        let shown: HashSet<&str> = rows.iter().map(|row| row.uuid.as_str()).collect();
        // What is older than the last row of a full page is for the next page.
        let end = rows.last().filter(|_| rows.len() >= limit).map(place);
        let due = self.lists.get(list).into_iter().flatten().rev();
        let due = due.take_while(|place| end.as_ref().is_none_or(|end| *place >= end));
        let missing = due.map(|(_, uuid)| uuid.as_str());
        let missing: Vec<String> = missing
            .filter(|uuid| !shown.contains(uuid) && self.activities[*uuid].was_there(began))
            .map(str::to_owned)
            .collect();
        for uuid in missing {
            self.missed(began, &uuid)
                .map_err(|stale| format!("{list:?}: {stale}"))?;
        }
        for row in rows {
            self.shown(began, row, LATEST_REPLIES)
                .map_err(|stale| format!("{list:?}: {stale}"))?;
        }
        Ok(())
    }

    /// One activity with up to `limit` replies.
    pub fn shown(&mut self, began: Snapshot, row: &Row, limit: usize) -> Verdict {
        let uuid = &row.uuid;
        if self
            .activities
            .get(uuid)
            .is_some_and(|it| it.was_gone(began))
        {
            return Err(format!("{uuid} was gone and is shown"));
        }
        let replies = List::RepliesTo(uuid.clone());
        let places = self.lists.get(&replies).into_iter().flatten();
        let known: Vec<&Known> = places.map(|place| &self.activities[&place.1]).collect();
        let least = known.iter().filter(|reply| reply.must_show(began)).count();
        let gone = known.iter().filter(|reply| reply.was_gone(began)).count();
        let most = self.asked_for.get(uuid).copied().unwrap_or_default() - gone;
        let count = row.replies_count;
        if !(least..=most).contains(&count) {
            return Err(format!(
                "{uuid} counts {count} replies of {least} to {most}"
            ));
        }
        if row.replies.len() != count.min(limit) {
            let shown = row.replies.len();
            return Err(format!("{uuid} counts {count} replies and shows {shown}"));
        }
        self.created(row);
        let newest_first: Vec<Row> = row.replies.iter().rev().cloned().collect();
        self.listed(began, &replies, limit, &newest_first)
    }

    /// One activity that was not found.
    pub fn missed(&mut self, began: Snapshot, uuid: &str) -> Verdict {
        match self.activities.get(uuid) {
            Some(it) if it.must_show(began) => Err(format!("{uuid} was there and is not shown")),
            Some(it) if it.was_there(began) => {
                self.deleted(uuid);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn known(&mut self, uuid: &str) -> &mut Known {
        let known = self.activities.get_mut(uuid);
        known.expect("only what was acknowledged is deleted")
    }
}

fn place(row: &Row) -> Place {
    (row.created_at.clone(), row.uuid.clone())
}

fn lists(row: &Row) -> Vec<List> {
    match &row.reply_to_activity_uuid {
        Some(parent) => vec![List::RepliesTo(parent.clone())],
        None => vec![List::Home, List::By(row.handle.clone())],
    }
}
