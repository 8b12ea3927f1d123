//! The HTML pages of the client and the console. They are rendered once, at start, with the version of the files in the
//! URLs of the files.

use actix_web::http::header::{self, EntityTag};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use xxhash_rust::xxh3::xxh3_64;

use super::{files, policy};
use crate::config::IdentityConfig;

/// The placeholder in the HTML for the version of the files.
const VERSION: &str = "{version}";
/// A `Link` at every path of the client, which preloads the first request of its script.
const PRELOAD_CONFIG: &str = "</api/config>; rel=preload; as=fetch; crossorigin";
/// A `Link` at `/`, which preloads the first page of home.
const PRELOAD_HOME: &str = "</api/activities/home?limit=20>; rel=preload; as=fetch; crossorigin";

/// Both HTML pages, ready to be sent.
pub struct Pages {
    version: String,
    policy: String,
    client: HtmlPage,
    console: HtmlPage,
}

struct HtmlPage {
    html: Bytes,
    tag: EntityTag,
}

impl Pages {
    /// Renders the pages. The security policy allows requests to the user pool of `identity`, if it has one.
    pub fn new(identity: &IdentityConfig) -> Self {
        let version = files::version();
        Self {
            client: HtmlPage::new("client/index.html", &version),
            console: HtmlPage::new("console/index.html", &version),
            policy: policy::content_security_policy(identity.cognito.as_ref()),
            version,
        }
    }

    /// The version in the URLs of the files.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// A response with the page. The browser must revalidate it on every visit, so that it shows a new release at once.
    fn respond(&self, request: &HttpRequest, page: &HtmlPage, links: &[&str]) -> HttpResponse {
        let mut response = files::conditional_response(request, &page.tag);
        response
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, &*self.policy))
            .insert_header(("Permissions-Policy", policy::PERMISSIONS_POLICY))
            .insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
        for link in links {
            response.append_header((header::LINK, *link));
        }
        match files::is_not_modified(request, &page.tag) {
            true => response.finish(),
            false => response.body(page.html.clone()),
        }
    }
}

impl HtmlPage {
    fn new(path: &str, version: &str) -> Self {
        let html = files::html(path).replace(VERSION, version);
        Self {
            tag: EntityTag::new_weak(format!("{:016x}", xxh3_64(html.as_bytes()))),
            html: Bytes::from(html),
        }
    }
}

/// Serves the client's page, at each of its paths.
pub async fn show_client(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    let links: &[&str] = match request.path() {
        "/" => &[PRELOAD_CONFIG, PRELOAD_HOME],
        _ => &[PRELOAD_CONFIG],
    };
    pages.respond(&request, &pages.client, links)
}

/// Serves the console's page, at each of its paths.
pub async fn show_console(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.respond(&request, &pages.console, &[])
}
