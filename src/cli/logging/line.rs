//! What a log line looks like: one JSON object for machines, text for people; each with the id of the
//! request that it belongs to. There is a line for every request, and the library's formatter of JSON
//! takes as long as the rest of a small request.

use std::fmt::{self, Debug};

use chrono::Utc;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{DefaultFields, FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::http::{request_id, timestamp};

/// The object: `timestamp`, `level`, `target`, `request_id` where there is one, and the event's own
/// fields, `message` among them.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let now = timestamp::text(&Utc::now());
        write!(
            line,
            r#"{{"timestamp":"{now}","level":"{level}","target":"{target}""#
        )?;
        if let Some(id) = request_id::current() {
            line.write_str(r#","request_id":"#)?;
            quote(&mut line, id.to_str().unwrap_or_default())?;
        }
        let mut fields = Fields(line, Ok(()));
        event.record(&mut fields);
        fields.1?;
        fields.0.write_str("}\n")
    }
}

/// The fields of an event as JSON, and whether writing them has failed.
struct Fields<'a>(Writer<'a>, fmt::Result);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let line = &mut self.0;
        let written = write!(line, r#","{}":"#, field.name()).and_then(|()| value(line));
        self.1 = self.1.and(written);
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, |line| quote(line, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, |line| match value.is_finite() {
            true => write!(line, "{value}"),
            false => line.write_str("null"),
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, |line| quote(line, &format!("{value:?}")));
    }
}

/// A JSON string (RFC 8259, section 7).
fn quote(line: &mut Writer<'_>, text: &str) -> fmt::Result {
    let needs_escape = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    line.write_char('"')?;
    if text.bytes().any(needs_escape) {
        for character in text.chars() {
            match character {
                '"' | '\\' => write!(line, "\\{character}")?,
                control if control < ' ' => write!(line, "\\u{:04x}", u32::from(control))?,
                other => line.write_char(other)?,
            }
        }
    } else {
        line.write_str(text)?;
    }
    line.write_char('"')
}

/// The fields of a line of text as the library writes them, and the id behind them.
pub(super) struct TextFields(pub DefaultFields);

impl<'a> FormatFields<'a> for TextFields {
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'a>, fields: R) -> fmt::Result {
        self.0.format_fields(line.by_ref(), fields)?;
        match request_id::current() {
            Some(id) => write!(line, " request_id={}", id.to_str().unwrap_or_default()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_json_string() {
        for text in [
            "",
            "plain",
            "a \"quote\"",
            "back\\slash",
            "\u{0}\n\u{1f}é👋",
        ] {
            let mut line = String::new();
            quote(&mut Writer::new(&mut line), text).expect("a string takes everything");
            let read: String = serde_json::from_str(&line).expect("JSON");
            assert_eq!(read, text);
        }
    }
}
