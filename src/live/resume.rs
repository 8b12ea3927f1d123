//! What a stream missed between the client's cursor and the look after which it begins.

use std::collections::HashSet;

use bytes::Bytes;

use super::cursor::Cursor;
use super::event::Event;
use super::render::render;
use super::step::{between, counted};
use super::topic::Topic;
use crate::changes::look;
use crate::db::Connection;
use crate::error::Result;

/// A client that has missed more changes is told to load again.
const MAX_CHANGES: usize = 5_000;
/// A client that has missed more bytes is told to load again.
const MAX_BYTES: usize = 256 * 1024;

/// The events of these topics after `cursor` and until `place`; `None` if they cannot be told.
///
/// # Errors
/// A statement fails.
pub async fn missed(
    db: &Connection,
    cursor: &Cursor,
    place: &Cursor,
    topics: &[Topic],
) -> Result<Option<Vec<Bytes>>> {
    if !place.position.continues(&cursor.position) {
        return Ok(None);
    }
    let found = look(db, Some(cursor.start()), MAX_CHANGES).await?;
    let Some(changes) = found.changes else {
        return Ok(None);
    };
    let counts = counted(cursor, place, &changes);
    let steps = between(cursor, place, &changes, &counts);
    let topics: HashSet<Topic> = topics.iter().copied().collect();
    let events = render(db, steps, |topic| topics.contains(&topic)).await?;
    let concern = |event: &Event| event.topics.iter().any(|topic| topics.contains(topic));
    let events: Vec<Bytes> = events
        .into_iter()
        .filter(concern)
        .map(|event| event.bytes)
        .collect();
    let is_short = events.iter().map(Bytes::len).sum::<usize>() <= MAX_BYTES;
    Ok(is_short.then_some(events))
}
