//! The two pages, made ready once: the version of the files in their addresses, the policy in their
//! headers.

use actix_web::http::header::{self, EntityTag};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use xxhash_rust::xxh3::xxh3_64;

use super::{asset, policy};
use crate::config::IdentityConfig;

/// Stands in the pages where the files' version belongs.
const VERSION: &str = "{version}";
/// What every address of the client reads first; a browser asks before it has read a script.
const CLIENT_READS: &str = "</api/config>; rel=preload; as=fetch; crossorigin";
/// The same for home, which most people come to.
const HOME_READS: &str = "</api/activities/home>; rel=preload; as=fetch; crossorigin";

/// Both pages as they are sent.
pub struct Pages {
    version: String,
    policy: String,
    client: Page,
    console: Page,
}

struct Page {
    html: Bytes,
    tag: EntityTag,
}

impl Pages {
    pub fn new(identity: &IdentityConfig) -> Self {
        let version = asset::version();
        Self {
            client: Page::new("client/index.html", &version),
            console: Page::new("console/index.html", &version),
            policy: policy::content_security(identity.cognito.as_ref()),
            version,
        }
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// A page is asked for every time, so that a new release shows at once.
    fn answer(&self, request: &HttpRequest, page: &Page, links: &[&str]) -> HttpResponse {
        let mut response = asset::answer(request, &page.tag);
        response
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, &*self.policy))
            .insert_header(("Permissions-Policy", policy::PERMISSIONS))
            .insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
        for link in links {
            response.append_header((header::LINK, *link));
        }
        match asset::is_known(request, &page.tag) {
            true => response.finish(),
            false => response.body(page.html.clone()),
        }
    }
}

impl Page {
    fn new(path: &str, version: &str) -> Self {
        let html = asset::page(path).replace(VERSION, version);
        Self {
            tag: EntityTag::new_weak(format!("{:016x}", xxh3_64(html.as_bytes()))),
            html: Bytes::from(html),
        }
    }
}

/// The client, at any of its addresses.
pub async fn show_client(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    let links: &[&str] = match request.path() {
        "/" => &[CLIENT_READS, HOME_READS],
        _ => &[CLIENT_READS],
    };
    pages.answer(&request, &pages.client, links)
}

/// The console, at any of its addresses.
pub async fn show_console(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.answer(&request, &pages.console, &[])
}
