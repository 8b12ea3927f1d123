//! The parameters of a query string.

use actix_web::HttpRequest;

/// The value of the query's parameter `name`; `None` if it is missing or empty.
pub fn parameter(request: &HttpRequest, name: &str) -> Option<String> {
    form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty())
}
