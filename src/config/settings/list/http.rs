//! The settings of the HTTP server and of /admin.

use crate::config::settings::setting::DefaultValue::{Described, Value};
use crate::config::settings::setting::Section::Http;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Http.setting("BIND", Value("127.0.0.1"), "Address to listen on")
        .details("An IPv4 or IPv6 address. The container image sets `0.0.0.0`."),
    Http.setting("PORT", Value("4567"), "Port to listen on")
        .details("0 to 65535. With 0 the operating system chooses a free port."),
    Http.setting(
        "FRONTEND_URL",
        Value("http://localhost:3000"),
        "Origins of browser clients that may read and write, comma-separated",
    )
    .details("Scheme, host and port, without a path."),
    Http.setting(
        "BACKEND_URL",
        Described("`http://localhost:PORT` and `http://127.0.0.1:PORT`"),
        "Origins of the server itself, comma-separated",
    )
    .details(
        "Set it when browsers use another name for the server. The addresses in pages, such as that of a \
         thread in its link preview, begin with the first one.",
    ),
    Http.setting(
        "METRICS_PUBLIC",
        Value("false"),
        "Whether clients of other machines may read /metrics",
    )
    .details("`true` or `false`."),
    Http.setting(
        "SHUTDOWN_DELAY",
        Value("2"),
        "Seconds after SIGTERM in which the server still accepts requests",
    )
    .details(
        "0 to 60. Meanwhile `/readyz` responds 503 and every response closes its connection, so that a \
         load balancer stops sending requests. Then the requests in flight have 5 seconds to finish.",
    ),
    Http.setting(
        "CLIENT_GENERATION",
        Value("week-4"),
        "React client that the answers of a user's page are for",
    )
    .details(
        "`week-4`: an array of activities. `final`: an object with the user's profile and the activities, as the \
         clients from week 8 on expect.",
    ),
    Http.setting(
        "CACHE_SIZE",
        Value("64"),
        "Memory in MiB for answers that stay the same until something changes",
    )
    .details(
        "0 to 65535; 0 keeps none. The server keeps pages of home and of users, threads and profiles, and asks the \
         database before each use whether they have changed.",
    ),
    Http.setting(
        "LIVE_MAX_STREAMS",
        Value("20000"),
        "Streams of /api/live that are open at the same time at most",
    )
    .details(
        "With 0 there are none. Each uses 13 KB and a file descriptor (`ulimit -n`). A user may have 10 and an address 50 of \
         them, unless `RATE_LIMIT` is `off`.",
    ),
    Http.setting(
        "ADMIN_TOKEN",
        Described("generated for the embedded database, else none"),
        "Bearer token that authenticates an operator to /admin",
    )
    .secret()
    .details(
        "At least 32 characters. The generated one is a file in the embedded database's directory.",
    ),
];
