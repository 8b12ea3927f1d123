//! An event as streams send it (HTML, section 9.2: server-sent events), and the small objects in its data.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::cursor::Cursor;
use super::topic::Topic;
use crate::activities::Activity;
use crate::domain::timestamp;
use crate::error::{Error, Result};
use crate::messages::LiveMessage;
use crate::notifications::Notice;

/// An event, serialised once for all streams.
#[derive(Debug, Clone)]
pub struct Event {
    /// The streams that get it.
    pub topics: Vec<Topic>,
    /// What they send.
    pub bytes: Bytes,
}

/// The data of `counts`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveCounts {
    /// The activity's id.
    pub uuid: Uuid,
    /// The number of direct replies that have not expired.
    pub replies_count: i32,
    /// The number of reposts.
    pub reposts_count: i32,
    /// The number of likes.
    pub likes_count: i32,
}

/// The data of `deleted` and `expired`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveGone {
    /// The activity's id.
    pub uuid: Uuid,
}

/// The data of `profile`.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveProfile {
    /// The handle, without the `@`.
    pub handle: String,
    /// The display name.
    pub display_name: String,
}

/// The data of one event, by its name. That of `resync` and `unauthorized` is `{}`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the variants document what events are made of")]
pub enum LiveData {
    /// `activity`
    Activity(Activity<'static>),
    /// `counts`
    Counts(LiveCounts),
    /// `deleted` and `expired`
    Gone(LiveGone),
    /// `profile`
    Profile(LiveProfile),
    /// `notification`
    Notice(Notice<'static>),
    /// `message`
    Message(LiveMessage),
}

/// A ticket for a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveTicket {
    /// For the parameter `ticket`. Any server takes it once.
    pub ticket: String,
    /// When it can no longer be used.
    #[serde(with = "timestamp")]
    pub expires_at: DateTime<Utc>,
}

/// The event `name` with `data`, after which a stream goes on at `after`.
///
/// # Errors
/// `data` cannot be serialised.
pub fn event(name: &str, data: &impl Serialize, after: &Cursor) -> Result<Bytes> {
    let data = serde_json::to_string(data)
        .map_err(|error| Error::internal("an event cannot be serialised", error))?;
    Ok(of_json(name, &data, after))
}

/// The same with data that is serialised already, without a line break.
pub fn of_json(name: &str, data: &str, after: &Cursor) -> Bytes {
    format!("id: {}\nevent: {name}\ndata: {data}\n\n", after.encode()).into()
}

/// Tells the client to load its pages again.
pub fn resync(after: &Cursor) -> Bytes {
    of_json("resync", "{}", after)
}

/// Tells the client that its token has ended.
pub fn unauthorized(after: Option<&Cursor>) -> Bytes {
    match after {
        Some(after) => of_json("unauthorized", "{}", after),
        None => Bytes::from_static(b"event: unauthorized\ndata: {}\n\n"),
    }
}

/// Sets where the client goes on, and dispatches nothing: sent at the start and as a heartbeat.
pub fn heartbeat(after: Option<&Cursor>) -> Bytes {
    match after {
        Some(after) => format!(":\nid: {}\n\n", after.encode()).into(),
        None => Bytes::from_static(b":\n\n"),
    }
}

/// Sets after how many milliseconds the client connects again: at random, so that many clients do not come at once.
pub fn retry() -> Bytes {
    format!("retry: {}\n\n", rand::random_range(1_000..5_000)).into()
}
