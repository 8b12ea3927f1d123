//! What lies between two places of the order of events, from the changes that a look has found: the steps, in an order
//! that the database could have had. `render` makes events of them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::cursor::Cursor;
use crate::changes::{ActivityKeys, Change, ChangeKind};

/// One event that has not been read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new activity.
    Created(ActivityKeys),
    /// An activity that a user has reposted, and when.
    Reposted(Uuid, Uuid, DateTime<Utc>),
    /// An activity that is deleted.
    Deleted(ActivityKeys),
    /// An activity that has expired.
    Expired(ActivityKeys),
    /// Counts of an activity that have changed.
    Counted(Uuid),
    /// Names of a user.
    Named(Uuid),
    /// A new notice.
    Noticed(Uuid),
    /// A new message.
    Messaged(Uuid),
    /// The activities of this user are hidden: what shows them is loaded again.
    Hidden(Uuid),
    /// The notices that this user sees are others.
    Blocked(Uuid),
    /// What has changed cannot be told.
    Unknown,
}

/// A step and where a stream goes on after it.
#[derive(Debug, Clone)]
pub struct Placed {
    /// What happened.
    pub step: Step,
    /// The place after it.
    pub after: Cursor,
}

/// The steps after `start` and up to `end`, both included in what a look has found, and then those of `counted`, whose
/// counts have changed before the counts of `end`. `end` is the place after the last one.
pub fn between(start: &Cursor, end: &Cursor, changes: &[Change], counted: &[Uuid]) -> Vec<Placed> {
    let mut steps = Vec::new();
    let transactions = transactions(start, end, changes);
    // Meanwhile no change of a count has been told.
    let counts = Some(start.counts_snapshot().clone());
    let mut place = Cursor {
        counts,
        done: None,
        ..start.clone()
    };
    for (number, changes) in transactions.iter().enumerate() {
        let rest: Vec<u64> = transactions[number..]
            .iter()
            .map(|of| of[0].transaction)
            .collect();
        place.position.snapshot = end.position.snapshot.without(&rest);
        let first = steps.len();
        for change in changes {
            let skipped = match start.done {
                Some((id, _)) if change.id < id && changes.iter().any(|of| of.id == id) => {
                    usize::MAX
                }
                Some((id, events)) if change.id == id => events,
                _ => 0,
            };
            for (number, step) in of_change(start, change)
                .into_iter()
                .enumerate()
                .skip(skipped)
            {
                place.done = Some((change.id, number + 1));
                let after = place.clone();
                steps.push(Placed { step, after });
            }
        }
        place.done = None;
        place.position.snapshot = end.position.snapshot.without(&rest[1..]);
        if let Some(last) = steps[first..].last_mut() {
            last.after = place.clone();
        }
    }
    place.position.snapshot = end.position.snapshot.clone();
    for keys in expired(start, end, changes) {
        if let Some(expires_at) = keys.expires_at {
            place.position.time = expires_at;
        }
        place.expired = keys.uuid;
        let after = place.clone();
        let step = Step::Expired(keys);
        steps.push(Placed { step, after });
    }
    place.position.time = end.position.time;
    place.expired = end.expired;
    steps.extend(counted.iter().map(|uuid| Placed {
        step: Step::Counted(*uuid),
        after: place.clone(),
    }));
    if let Some(last) = steps.last_mut() {
        last.after = end.clone();
    }
    steps
}

/// The activities whose counts have changed after those of `start` and before those of `end`.
pub fn counted(start: &Cursor, end: &Cursor, changes: &[Change]) -> Vec<Uuid> {
    let (from, to) = (start.counts_snapshot(), end.counts_snapshot());
    let mut uuids: Vec<Uuid> = changes
        .iter()
        .filter(|change| change.kind == ChangeKind::ActivitiesChanged)
        .filter(|change| to.shows(change.transaction) && !from.shows(change.transaction))
        .flat_map(|change| change.uuids.iter().copied())
        .collect();
    uuids.sort_unstable();
    uuids.dedup();
    uuids
}

/// The changes of each transaction. Where two transactions waited for the same lock, the last change of the later one is
/// later than all changes of the other.
fn transactions<'a>(start: &Cursor, end: &Cursor, changes: &'a [Change]) -> Vec<Vec<&'a Change>> {
    let mut transactions: HashMap<u64, Vec<&Change>> = HashMap::new();
    for change in changes {
        let is_new = change.kind != ChangeKind::ActivityExpired
            && end.position.snapshot.shows(change.transaction)
            && !start.position.snapshot.shows(change.transaction);
        if is_new {
            transactions
                .entry(change.transaction)
                .or_default()
                .push(change);
        }
    }
    let mut transactions: Vec<_> = transactions.into_values().collect();
    // The rest of a transaction that the client has in part comes first.
    let is_begun = |change: &&Change| start.done.is_some_and(|(id, _)| id == change.id);
    transactions.sort_by_key(|of| {
        let last = of.iter().map(|change| change.id).max();
        (!of.iter().any(is_begun), last)
    });
    transactions
}

