//! A position in the changes: everything that one snapshot showed lies before it. Its text is opaque to clients, which may
//! go on from it on another server.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

use super::snapshot::Snapshot;

/// How long the changes after a position are kept. The server deletes none that it has not seen for 15 minutes
/// (`delete_old_changes.sql`).
const KEPT: TimeDelta = TimeDelta::minutes(10);
/// The longest text of a position in bytes: a snapshot with 500 running transactions.
const MAX_LENGTH: usize = 16 * 1024;

/// A snapshot with its time and its database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The start of the look, by the database's clock.
    pub time: DateTime<Utc>,
    /// Identifies the database server since its start or crash, the database and the table. On another server, or after
    /// a restored dump, equal transaction ids mean other changes.
    server: u64,
    /// What lies before the position.
    pub snapshot: Snapshot,
}

/// What tells a database server from another one and from itself before a restart, a crash or a restore.
#[derive(Debug, Clone, Copy)]
pub struct ServerIdentity<'a> {
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// The time since its last crash; `None` before the first look after it.
    pub run: Option<Uuid>,
    /// The file of the table of changes, which names the database.
    pub file: &'a str,
}

impl ServerIdentity<'_> {
    fn hash(&self) -> u64 {
        let started_at = self.started_at.timestamp_micros();
        let run = self.run.unwrap_or_default();
        xxh3_64(format!("{started_at} {run} {}", self.file).as_bytes())
    }
}

impl Position {
    /// The position of a look at the server.
    pub fn new(time: DateTime<Utc>, server: &ServerIdentity<'_>, snapshot: Snapshot) -> Self {
        Self {
            time,
            server: server.hash(),
            snapshot,
        }
    }

    /// The position of another statement that the same server has run.
    #[must_use]
    pub fn of_statement(&self, time: DateTime<Utc>, snapshot: Snapshot) -> Self {
        let server = self.server;
        Self {
            time,
            server,
            snapshot,
        }
    }

    /// Whether all changes between `earlier` and this position are still known: both are of the same server, and the
    /// time between them, in which the clock was not set back, is not longer than changes are kept.
    pub fn continues(&self, earlier: &Self) -> bool {
        let between = self.time - earlier.time;
        self.server == earlier.server && TimeDelta::zero() <= between && between <= KEPT
    }

    /// The text for clients.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_string())
    }

    /// The position that [`encode`](Self::encode) wrote; `None` for any other text.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        Self::parse(&text)
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let time = parts.next()?.parse().ok()?;
        let server = u64::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self {
            time: DateTime::from_timestamp_micros(time)?,
            server,
            snapshot: Snapshot::parse(parts.next()?)?,
        })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.timestamp_micros();
        write!(f, "{time} {:x} {}", self.server, self.snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn position(snapshot: &str) -> Position {
        let snapshot = Snapshot::parse(snapshot).expect("a snapshot");
        Position::new(DateTime::UNIX_EPOCH, &SERVER, snapshot)
    }

    const SERVER: ServerIdentity<'static> = ServerIdentity {
        started_at: DateTime::UNIX_EPOCH,
        run: Some(Uuid::nil()),
        file: "base/1/2",
    };

    #[test]
    fn an_encoded_position_decodes_to_itself() {
        for snapshot in ["1:1:", "10:20:11,15,19", "5:9223372036854775807:5"] {
            let position = position(snapshot);
            assert_eq!(Position::decode(&position.encode()), Some(position));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_of_positions_panic(text in ".*", bytes: Vec<u8>) {
            let _ = Position::decode(&text);
            let _ = Position::decode(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }

    #[test]
    fn a_position_of_another_server_or_from_too_long_ago_is_not_continued() {
        let earlier = position("1:1:");
        let later = |minutes: i64| Position {
            time: earlier.time + TimeDelta::minutes(minutes),
            ..earlier.clone()
        };
        assert!(earlier.continues(&earlier) && later(10).continues(&earlier));
        assert!(!later(11).continues(&earlier) && !earlier.continues(&later(1)));
        let started_at = DateTime::UNIX_EPOCH + TimeDelta::microseconds(1);
        let run = Some(Uuid::max());
        let file = "base/1/3";
        for server in [
            ServerIdentity {
                started_at,
                ..SERVER
            },
            ServerIdentity { run, ..SERVER },
            ServerIdentity { file, ..SERVER },
        ] {
            let other = Position::new(earlier.time, &server, earlier.snapshot.clone());
            assert!(!other.continues(&earlier));
        }
    }
}
