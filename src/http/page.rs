//! Pages of lists over HTTP: the extractor of a [`PageQuery`], its parameters in the OpenAPI document, and the `Link`
//! to the next page.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use serde::Serialize;
use utoipa::IntoParams;

use super::etag;
use crate::domain::{Cursor, Document, PageQuery};
use crate::error::{Error, Result};

/// Where a stream goes on after a response.
const LIVE_CURSOR: HeaderName = HeaderName::from_static("live-cursor");

/// The query parameters of a list from new to old.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the fields document the parameters that `PageQuery` parses"
)]
pub struct NewestFirst {
    /// The maximum number of elements; 100 by default.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// A cursor from the `Link` header of the previous page.
    before: Option<String>,
}

/// The query parameters of a list from old to new.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the fields document the parameters that `PageQuery` parses"
)]
pub struct OldestFirst {
    /// The maximum number of elements; 100 by default.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// A cursor from the `Link` header of the previous page.
    after: Option<String>,
}

/// The order of a list, which decides the name of the cursor's parameter in `Link`.
#[derive(Debug, Clone, Copy)]
pub enum Direction {
    /// From new to old; the parameter is `before`.
    Before,
    /// From old to new; the parameter is `after`.
    After,
}

impl Direction {
    fn parameter(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// Errors: 400 `malformed_query`, 400 `malformed_cursor`.
impl FromRequest for PageQuery {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(request.query_string()).map_err(Error::from))
    }
}

/// A page of a list as JSON, with `Link: <…>; rel="next"` (RFC 8288) if another page follows.
///
/// # Errors
/// `body` cannot be serialised.
pub fn answer_page<T: Serialize>(
    request: &HttpRequest,
    page: &PageQuery,
    direction: Direction,
    next: Option<Cursor>,
    body: &T,
) -> Result<HttpResponse> {
    let document = Document::of(body)
        .map_err(|error| Error::internal("a response cannot be serialised", error))?;
    Ok(answer_document(request, page, direction, next, document))
}

/// Like [`answer_page`], for a page that is serialised already.
pub fn answer_document(
    request: &HttpRequest,
    page: &PageQuery,
    direction: Direction,
    next: Option<Cursor>,
    document: Document,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(next) = next {
        response.insert_header((header::LINK, link(page, request, direction, next)));
    }
    with_document(response, document)
}

/// The response with `Live-Cursor`, from which a stream goes on after it, if that is known.
pub fn with_live_cursor(mut response: HttpResponse, position: Option<Bytes>) -> HttpResponse {
    if let Some(Ok(cursor)) = position.map(HeaderValue::from_maybe_shared) {
        response.headers_mut().insert(LIVE_CURSOR, cursor);
    }
    response
}

/// A document that is no page.
pub fn answer_whole(document: Document) -> HttpResponse {
    with_document(HttpResponse::Ok(), document)
}

fn with_document(mut response: HttpResponseBuilder, document: Document) -> HttpResponse {
    response
        .extensions_mut()
        .insert(etag::of_document(&document));
    response
        .content_type("application/json")
        .body(document.bytes)
}

fn link(page: &PageQuery, request: &HttpRequest, direction: Direction, next: Cursor) -> String {
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
    query.append_pair("limit", &page.limit().to_string());
    query.append_pair(direction.parameter(), &next.encode());
    let mut link = query.finish();
    link.push_str(">; rel=\"next\"");
    link
}
