//! Makes events of steps: reads what they show, with one statement for each kind of thing, and serialises each once.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use uuid::Uuid;

use super::event::{Event, LiveGone, LiveProfile, event, of_json, resync};
use super::shown::Shown;
use super::step::{Placed, Step};
use super::store;
use super::topic::Topic;
use crate::changes::ActivityKeys;
use crate::db::Connection;
use crate::error::Result;
use crate::{messages, notifications};

/// More things than this are not read for the streams of one look: they are told to load again.
const MAX_READ: usize = 1_000;

/// What the steps show.
#[derive(Default)]
struct Read {
    activities: Shown,
    hidden: HashSet<Uuid>,
    names: HashMap<Uuid, store::Names>,
    /// Receivers and JSON of notices.
    notices: HashMap<Uuid, (Uuid, String)>,
    /// Members and JSON of messages.
    messages: HashMap<Uuid, (Vec<Uuid>, String)>,
}

/// The events of the steps that concern a stream, in their order. What is gone by now has no event here; the one that says
/// so comes later.
///
/// # Errors
/// A statement fails.
pub async fn render(
    db: &Connection,
    steps: Vec<Placed>,
    has: impl Fn(Topic) -> bool,
) -> Result<Vec<Event>> {
    let steps: Vec<Placed> = steps
        .into_iter()
        .filter(|placed| may_concern(&placed.step, &has))
        .collect();
    let Some(last) = steps.last().map(|placed| placed.after.clone()) else {
        return Ok(Vec::new());
    };
    if steps.len() > MAX_READ || steps.iter().any(|placed| placed.step == Step::Unknown) {
        return Ok(vec![Event {
            topics: vec![Topic::All],
            bytes: resync(&last),
        }]);
    }
    let read = read(db, &steps).await?;
    let mut events = Vec::with_capacity(steps.len());
    for placed in &steps {
        events.extend(read.event(placed)?);
    }
    Ok(events)
}

/// Whether a stream may get an event of the step. A reply also concerns the pages that show its parent.
fn may_concern(step: &Step, has: &impl Fn(Topic) -> bool) -> bool {
    match step {
        Step::Created(keys) | Step::Deleted(keys) | Step::Expired(keys) => {
            let on_pages = match keys.parent {
                None => has(Topic::User(keys.author)),
                Some(parent) => has(Topic::Activity(parent)) || has(Topic::AnyUser),
            };
            on_pages || has(Topic::Home) || has(Topic::Activity(keys.uuid))
        }
        Step::Reposted(_, user, _) => has(Topic::User(*user)),
        Step::Counted(_) => has(Topic::Home) || has(Topic::AnyUser) || has(Topic::AnyActivity),
        Step::Named(user) | Step::Hidden(user) => {
            has(Topic::Home) || has(Topic::User(*user)) || has(Topic::AnyActivity)
        }
        Step::Noticed(_) => has(Topic::AnyNotifications),
        Step::Messaged(_) => has(Topic::AnyMessages),
        Step::Blocked(user) => has(Topic::Notifications(*user)),
        Step::Unknown => true,
    }
}

async fn read(db: &Connection, steps: &[Placed]) -> Result<Read> {
    let [
        mut activities,
        mut authors,
        mut users,
        mut notices,
        mut messages,
    ] = [const { Vec::new() }; 5];
    for Placed { step, .. } in steps {
        match step {
            Step::Created(keys) => activities.push(keys.uuid),
            Step::Deleted(keys) | Step::Expired(keys) => {
                activities.extend(keys.parent);
                authors.push(keys.author);
            }
            Step::Reposted(uuid, ..) | Step::Counted(uuid) => activities.push(*uuid),
            Step::Named(user) => users.push(*user),
            Step::Noticed(uuid) => notices.push(*uuid),
            Step::Messaged(uuid) => messages.push(*uuid),
            Step::Hidden(_) | Step::Blocked(_) | Step::Unknown => {}
        }
    }
    let mut read = Read {
        activities: read_activities(db, activities).await?,
        ..Read::default()
    };
    if !authors.is_empty() {
        read.hidden = store::list_hidden_users(db, &authors)
            .await?
            .into_iter()
            .collect();
    }
    if !users.is_empty() {
        let names = store::list_names(db, &users).await?.into_iter();
        read.names = names.map(|names| (names.uuid, names)).collect();
    }
    if !notices.is_empty() {
        let found = notifications::list_by_uuids(db, &notices)
            .await?
            .into_iter();
        read.notices = found
            .map(|notice| (notice.uuid, (notice.receiver, notice.json)))
            .collect();
    }
    if !messages.is_empty() {
        let found = messages::list_by_uuids(db, &messages).await?.into_iter();
        read.messages = found
            .map(|message| (message.uuid, (message.members, message.json)))
            .collect();
    }
    Ok(read)
}

