//! Decides by its `Accept` header (RFC 9110, section 12.5.1) whether a client accepts JSON or asks for HTML.
//!
//! Actix's typed `Accept` ignores a range whose quality is not in the syntax of the RFC. Java's `HttpURLConnection`,
//! which sends `*/*; q=.2` by default, would get 406.

use actix_web::http::header::{self, HeaderMap};

/// Whether `Accept` is missing, or one of its ranges covers JSON with a quality above 0.
pub fn accepts_json(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::ACCEPT)
        || has_range(headers, |range| {
            matches!(
                range,
                "" | "*/*" | "application/*" | "application/json" | "application/problem+json"
            )
        })
}

/// Whether `Accept` names NDJSON with a quality above 0.
pub fn asks_for_ndjson(headers: &HeaderMap) -> bool {
    has_range(headers, |range| range == "application/x-ndjson")
}

/// Whether `Accept` names a stream of events with a quality above 0.
pub fn asks_for_events(headers: &HeaderMap) -> bool {
    has_range(headers, |range| range == "text/event-stream")
}

/// Whether `Accept` names HTML with a quality above 0, as a browser's does when its user opens an address. A range that
/// only covers HTML does not suffice, because programs that expect JSON send `*/*` too.
pub fn asks_for_html(headers: &HeaderMap) -> bool {
    has_range(headers, |range| range == "text/html")
}

fn has_range(headers: &HeaderMap, is_wanted: impl Fn(&str) -> bool) -> bool {
    headers
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let (range, parameters) = range.split_once(';').unwrap_or((range, ""));
            is_wanted(&range.trim().to_ascii_lowercase())
                && !parameters
                    .split(';')
                    .any(|parameter| is_zero_quality(parameter.trim()))
        })
}

fn is_zero_quality(parameter: &str) -> bool {
    let value = parameter
        .strip_prefix("q=")
        .or_else(|| parameter.strip_prefix("Q="));
    value.is_some_and(|value| {
        value
            .trim()
            .parse::<f32>()
            .is_ok_and(|quality| quality <= 0.0)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::{accepts_json, asks_for_html};

    #[test]
    fn a_quality_that_the_rfc_does_not_allow_still_accepts_json() {
        for (accept, expected) in [
            ("text/html, image/gif, *; q=.2, */*; q=.2", true),
            ("Application/JSON", true),
            ("", true),
            ("application/json;q=0.000", false),
            ("text/html", false),
        ] {
            let request = TestRequest::default().insert_header(("accept", accept));
            let request = request.to_http_request();
            assert_eq!(accepts_json(request.headers()), expected, "{accept:?}");
        }
    }

    #[test]
    fn only_a_client_that_names_html_asks_for_it() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", true),
            ("application/json, Text/HTML;q=0.5", true),
            ("text/html;q=0, */*", false),
            ("*/*", false),
            ("", false),
        ] {
            let request = TestRequest::default().insert_header(("accept", accept));
            let request = request.to_http_request();
            assert_eq!(asks_for_html(request.headers()), expected, "{accept:?}");
        }
    }
}
