//! The files that the pages load. Their URLs contain a hash of all files, so that a browser can cache
//! each file forever and never mixes the files of two releases.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::{EmbeddedFile, RustEmbed};
use xxhash_rust::xxh3::xxh3_64;

use super::Pages;
use crate::error::{Code, Result};

/// One year in seconds, the longest lifetime that caches are expected to honour.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

/// The text of the HTML file at `path` below `assets`; empty where there is none.
pub fn html(path: &str) -> String {
    let file = Assets::get(path);
    file.map_or_else(String::new, |file| {
        String::from_utf8_lossy(&file.data).into_owned()
    })
}

/// The hash of all files, in hexadecimal: it differs after a change of any file.
pub fn version() -> String {
    let mut all = Vec::new();
    for path in Assets::iter() {
        all.extend_from_slice(path.as_bytes());
        if let Some(file) = Assets::get(&path) {
            all.extend_from_slice(&file.metadata.sha256_hash());
        }
    }
    format!("{:016x}", xxh3_64(&all))
}

/// Answers a file. A page of another release, still open in a browser, requests it under another
/// version; that response is not cached.
///
/// # Errors
/// [`Code::RouteNotFound`] where there is no such file.
pub async fn show_asset(
    request: HttpRequest,
    path: Path<(String, String)>,
    pages: Data<Pages>,
) -> Result<HttpResponse> {
    let (version, path) = path.into_inner();
    let file = Assets::get(&path).ok_or(Code::RouteNotFound)?;
    let tag = tag(&file);
    let mut response = conditional_response(&request, &tag);
    response
        .insert_header((header::CONTENT_TYPE, content_type(&path)))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"));
    if version == pages.version() {
        response.insert_header((header::CACHE_CONTROL, IMMUTABLE));
    } else {
        response.insert_header((header::CACHE_CONTROL, REVALIDATE));
    }
    Ok(match is_not_modified(&request, &tag) {
        true => response.finish(),
        false => response.body(Bytes::from(file.data.into_owned())),
    })
}

/// A response with the entity tag: 304 where the browser's copy is current, else 200.
pub fn conditional_response(request: &HttpRequest, tag: &EntityTag) -> HttpResponseBuilder {
    let mut response = match is_not_modified(request, tag) {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response.insert_header(header::ETag(tag.clone()));
    response
}

/// Whether `If-None-Match` names the tag, by the weak comparison of RFC 9110, section 8.8.3.2.
pub fn is_not_modified(request: &HttpRequest, tag: &EntityTag) -> bool {
    use actix_web::HttpMessage;
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|other| other.weak_eq(tag)),
        None => false,
    }
}

/// A weak tag, since the same file may be sent in several content encodings.
fn tag(file: &EmbeddedFile) -> EntityTag {
    EntityTag::new_weak(format!("{:016x}", xxh3_64(&file.data)))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
