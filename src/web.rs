//! What a browser is shown: the client at `/` and the console at `/console`, both plain files of
//! `web/assets` in the binary. They use the public routes and nothing else; what those answer is
//! decided elsewhere.
//!
//! `page` serves the two pages at every address that they know, `asset` the files that they load,
//! `policy` says what a page may do in a browser.

mod asset;
mod page;
mod policy;

use actix_web::web::ServiceConfig;

use crate::http::endpoint;
pub use page::Pages;

/// Addresses of the client. A reload of any of them answers the same page, which then shows what
/// its address names; that nobody has such a handle is the API's to say.
const CLIENT: [&str; 9] = [
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

/// Addresses of the console.
const CONSOLE: [&str; 6] = [
    "/console",
    "/console/migrations",
    "/console/seeds",
    "/console/sessions",
    "/console/security-group",
    "/console/audit",
];

/// The pages' routes, below `/`.
pub fn routes(app: &mut ServiceConfig) {
    for path in CLIENT {
        app.service(endpoint(path).get(page::show_client));
    }
    for path in CONSOLE {
        app.service(endpoint(path).get(page::show_console));
    }
    app.service(endpoint("/assets/{version}/{path:.+}").get(asset::show_asset));
}
