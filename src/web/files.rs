//! The files of the web client and the console, which the binary contains, and conditional responses (304).

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::RustEmbed;
use xxhash_rust::xxh3::xxh3_64;

/// All files, by their path below `web/assets`.
#[derive(RustEmbed)]
#[folder = "src/web/assets"]
pub struct Assets;

/// The text of the HTML file at `path` below `web/assets`; empty if there is no such file.
pub fn html(path: &str) -> String {
    let file = Assets::get(path);
    file.map_or_else(String::new, |file| {
        String::from_utf8_lossy(&file.data).into_owned()
    })
}

/// The hash of the names and contents of all files, in hexadecimal.
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

/// A response with the entity tag: 304 if `If-None-Match` contains the tag, else 200.
pub fn conditional_response(request: &HttpRequest, tag: &EntityTag) -> HttpResponseBuilder {
    let mut response = match is_not_modified(request, tag) {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response.insert_header(header::ETag(tag.clone()));
    response
}

/// Whether `If-None-Match` contains the tag, by the weak comparison of RFC 9110, section 8.8.3.2.
pub fn is_not_modified(request: &HttpRequest, tag: &EntityTag) -> bool {
    use actix_web::HttpMessage;
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|other| other.weak_eq(tag)),
        None => false,
    }
}
