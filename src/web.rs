//! The browser's files: the client at `/` and the console at `/console`, plain HTML, CSS and JavaScript
//! from `web/assets`, embedded in the binary. They use the public routes only, so no route is here for
//! their sake.
//!
//! `files` holds them all. `html_page` answers the two HTML pages at each of their paths, `asset` the files
//! that they load; `policy` makes the headers that restrict a page in the browser.

mod asset;
mod files;
mod html_page;
mod policy;

use actix_web::web::ServiceConfig;

use crate::http::endpoint;
pub use html_page::Pages;

/// Paths of the client. Each answers the same HTML page, whose script shows what the path names;
/// whether that user or activity exists is the API's answer to the script.
const CLIENT_PATHS: [&str; 9] = [
    "/",
    "/search",
    "/notifications",
    "/messages",
    "/messages/@{handle:[A-Za-z0-9_]{1,30}}",
    "/messages/{uuid:[0-9a-fA-F-]{36}}",
    "/sign-in",
    "/@{handle:[A-Za-z0-9_]{1,30}}",
    "/@{handle:[A-Za-z0-9_]{1,30}}/status/{uuid:[0-9a-fA-F-]{36}}",
];

/// Paths of the console.
const CONSOLE_PATHS: [&str; 6] = [
    "/console",
    "/console/migrations",
    "/console/seeds",
    "/console/sessions",
    "/console/security-group",
    "/console/audit",
];

/// Registers the routes of the pages and their files, below `/`.
pub fn routes(app: &mut ServiceConfig) {
    for path in CLIENT_PATHS {
        app.service(endpoint(path).get(html_page::show_client));
    }
    for path in CONSOLE_PATHS {
        app.service(endpoint(path).get(html_page::show_console));
    }
    app.service(endpoint("/assets/{version}/{path:.+}").get(asset::show_asset));
}
