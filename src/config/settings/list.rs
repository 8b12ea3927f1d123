//! Every setting by its name: the source of the flags, of their help and of the tables in
//! `docs/reference/settings.md`. The struct that reads a setting decides what its value means.

mod database;
mod http;
mod identity;
mod limits;
mod log;
mod security_group;
mod traces;

use super::setting::Setting;
pub use security_group::PUBLIC_IP_URLS;

/// The settings of each section, in the order of the reference page.
const SECTIONS: [&[Setting]; 7] = [
    http::SETTINGS,
    database::SETTINGS,
    identity::SETTINGS,
    limits::SETTINGS,
    security_group::SETTINGS,
    log::SETTINGS,
    traces::SETTINGS,
];

/// Every setting of the program, in the order of the reference page.
pub fn all_settings() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.into_iter().flatten()
}
