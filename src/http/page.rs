//! Keyset pages: `limit`, an opaque cursor, and the `Link` to the next page. The order is always
//! (created_at, uuid), so a page deep down costs what the first one costs.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::TaggedJson;
use crate::error::{Code, Error};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;
/// 9999-12-31T23:59:59.999999Z in microseconds: later than every row.
const END_OF_TIME: i64 = 253_402_300_799_999_999;

/// The place of a row in the order (created_at, uuid).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub created_at: DateTime<Utc>,
    pub uuid: Uuid,
}

impl Cursor {
    /// Behind the newest row: where walking backwards begins.
    pub fn end() -> Self {
        Self {
            created_at: time(END_OF_TIME),
            uuid: Uuid::max(),
        }
    }

    /// Before the oldest row: where walking forwards begins.
    pub fn start() -> Self {
        Self {
            created_at: time(0),
            uuid: Uuid::nil(),
        }
    }

    /// For two columns of an array each.
    pub fn parts(self) -> (DateTime<Utc>, Uuid) {
        (self.created_at, self.uuid)
    }

    fn encode(self) -> String {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.created_at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(self.uuid.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
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

/// The query of a paged route: `limit` from 1 to 100 (default 20), and `before` or `after` with a
/// cursor that an earlier `Link` gave out.
///
/// Errors: 400 `malformed_query`, 400 `malformed_cursor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageQuery {
    limit: i64,
    before: Option<Cursor>,
    after: Option<Cursor>,
}

impl PageQuery {
    /// Where a page that walks from new to old begins.
    pub fn before(&self) -> Cursor {
        self.before.unwrap_or_else(Cursor::end)
    }

    /// Where a page that walks from old to new begins.
    pub fn after(&self) -> Cursor {
        self.after.unwrap_or_else(Cursor::start)
    }

    /// Whether it begins where the list does.
    pub fn is_first(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }

    /// How many rows to ask the database for: one more than the page, to see whether it goes on.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Whether these are as many rows as were to be fetched.
    pub fn is_filled_by<T>(&self, rows: &[T]) -> bool {
        usize::try_from(self.fetch()).is_ok_and(|fetch| rows.len() >= fetch)
    }

    /// Cuts `rows` to the page and returns the last row's cursor where the list goes on.
    pub fn cut<T>(&self, rows: &mut Vec<T>, cursor_of: impl Fn(&T) -> Cursor) -> Option<Cursor> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return None;
        }
        rows.truncate(limit);
        rows.last().map(cursor_of)
    }

    /// The answer with `Link: <…>; rel="next"` (RFC 8288) where `next` says that there is more.
    pub fn answer<T: Serialize>(
        &self,
        request: &HttpRequest,
        direction: &str,
        next: Option<Cursor>,
        body: &T,
    ) -> Result<HttpResponse, Error> {
        Ok(self.answer_json(request, direction, next, TaggedJson::of(body)?))
    }

    /// The same with a body that is written already, and its tag.
    pub fn answer_json(
        &self,
        request: &HttpRequest,
        direction: &str,
        next: Option<Cursor>,
        body: TaggedJson,
    ) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(next) = next {
            response.insert_header((header::LINK, self.link(request, direction, next)));
        }
        response.extensions_mut().insert(body.tag);
        response.content_type("application/json").body(body.bytes)
    }

    fn link(&self, request: &HttpRequest, direction: &str, next: Cursor) -> String {
        let mut link = String::with_capacity(128);
        link.push('<');
        link.push_str(request.uri().path());
        link.push('?');
        let start = link.len();
        let mut query = form_urlencoded::Serializer::for_suffix(link, start);
        for (key, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            if !matches!(&*key, "limit" | "before" | "after") {
                query.append_pair(&key, &value);
            }
        }
        query.append_pair("limit", &self.limit.to_string());
        query.append_pair(direction, &next.encode());
        let mut link = query.finish();
        link.push_str(">; rel=\"next\"");
        link
    }

    fn parse(query: &str) -> Result<Self, Code> {
        let mut page = Self {
            limit: DEFAULT_LIMIT,
            before: None,
            after: None,
        };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "limit" => {
                    page.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                        .ok_or(Code::MalformedQuery)?;
                }
                "before" => {
                    page.before = Some(Cursor::decode(&value).ok_or(Code::MalformedCursor)?);
                }
                "after" => page.after = Some(Cursor::decode(&value).ok_or(Code::MalformedCursor)?),
                _ => {}
            }
        }
        Ok(page)
    }
}

impl FromRequest for PageQuery {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()).map_err(Error::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_survives_the_way_to_the_client_and_back(
            micros in 0..=END_OF_TIME,
            uuid: u128,
        ) {
            let cursor = Cursor { created_at: time(micros), uuid: Uuid::from_u128(uuid) };
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn no_text_makes_the_cursor_parser_panic(text in ".*") {
            let _ = Cursor::decode(&text);
        }
    }

    #[test]
    fn home_finds_one_row_more_than_the_longest_page() {
        let home = include_str!("../../migrations/V3__create_activities.sql");
        let limit = format!("limit {}", MAX_LIMIT + 1);
        assert!(home.contains(&limit), "live_home has another {limit}");
    }

    #[test]
    fn a_time_that_the_database_cannot_hold_is_no_cursor() {
        let text = URL_SAFE_NO_PAD.encode([0x7f; 24]);
        assert_eq!(Cursor::decode(&text), None);
    }
}