impl Read {
    /// The event of a step; `None` if what it shows is gone by now or was not shown before.
    fn event(&self, placed: &Placed) -> Result<Option<Event>> {
        let after = &placed.after;
        let found = match &placed.step {
            Step::Created(keys) => self.activities.find(keys.uuid).map(|shown| {
                let topics = self.topics(keys);
                (topics, of_json("activity", &shown.json, after))
            }),
            Step::Reposted(uuid, user, time) => self.activities.find(*uuid).map(|shown| {
                let json = shown.reposted_at(*time);
                (vec![Topic::User(*user)], of_json("activity", &json, after))
            }),
            Step::Deleted(keys) => self.gone("deleted", keys, placed)?,
            Step::Expired(keys) => self.gone("expired", keys, placed)?,
            Step::Counted(uuid) => match self.activities.find(*uuid) {
                Some(shown) => {
                    let topics = self.activities.topics(*uuid, shown.author, shown.parent);
                    Some((topics, event("counts", &shown.counts, after)?))
                }
                None => None,
            },
            Step::Named(user) => match self.names.get(user) {
                Some(names) => {
                    let mut topics = vec![Topic::User(*user)];
                    if names.has_activities {
                        topics.extend([Topic::Home, Topic::AnyActivity]);
                    }
                    let profile = LiveProfile {
                        handle: names.handle.clone(),
                        display_name: names.display_name.clone(),
                    };
                    Some((topics, event("profile", &profile, after)?))
                }
                None => None,
            },
            Step::Noticed(uuid) => self.notices.get(uuid).map(|(receiver, json)| {
                let topics = vec![Topic::Notifications(*receiver)];
                (topics, of_json("notification", json, after))
            }),
            Step::Messaged(uuid) => self.messages.get(uuid).map(|(members, json)| {
                let topics = members.iter().copied().map(Topic::Messages).collect();
                (topics, of_json("message", json, after))
            }),
            Step::Hidden(user) => {
                let topics = vec![Topic::Home, Topic::User(*user), Topic::AnyActivity];
                Some((topics, resync(after)))
            }
            Step::Blocked(user) => Some((vec![Topic::Notifications(*user)], resync(after))),
            Step::Unknown => None,
        };
        Ok(found.map(|(topics, bytes)| Event { topics, bytes }))
    }

    /// Where an activity goes that is not shown any more. One by a hidden user was not shown before.
    fn gone(
        &self,
        name: &str,
        keys: &ActivityKeys,
        placed: &Placed,
    ) -> Result<Option<(Vec<Topic>, Bytes)>> {
        if self.hidden.contains(&keys.author) {
            return Ok(None);
        }
        let bytes = event(name, &LiveGone { uuid: keys.uuid }, &placed.after)?;
        Ok(Some((self.topics(keys), bytes)))
    }

    fn topics(&self, keys: &ActivityKeys) -> Vec<Topic> {
        self.activities.topics(keys.uuid, keys.author, keys.parent)
    }
}

/// Reads activities, and those that they reply to.
async fn read_activities(db: &Connection, uuids: Vec<Uuid>) -> Result<Shown> {
    let mut shown = Shown::default();
    if uuids.is_empty() {
        return Ok(shown);
    }
    shown.add(store::list_shown_activities(db, &uuids).await?)?;
    let parents = shown.missing_parents();
    if !parents.is_empty() {
        shown.add(store::list_shown_activities(db, &parents).await?)?;
    }
    Ok(shown)
}
