//! The HTML pages of the client and the console, and the headers of a response with one. The client's page is the same
//! file at every path, with a head of its own at each; `client_pages` makes the heads.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::head::{Head, Robots};
use super::{files, policy};
use crate::config::IdentityConfig;

/// The placeholder in the HTML for the version of the files.
const VERSION: &str = "{version}";
/// The placeholder in the client's HTML for the elements of [`Head`].
const HEAD: &str = "{head}";
/// The placeholder in the client's HTML for the text of a [`MissingPage`].
const CONTENT: &str = "{content}";
/// Any cache may store a page and must revalidate it on every visit, so that a browser shows a new release at once.
pub const REVALIDATE: &str = "public, no-cache";
/// A `Link` at every path of the client, which preloads the first request of its script.
const PRELOAD_CONFIG: &str = "</api/config>; rel=preload; as=fetch; crossorigin";
/// A `Link` at `/`, which preloads the first page of home.
const PRELOAD_HOME: &str = "</api/activities/home?limit=20>; rel=preload; as=fetch; crossorigin";

/// Both HTML pages and the manifest, ready to be sent.
pub struct Pages {
    version: String,
    origin: String,
    policy: String,
    client: ClientHtml,
    console: Bytes,
    documentation: Bytes,
    manifest: Bytes,
}

/// The client's HTML around its placeholders.
struct ClientHtml {
    before_head: String,
    before_content: String,
    after_content: String,
}

/// What the client's page shows in place of a user or an activity.
pub struct MissingPage {
    /// The status of the response.
    pub status: StatusCode,
    /// The heading, which is the title of the page, too.
    pub heading: &'static str,
    /// A sentence.
    pub text: &'static str,
}

impl Pages {
    /// Renders the pages. URLs in them begin with `origin`. The security policy allows requests to the user pool of
    /// `identity`, if it has one.
    pub fn new(identity: &IdentityConfig, origin: String) -> Self {
        let version = files::version();
        let rendered = |path| files::text(path).replace(VERSION, &version);
        Self {
            origin,
            policy: policy::content_security_policy(identity.cognito.as_ref()),
            client: ClientHtml::new(&rendered("client/index.html")),
            console: rendered("console/index.html").into(),
            documentation: rendered("docs/index.html").into(),
            manifest: rendered("site/manifest.webmanifest").into(),
            version,
        }
    }

    /// The version in the URLs of the files.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The web app manifest, which names the icons of this version.
    pub(super) fn manifest(&self) -> Bytes {
        self.manifest.clone()
    }

    /// A response with the client's page: 304 if the client has the same page already.
    pub(super) fn show(&self, request: &HttpRequest, head: &Head) -> HttpResponse {
        let html = self.client.render(&head.render(&self.origin), "");
        self.respond(request, head.robots, html.into(), |response| {
            response.append_header((header::LINK, PRELOAD_CONFIG));
            if request.path() == "/" {
                response.append_header((header::LINK, PRELOAD_HOME));
            }
        })
    }

    /// A response with the client's page that says what is missing. Its script leaves that text as it is.
    pub(super) fn show_missing(&self, missing: &MissingPage) -> HttpResponse {
        let head = Head::titled(missing.heading, Robots::NoIndex);
        let html = self
            .client
            .render(&head.render(&self.origin), &missing.html());
        let mut response = HttpResponse::build(missing.status);
        self.insert_headers(&mut response, head.robots);
        response
            .append_header((header::LINK, PRELOAD_CONFIG))
            .body(html)
    }

    fn respond(
        &self,
        request: &HttpRequest,
        robots: Robots,
        html: Bytes,
        further: impl FnOnce(&mut HttpResponseBuilder),
    ) -> HttpResponse {
        let tag = files::strong_tag(request, &html);
        let mut response = files::conditional_response(request, &tag);
        self.insert_headers(&mut response, robots);
        further(&mut response);
        match files::is_not_modified(request, &tag) {
            true => response.finish(),
            false => response.body(html),
        }
    }

    fn insert_headers(&self, response: &mut HttpResponseBuilder, robots: Robots) {
        response
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, REVALIDATE))
            .insert_header((header::VARY, files::VARY))
            .insert_header((header::CONTENT_SECURITY_POLICY, &*self.policy))
            .insert_header(("Permissions-Policy", policy::PERMISSIONS_POLICY))
            .insert_header(("Cross-Origin-Opener-Policy", "same-origin"));
        if robots == Robots::NoIndex {
            response.insert_header(("X-Robots-Tag", HeaderValue::from_static("noindex")));
        }
    }
}

impl ClientHtml {
    fn new(html: &str) -> Self {
        let (before_head, rest) = html.split_once(HEAD).unwrap_or((html, ""));
        let (before_content, after_content) = rest.split_once(CONTENT).unwrap_or((rest, ""));
        Self {
            before_head: before_head.to_owned(),
            before_content: before_content.to_owned(),
            after_content: after_content.to_owned(),
        }
    }

    fn render(&self, head: &str, content: &str) -> String {
        [
            &self.before_head,
            head,
            &self.before_content,
            content,
            &self.after_content,
        ]
        .concat()
    }
}

impl MissingPage {
    /// The script finds the text by its attribute.
    fn html(&self) -> String {
        let (status, heading, text) = (self.status.as_u16(), self.heading, self.text);
        format!(
            "<div class=\"notice\" data-status=\"{status}\"><h1>{heading}</h1><p>{text}</p><a href=\"/\">Home</a></div>"
        )
    }
}

/// Serves the console's page, at each of its paths.
pub async fn show_console(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    pages.respond(&request, Robots::NoIndex, pages.console.clone(), |_| {})
}

/// Serves the page of the API's description, at `/docs/`.
pub async fn show_documentation(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    let html = pages.documentation.clone();
    pages.respond(&request, Robots::NoIndex, html, |response| {
        response.insert_header((header::CONTENT_SECURITY_POLICY, policy::DOCUMENTATION));
    })
}
