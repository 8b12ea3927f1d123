//! Two web pages: the client at `/` and the console at `/console`. They are plain HTML, CSS and JavaScript from
//! `web/assets`, embedded in the binary, and use only documented routes of the API.
//!
//! `files` embeds all files. `html_page` makes responses with the two HTML pages, `client_pages` decides what the
//! client's page is at each of its paths, `head` describes it to other programs. `asset` serves the files that the pages
//! load, `site_files` those with a fixed name, `policy` makes the headers that restrict a page in the browser.

mod asset;
mod client_pages;
mod files;
mod head;
mod html_page;
mod policy;
mod site_files;

use actix_web::HttpRequest;
use actix_web::web::{self, Data, ServiceConfig};

use crate::http::endpoint;
use head::{Head, Robots};
pub use html_page::Pages;

/// Paths of the client whose page is the same for every user until its script has run, with the page's title.
const CLIENT_PATHS: [(&str, &str); 6] = [
    ("/search", "Search"),
    ("/notifications", "Notices"),
    ("/messages", "Messages"),
    ("/messages/@{handle:[A-Za-z0-9_]{1,30}}", "Conversation"),
    ("/messages/{uuid:[0-9a-fA-F-]{36}}", "Conversation"),
    ("/sign-in", "Sign in"),
];

/// Paths of the console. All of them serve the same HTML page.
const CONSOLE_PATHS: [&str; 12] = [
    "/console",
    "/console/migrations",
    "/console/seeds",
    "/console/backup",
    "/console/inspect",
    "/console/sessions",
    "/console/security-group",
    "/console/reports",
    "/console/users",
    "/console/audit",
    "/console/jobs",
    "/console/settings",
];

/// Registers the routes of the pages and of their files, and the page of every path without a route.
pub fn routes(app: &mut ServiceConfig) {
    app.service(endpoint("/").get(client_pages::show_home));
    for (path, title) in CLIENT_PATHS {
        let show = move |request: HttpRequest, pages: Data<Pages>| async move {
            pages.show(&request, &Head::titled(title, Robots::NoIndex))
        };
        app.service(endpoint(path).get(show));
    }
    let user = "/@{handle:[A-Za-z0-9_]{1,30}}";
    let thread = format!("{user}/status/{{uuid:[0-9a-fA-F-]{{36}}}}");
    app.service(endpoint(user).get(client_pages::show_user))
        .service(endpoint(&thread).get(client_pages::show_thread));
    for path in CONSOLE_PATHS {
        app.service(endpoint(path).get(html_page::show_console));
    }
    app.service(endpoint("/assets/{version}/{path:.+}").get(asset::show_asset))
        .service(endpoint("/favicon.ico").get(site_files::show_favicon))
        .service(endpoint("/manifest.webmanifest").get(site_files::show_manifest))
        .service(endpoint("/robots.txt").get(site_files::show_robots))
        .default_service(web::to(client_pages::show_not_found));
}
