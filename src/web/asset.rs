//! The files in the binary. Their addresses hold a version made from all of them, so that a browser
//! may keep each for good and still never mixes two releases.

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::{EmbeddedFile, RustEmbed};
use xxhash_rust::xxh3::xxh3_64;

use super::Pages;
use crate::error::{Code, Result};

/// Seconds: a year, which is what HTTP calls for good.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

/// The text of a file that is a page.
pub fn page(path: &str) -> String {
    let file = Assets::get(path);
    file.map_or_else(String::new, |file| {
        String::from_utf8_lossy(&file.data).into_owned()
    })
}

/// Another one for every change of any file.
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

/// A file. Under the address of another release, which an open page may still ask for, it is not
/// kept.
pub async fn show_asset(
    request: HttpRequest,
    path: Path<(String, String)>,
    pages: Data<Pages>,
) -> Result<HttpResponse> {
    let (version, path) = path.into_inner();
    let file = Assets::get(&path).ok_or(Code::RouteNotFound)?;
    let tag = tag(&file);
    let mut response = answer(&request, &tag);
    response
        .insert_header((header::CONTENT_TYPE, content_type(&path)))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"));
    if version == pages.version() {
        response.insert_header((header::CACHE_CONTROL, FOR_GOOD));
    } else {
        response.insert_header((header::CACHE_CONTROL, ASK_AGAIN));
    }
    Ok(match is_known(&request, &tag) {
        true => response.finish(),
        false => response.body(Bytes::from(file.data.into_owned())),
    })
}

/// 304 for a browser that has it, else 200, with the tag either way.
pub fn answer(request: &HttpRequest, tag: &EntityTag) -> HttpResponseBuilder {
    let mut response = match is_known(request, tag) {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response.insert_header(header::ETag(tag.clone()));
    response
}

/// The weak comparison of RFC 9110, section 8.8.3.2.
pub fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    use actix_web::HttpMessage;
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        None => false,
    }
}

/// Weak: the same file may be sent in several encodings.
fn tag(file: &EmbeddedFile) -> EntityTag {
    EntityTag::new_weak(format!("{:016x}", xxh3_64(&file.data)))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
