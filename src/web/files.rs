//! The files of the web client and the console, which the binary contains, and conditional responses (304).

use actix_web::http::header::{self, AcceptEncoding, Encoding, EntityTag, IfNoneMatch};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::RustEmbed;
use xxhash_rust::xxh3::xxh3_64;

/// All files, by their path below `web/assets`.
#[derive(RustEmbed)]
#[folder = "src/web/assets"]
pub struct Assets;

/// The bytes of the file at `path` below `web/assets`; empty if there is no such file.
pub fn bytes(path: &str) -> Bytes {
    Assets::get(path).map_or_else(Bytes::new, |file| Bytes::from(file.data.into_owned()))
}

/// The text of the file at `path` below `web/assets`; empty if there is no such file.
pub fn text(path: &str) -> String {
    String::from_utf8_lossy(&bytes(path)).into_owned()
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

/// The headers of a request that change a response with [`strong_tag`].
pub const VARY: &str = "Origin, Accept-Encoding";

/// A tag for these bytes in the content encoding of the response. A strong tag names bytes as they are sent (RFC 9110,
/// section 8.8.3.3), so each encoding needs one of its own.
pub fn strong_tag(request: &HttpRequest, bytes: &[u8]) -> EntityTag {
    let encoding = content_encoding(request);
    EntityTag::new_strong(format!("{:016x}-{encoding}", xxh3_64(bytes)))
}

/// The encoding that Actix's `Compress` chooses for the response.
fn content_encoding(request: &HttpRequest) -> String {
    let supported = [
        Encoding::identity(),
        Encoding::brotli(),
        Encoding::gzip(),
        Encoding::deflate(),
        Encoding::zstd(),
    ];
    let accepted = request.get_header::<AcceptEncoding>();
    let chosen = accepted.and_then(|accepted| accepted.negotiate(supported.iter()));
    chosen.unwrap_or(Encoding::identity()).to_string()
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
    match request.get_header::<IfNoneMatch>() {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => tags.iter().any(|other| other.weak_eq(tag)),
        None => false,
    }
}
