//! The files that browsers and search engines request by a fixed name: the icon, the manifest of the web app, and the
//! rules for robots.

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::asset::content_type;
use super::files;
use super::html_page::{Pages, REVALIDATE};

/// Serves the icon that a browser requests for a response that is not the client's page.
pub async fn show_favicon(request: HttpRequest) -> HttpResponse {
    respond(&request, "favicon.ico", files::bytes("site/favicon.ico"))
}

/// Serves the manifest of the web app.
pub async fn show_manifest(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    respond(&request, "manifest.webmanifest", pages.manifest())
}

/// Serves the rules for robots.
pub async fn show_robots(request: HttpRequest) -> HttpResponse {
    respond(&request, "robots.txt", files::bytes("site/robots.txt"))
}

fn respond(request: &HttpRequest, name: &str, bytes: Bytes) -> HttpResponse {
    let tag = files::strong_tag(request, &bytes);
    let mut response = files::conditional_response(request, &tag);
    response
        .insert_header((header::CONTENT_TYPE, content_type(name)))
        .insert_header((header::CACHE_CONTROL, REVALIDATE))
        .insert_header((header::VARY, files::VARY));
    match files::is_not_modified(request, &tag) {
        true => response.finish(),
        false => response.body(bytes),
    }
}
