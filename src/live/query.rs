//! The query parameters of a stream, and its header.

use actix_web::http::header::HeaderMap;
use utoipa::IntoParams;

use super::cursor::Cursor;
use crate::domain::Code;

/// The query parameters of a stream.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// 1 to 20 topics, separated by commas: `home`, `@handle`, `activity:{uuid}`, and with a token or a ticket
    /// `notifications` and `messages`.
    #[param(required)]
    pub topics: Option<String>,
    /// Go on after this cursor: the `id` of an event, or the `Live-Cursor` of a page. Without it the stream goes on after
    /// the header `Last-Event-ID`, without both it begins now.
    after: Option<String>,
    /// A ticket of `POST /api/live/tickets`, for clients that cannot send a token.
    pub ticket: Option<String>,
}

impl StreamQuery {
    /// Reads the parameters; of one that is there twice the last.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let parameter = match &*name {
                "topics" => &mut query.topics,
                "after" => &mut query.after,
                "ticket" => &mut query.ticket,
                _ => continue,
            };
            *parameter = Some(value.into_owned());
        }
        query
    }

    /// Where the stream goes on; `None` if it begins now.
    ///
    /// # Errors
    /// [`Code::MalformedCursor`] for a text that is no cursor.
    pub fn cursor(&self, headers: &HeaderMap) -> Result<Option<Cursor>, Code> {
        let header = headers.get("last-event-id");
        let header = header.map(|value| value.to_str().unwrap_or("?"));
        let text = self.after.as_deref().or(header);
        let text = text.filter(|text| !text.is_empty());
        let decode = |text| Cursor::decode(text).ok_or(Code::MalformedCursor);
        text.map(decode).transpose()
    }
}
