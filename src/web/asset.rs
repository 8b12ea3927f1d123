//! Serves the files that the pages load. Their URLs contain a hash of all files, so that a browser can cache each file
//! forever and never mixes the files of two releases.

use actix_web::http::header::{self, EntityTag};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::EmbeddedFile;
use xxhash_rust::xxh3::xxh3_64;

use super::files::{Assets, conditional_response, is_not_modified};
use super::html_page::Pages;
use crate::error::{Code, Result};

/// For a URL of this release. The lifetime is one year in seconds, which caches treat as unlimited.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// For a URL of another release.
const REVALIDATE: &str = "no-cache";

/// Serves a file. A page of another release that is still open in a browser requests files with another version in the
/// URL; the browser must revalidate such a response.
///
/// # Errors
/// [`Code::RouteNotFound`] if there is no such file.
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

/// A weak tag, since the same file may be sent in several content encodings.
fn tag(file: &EmbeddedFile) -> EntityTag {
    EntityTag::new_weak(format!("{:016x}", xxh3_64(&file.data)))
}

/// The media type of a file, by the end of its name.
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html; charset=utf-8",
        Some("ico") => "image/x-icon",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
