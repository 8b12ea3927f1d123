//! The settings of the log and the terminal.

use crate::config::settings::setting::DefaultValue::{Described, Unset, Value};
use crate::config::settings::setting::Section::Logs;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Logs.setting(
        "LOG_FORMAT",
        Described("text on a terminal, else json"),
        "Format of the log on standard error",
    )
    .details("`text` or `json`."),
    Logs.setting("RUST_LOG", Value("info"), "Filter of the log")
        .variable()
        .details("Directives of `tracing`, such as `info,cruddur=debug`."),
    Logs.setting("NO_COLOR", Unset, "Any value switches colours off")
        .variable()
        .details("See <https://no-color.org>."),
];
