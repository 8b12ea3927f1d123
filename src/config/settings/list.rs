//! Every setting by its name: the source of the flags, of their help and of the tables in
//! `docs/reference/settings.md`. The struct that reads a setting decides what its value means.

use super::setting::DefaultValue::{Described, Unset, Value};
use super::setting::Section::{Database, Http, Identity, Logs, RateLimits, SecurityGroup, Traces};
use super::setting::Setting;

/// Every setting of the program, in the order of the reference page.
pub const SETTINGS: &[Setting] = &[
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
    .details("Set it when browsers use another name for the server."),
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
        "ADMIN_TOKEN",
        Described("generated for the embedded database, else none"),
        "Bearer token that authenticates an operator to /admin",
    )
    .secret()
    .details(
        "At least 32 characters. The generated one is a file in the embedded database's directory.",
    ),
    Database
        .setting(
            "CONNECTION_URL",
            Described("the embedded database"),
            "URL of the database",
        )
        .secret()
        .details(
            "`postgresql://user:password@host/database` or `key=value …`; PostgreSQL 14 to 18.",
        ),
    Database
        .setting(
            "PROD_CONNECTION_URL",
            Unset,
            "URL of the database that the flag --prod of a command selects",
        )
        .secret()
        .details("In the form of `CONNECTION_URL`."),
    Database
        .setting(
            "CRUDDUR_ENV",
            Described("development for an embedded or local database, else production"),
            "Environment that a new database is stamped with",
        )
        .details(
            "`development` or `production`. Destructive commands need a confirmation on \
         `production`. A database of `PROD_CONNECTION_URL` is always stamped `production`.",
        ),
    Database
        .setting(
            "CRUDDUR_DATA_DIR",
            Described("the data directory of the platform"),
            "Directory of the embedded database",
        )
        .details(
            "By default `/var/lib/cruddur` for root, else `cruddur` below `$XDG_DATA_HOME`, \
         `~/.local/share` or, on macOS, `~/Library/Application Support`.",
        ),
    Database
        .setting(
            "PG_BIN_DIR",
            Described("the first directory found"),
            "Directory of PostgreSQL's programs",
        )
        .details("By default the program searches `PATH` and the directories of packages."),
    Database
        .setting(
            "DATABASE_AUTH",
            Value("password"),
            "How the server authenticates to the database",
        )
        .details(
            "`password`: the URL's. `iam`: a token of AWS IAM, for a URL with one host and TLS.",
        ),
    Database.setting(
        "DB_CA_FILE",
        Unset,
        "PEM file of certificate authorities to trust in addition to those of Amazon RDS",
    ),
    Database
        .setting(
            "DB_POOL_SIZE",
            Described("2 × cores + 4"),
            "Largest number of connections in the pool that requests share",
        )
        .details("1 to 65535. Up to 22 further ones serve batches, searches, messages, probes and `/admin`."),
    Identity
        .setting(
            "AWS_COGNITO_USER_POOL_ID",
            Unset,
            "The Cognito user pool that signs access tokens",
        )
        .details("Set together with `AWS_COGNITO_USER_POOL_CLIENT_ID`."),
    Identity.setting(
        "AWS_COGNITO_USER_POOL_CLIENT_ID",
        Unset,
        "The app client of the user pool",
    ),
    Identity
        .setting(
            "AWS_DEFAULT_REGION",
            Described("the region in the id of the user pool"),
            "The AWS region",
        )
        .details(
            "Used for AWS requests where the AWS SDK finds no region of its own (`AWS_REGION`).",
        ),
    Identity
        .setting(
            "COGNITO_ISSUER",
            Described("derived from the region and the user pool"),
            "Issuer of the access tokens",
        )
        .details("For emulators of Cognito."),
    Identity
        .setting(
            "COGNITO_JWKS_URL",
            Described("derived from the issuer"),
            "Address of the keys that sign access tokens",
        )
        .details("For emulators of Cognito."),
    Identity.setting("COGNITO_DOMAIN", Unset, "Domain of the hosted sign-in page"),
    Identity.setting(
        "COGNITO_REDIRECT_URI",
        Unset,
        "Address that the hosted sign-in page returns to",
    ),
    Identity
        .setting(
            "DEV_USER_HANDLE",
            Unset,
            "Handle of the user that a request without a token acts as, from any address",
        )
        .details(
            "For development behind a proxy. The server does not start with this setting and a \
         user pool.",
        ),
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
    SecurityGroup
        .setting(
            "DB_SG_ID",
            Unset,
            "The security group in front of the database",
        )
        .details("`sg-…`, set together with `DB_SG_RULE_ID`."),
    SecurityGroup
        .setting(
            "DB_SG_RULE_ID",
            Unset,
            "The rule of the security group that admits this machine",
        )
        .details("`sgr-…`."),
    SecurityGroup.setting(
        "GITPOD_IP",
        Described("PUBLIC_IP"),
        "Public IPv4 address of this machine, as Gitpod names it",
    ),
    SecurityGroup.setting(
        "PUBLIC_IP",
        Described("requested from PUBLIC_IP_URLS"),
        "Public IPv4 address of this machine",
    ),
    SecurityGroup
        .setting(
            "PUBLIC_IP_URLS",
            Value(PUBLIC_IP_URLS),
            "Services that return the public address of the client, comma-separated",
        )
        .details("`https://` addresses. Of several services, two must return the same address."),
    SecurityGroup
        .setting("SG_DESCRIPTION", Value("GITPOD"), "Description of the rule")
        .details("At most 255 characters of those that AWS allows."),
    SecurityGroup
        .setting(
            "SG_REQUIRED",
            Value("false"),
            "Whether the server stops when it cannot update the rule",
        )
        .details("`true` or `false`."),
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
    Traces
        .setting(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            Unset,
            "The OpenTelemetry collector that receives traces, over HTTP with protobuf",
        )
        .details("Such as `http://localhost:4318`. Without it there are no traces."),
    Traces
        .setting(
            "OTEL_EXPORTER_OTLP_HEADERS",
            Unset,
            "HTTP headers for the collector, `name=value,…`",
        )
        .secret()
        .details("Such as the API key of a service. Values are percent-encoded."),
    Traces.setting(
        "OTEL_SERVICE_NAME",
        Value("cruddur"),
        "Name of the service in the traces",
    ),
    Traces
        .setting(
            "OTEL_TRACES_SAMPLER",
            Value("parentbased_always_on"),
            "Which requests are traced",
        )
        .details(
            "`always_on`, `always_off` or `traceidratio`. With the prefix `parentbased_`, a \
         request with a `traceparent` header is traced where that header requests it.",
        ),
    Traces
        .setting(
            "OTEL_TRACES_SAMPLER_ARG",
            Value("1"),
            "Share of the requests that `traceidratio` traces",
        )
        .details("0 to 1."),
];

/// The default services that return the public address of a client; that of AWS is the first.
pub const PUBLIC_IP_URLS: &str =
    "https://checkip.amazonaws.com,https://api.ipify.org,https://ipv4.icanhazip.com";
