//! The settings of the rate limits.

use crate::config::settings::setting::DefaultValue::{Unset, Value};
use crate::config::settings::setting::Section::RateLimits;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    RateLimits
        .setting("RATE_LIMIT", Value("on"), "Whether requests are limited")
        .details("`on` or `off`. Use `off` for benchmarks, or behind a proxy that limits."),
    RateLimits
        .setting(
            "RATE_LIMIT_READS",
            Value("100"),
            "Reads per second of one address",
        )
        .details("1 to 4294967295."),
    RateLimits
        .setting(
            "RATE_LIMIT_READ_BURST",
            Value("500"),
            "Reads that one address may send at once after a pause",
        )
        .details("1 to 4294967295."),
    RateLimits
        .setting(
            "RATE_LIMIT_WRITES",
            Value("10"),
            "Writes per second of one user",
        )
        .details("1 to 4294967295. Without a user, the limit is that of one address."),
    RateLimits
        .setting(
            "RATE_LIMIT_WRITE_BURST",
            Value("60"),
            "Writes that one user may send at once after a pause",
        )
        .details("1 to 4294967295."),
    RateLimits
        .setting(
            "TRUSTED_PROXIES",
            Unset,
            "Addresses or networks of proxies whose X-Forwarded-For header is trusted, \
         comma-separated",
        )
        .details("Such as `10.0.0.0/8,::1`."),
];