/// The steps of a change; their number and order depend on nothing else.
fn of_change(start: &Cursor, change: &Change) -> Vec<Step> {
    let of_uuids = |step: fn(Uuid) -> Step| change.uuids.iter().copied().map(step).collect();
    let of_users = |step: fn(Uuid) -> Step| change.users.iter().copied().map(step).collect();
    match change.kind {
        ChangeKind::ActivitiesCreated => change.activities().map(Step::Created).collect(),
        ChangeKind::ActivitiesDeleted => {
            let is_told = |keys: &ActivityKeys| !start.has_expired(keys.expires_at, keys.uuid);
            let keys = change.activities().filter(is_told);
            keys.map(Step::Deleted).collect()
        }
        ChangeKind::ActivitiesMoved => of_moved(start, change),
        ChangeKind::RepostsCreated => {
            let users = change.users.iter().zip(&change.created_at);
            let reposts = change.uuids.iter().zip(users);
            reposts
                .map(|(uuid, (user, at))| Step::Reposted(*uuid, *user, *at))
                .collect()
        }
        ChangeKind::NoticesCreated => of_uuids(Step::Noticed),
        ChangeKind::MessagesCreated => of_uuids(Step::Messaged),
        ChangeKind::BlocksChanged => of_users(Step::Blocked),
        ChangeKind::UsersHidden => of_users(Step::Hidden),
        ChangeKind::UsersChanged => of_users(Step::Named),
        ChangeKind::EverythingChanged | ChangeKind::UsersShown => vec![Step::Unknown],
        // Counts are told by themselves, and what else there is has no event.
        ChangeKind::ActivitiesChanged
        | ChangeKind::ActivityExpired
        | ChangeKind::MessageGroupsChanged
        | ChangeKind::MessagesDeleted
        | ChangeKind::NoticesDeleted
        | ChangeKind::NoticesRead
        | ChangeKind::RepostsDeleted
        | ChangeKind::ThreadsDeleted => Vec::new(),
    }
}

/// Moved activities: the mark of a long thread that is deleted, or an expiry that an operator has changed.
fn of_moved(start: &Cursor, change: &Change) -> Vec<Step> {
    let keys: Vec<ActivityKeys> = change.activities().collect();
    let (now, before) = keys.split_at(keys.len() / 2);
    let step = |now: &ActivityKeys| {
        let Some(before) = before.iter().find(|before| before.uuid == now.uuid) else {
            return Some(Step::Unknown);
        };
        let is_only_expiry = now.expires_at != before.expires_at
            && ActivityKeys {
                expires_at: before.expires_at,
                ..*now
            } == *before;
        let was_told = start.has_expired(before.expires_at, now.uuid);
        let is_gone = start.has_expired(now.expires_at, now.uuid);
        match (is_only_expiry, was_told, is_gone) {
            (true, false, true) if now.expires_at == Some(DateTime::UNIX_EPOCH) => {
                Some(Step::Deleted(*now))
            }
            (true, false, true) => Some(Step::Expired(*now)),
            (true, false, false) | (true, true, true) => None,
            _ => Some(Step::Unknown),
        }
    };
    now.iter().filter_map(step).collect()
}

/// What has expired after `start` until `end`, in that order. A look that is later than `end` does not find what was
/// deleted since, and finds expiries that were moved since, which the look after `end` tells.
fn expired(start: &Cursor, end: &Cursor, changes: &[Change]) -> Vec<ActivityKeys> {
    let is_later = |change: &Change| {
        change.kind != ChangeKind::ActivityExpired
            && !end.position.snapshot.shows(change.transaction)
    };
    let is_expired = |change: &&Change| match change.kind {
        ChangeKind::ActivityExpired => true,
        ChangeKind::ActivitiesDeleted => is_later(change),
        _ => false,
    };
    let moved: HashSet<Uuid> = changes
        .iter()
        .filter(|change| change.kind == ChangeKind::ActivitiesMoved && is_later(change))
        .flat_map(|change| change.uuids.iter().copied())
        .collect();
    let mut expired: Vec<ActivityKeys> = changes
        .iter()
        .filter(is_expired)
        .flat_map(Change::activities)
        .filter(|keys| {
            end.has_expired(keys.expires_at, keys.uuid)
                && !start.has_expired(keys.expires_at, keys.uuid)
                && !moved.contains(&keys.uuid)
        })
        .collect();
    expired.sort_by_key(|keys| (keys.expires_at, keys.uuid));
    expired.dedup();
    expired
}

#[cfg(test)]
mod tests;
