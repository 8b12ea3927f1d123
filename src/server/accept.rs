//! Decides whether a client accepts JSON, by its `Accept` header (RFC 9110, section 12.5.1).
//!
//! Actix's typed `Accept` ignores a range whose quality is not in the syntax of the RFC. Java's `HttpURLConnection`,
//! which sends `*/*; q=.2` by default, would get 406.

use actix_web::dev::ServiceRequest;
use actix_web::http::header;

/// The content type and the path of the only route that does not respond in JSON.
const NDJSON: &str = "application/x-ndjson";
const EXPORT: &str = "/api/profile/export";

/// Whether `Accept` is missing, or one of its ranges covers JSON with a quality above 0.
pub fn accepts_json(request: &ServiceRequest) -> bool {
    let mut values = request.headers().get_all(header::ACCEPT).peekable();
    if values.peek().is_none() {
        return true;
    }
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let (range, parameters) = range.split_once(';').unwrap_or((range, ""));
            let range = range.trim().to_ascii_lowercase();
            let is_json = matches!(
                &*range,
                "" | "*/*" | "application/*" | "application/json" | "application/problem+json"
            ) || (range == NDJSON && request.path() == EXPORT);
            is_json
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

    use super::accepts_json;

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
            assert_eq!(
                accepts_json(&request.to_srv_request()),
                expected,
                "{accept:?}"
            );
        }
    }
}
