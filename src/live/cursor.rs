//! Where a stream goes on: the position of a look and, after an event in the middle of what a look found, how much of it
//! the client has. Its text is opaque to clients, which may go on from it on any server.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::changes::{Position, Snapshot, Start};

/// The longest text of a cursor in bytes: two snapshots with a few hundred running transactions each.
const MAX_LENGTH: usize = 16 * 1024;
/// Separates the parts of the text that follow a position.
const SEPARATOR: char = '/';

/// A place in the order of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// What the client has been told: the changes that its snapshot shows, and what had expired at its time.
    pub position: Position,
    /// The last activity of those that the client knows to have expired at that very time.
    pub expired: Uuid,
    /// The change of the first transaction that the snapshot does not show, up to which the client has it, and the number
    /// of that change's events that it has.
    pub done: Option<(i64, usize)>,
    /// What the counts show that the client has, if it is less than the position.
    pub counts: Option<Snapshot>,
}

impl From<Position> for Cursor {
    fn from(position: Position) -> Self {
        Self {
            position,
            expired: Uuid::max(),
            done: None,
            counts: None,
        }
    }
}

impl Cursor {
    /// Where a look begins that finds everything after the cursor.
    pub fn start(&self) -> Start<'_> {
        Start {
            earlier: &self.position,
            snapshot: self.counts_snapshot(),
            expired: Some((self.position.time, self.expired)),
            is_probably_same: false,
        }
    }

    /// The snapshot that shows all changes of counts that the client has.
    pub fn counts_snapshot(&self) -> &Snapshot {
        self.counts.as_ref().unwrap_or(&self.position.snapshot)
    }

    /// Whether the client knows that the activity with this expiry has expired.
    pub fn has_expired(&self, expires_at: Option<DateTime<Utc>>, uuid: Uuid) -> bool {
        expires_at
            .is_some_and(|expires_at| (expires_at, uuid) <= (self.position.time, self.expired))
    }

    /// The text for clients.
    pub fn encode(&self) -> String {
        let mut text = self.position.to_string();
        if *self != Self::from(self.position.clone()) {
            let expired = self.expired.simple();
            let (change, events) = self.done.unwrap_or_default();
            let counts = self.counts.as_ref().map(Snapshot::to_string);
            let counts = counts.unwrap_or_default();
            text = format!("{text}/{expired}/{change}/{events}/{counts}");
        }
        URL_SAFE_NO_PAD.encode(text)
    }

    /// The cursor that [`encode`](Self::encode) or a page wrote; `None` for any other text.
    pub fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.split(SEPARATOR);
        let mut cursor = Self::from(Position::parse(parts.next()?)?);
        let Some(expired) = parts.next() else {
            return Some(cursor);
        };
        cursor.expired = Uuid::try_parse(expired).ok()?;
        let done = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        cursor.done = (done != (0, 0)).then_some(done);
        cursor.counts = match parts.next()? {
            "" => None,
            counts => Some(Snapshot::parse(counts)?),
        };
        parts.next().is_none().then_some(cursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cursor() -> Cursor {
        Position::parse("1000000 ff 10:20:11,15")
            .expect("a position")
            .into()
    }

    #[test]
    fn an_encoded_cursor_decodes_to_itself() {
        let plain = cursor();
        let counts = Snapshot::parse("9:19:");
        for cursor in [
            plain.clone(),
            Cursor {
                expired: Uuid::from_u128(7),
                ..plain.clone()
            },
            Cursor {
                done: Some((3, 2)),
                ..plain.clone()
            },
            Cursor {
                counts,
                ..plain.clone()
            },
        ] {
            assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }
        assert_eq!(plain.encode(), plain.position.encode());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_of_cursors_panic(text in ".*", bytes: Vec<u8>) {
            let _ = Cursor::decode(&text);
            let _ = Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
