//! The position of a row in a list. Every list is ordered by (created_at, uuid), so an index finds the start of a page,
//! and a late page costs as much as the first one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// 9999-12-31T23:59:59.999999Z in microseconds since 1970: later than every row.
const END_OF_TIME: i64 = 253_402_300_799_999_999;

/// The position of a row in the order (created_at, uuid).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// When the row was created.
    pub created_at: DateTime<Utc>,
    /// The row's id, which decides between rows of one microsecond.
    pub uuid: Uuid,
}

impl Cursor {
    /// The position after the newest row, where a list from new to old begins.
    pub fn end() -> Self {
        Self {
            created_at: time(END_OF_TIME),
            uuid: Uuid::max(),
        }
    }

    /// The position before the oldest row, where a list from old to new begins.
    pub fn start() -> Self {
        Self {
            created_at: time(0),
            uuid: Uuid::nil(),
        }
    }

    /// Both fields, for statements that take an array of each.
    pub fn parts(self) -> (DateTime<Utc>, Uuid) {
        (self.created_at, self.uuid)
    }

    /// The text in a `Link` header, which is opaque to clients.
    pub fn encode(self) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.created_at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(self.uuid.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor that [`encode`](Self::encode) wrote; `None` for any other text.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (micros, uuid) = bytes.split_first_chunk()?;
        let micros = i64::from_be_bytes(*micros);
        (0..=END_OF_TIME).contains(&micros).then(|| Self {
            created_at: time(micros),
            uuid: Uuid::from_slice(uuid).unwrap_or_default(),
        })
    }
}

fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_encoded_cursor_decodes_to_itself(micros in 0..=END_OF_TIME, uuid: u128) {
            let cursor = Cursor { created_at: time(micros), uuid: Uuid::from_u128(uuid) };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn no_text_makes_the_cursor_parser_panic(text in ".*") {
            let _ = Cursor::decode(&text);
        }
    }

    #[test]
    fn a_cursor_with_a_time_that_postgresql_cannot_store_is_refused() {
        let text = URL_SAFE_NO_PAD.encode([0x7f; 24]);
        assert_eq!(Cursor::decode(&text), None);
    }
}
