//! Two web pages: the client at `/` and the console at `/console`. They are plain HTML, CSS and JavaScript from
//! `web/assets`, embedded in the binary, and use only documented routes of the API.
//!
//! `files` embeds all files. `html_page` serves the two HTML pages at each of their paths, `asset` serves the files
//! that they load, `policy` makes the headers that restrict a page in the browser.

mod asset;
mod files;
mod html_page;
mod policy;

use actix_web::web::ServiceConfig;

use crate::http::endpoint;
pub use html_page::Pages;

/// Paths of the client. All of them serve the same HTML page, whose script loads the user or the activity of the path
/// from the API. The page is therefore served for users and activities that do not exist, too.
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

/// Paths of the console. All of them serve the same HTML page.
const CONSOLE_PATHS: [&str; 8] = [
    "/console",
    "/console/migrations",
    "/console/seeds",
    "/console/sessions",
    "/console/security-group",
    "/console/reports",
    "/console/users",
    "/console/audit",
];

/// Registers the routes of the pages and of their files.
pub fn routes(app: &mut ServiceConfig) {
    for path in CLIENT_PATHS {
        app.service(endpoint(path).get(html_page::show_client));
    }
    for path in CONSOLE_PATHS {
        app.service(endpoint(path).get(html_page::show_console));
    }
    app.service(endpoint("/assets/{version}/{path:.+}").get(asset::show_asset));
}
