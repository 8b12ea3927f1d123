//! The format of a log line, JSON or text, each with the id of its request. The JSON does not come from
//! the library's formatter, which takes as long as the rest of a small request.

use std::fmt::{self, Debug};

use chrono::Utc;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{DefaultFields, FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::domain::timestamp;
use crate::http::request_id;

/// Bytes reserved for a line, which suffice for most lines.
const USUAL_LENGTH: usize = 256;

/// One object: `timestamp`, `level`, `target`, `request_id` during a request, and the event's fields,
/// `message` among them.
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
        let mut text = Vec::with_capacity(USUAL_LENGTH);
        let mut serializer = serde_json::Serializer::new(&mut text);
        let mut object = Object(serializer.serialize_map(None));
        object.put("timestamp", &timestamp::text(&Utc::now()));
        object.put("level", event.metadata().level().as_str());
        object.put("target", event.metadata().target());
        if let Some(id) = request_id::current() {
            object.put("request_id", id.to_str().unwrap_or_default());
        }
        event.record(&mut object);
        object
            .0
            .and_then(SerializeMap::end)
            .map_err(|_| fmt::Error)?;
        line.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)?;
        line.write_char('\n')
    }
}

/// A JSON object while it is written; the first error ends the writing.
struct Object<M>(serde_json::Result<M>);

impl<M: SerializeMap<Error = serde_json::Error>> Object<M> {
    fn put<V: Serialize + ?Sized>(&mut self, name: &str, value: &V) {
        if let Ok(members) = &mut self.0
            && let Err(error) = members.serialize_entry(name, value)
        {
            self.0 = Err(error);
        }
    }
}

impl<M: SerializeMap<Error = serde_json::Error>> Visit for Object<M> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), &value);
    }

    /// An infinity or NaN becomes null: JSON has no such number.
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field.name(), &format_args!("{value:?}"));
    }
}

/// The fields of a text line as the library writes them, followed by the request id.
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
