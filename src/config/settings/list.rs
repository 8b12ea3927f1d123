//! Every setting by its name. What a value means is for the struct that asks for it.

/// One setting. The table of the README is checked against this list.
#[derive(Debug)]
pub struct Setting {
    pub name: &'static str,
    /// A secret has no flag: an argument list is readable by every process of the machine.
    pub secret: bool,
    pub help: &'static str,
}

const fn plain(name: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        secret: false,
        help,
    }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        secret: true,
        help,
    }
}

/// Every setting of the program, in the order of the README's table.
pub const SETTINGS: &[Setting] = &[
    plain("BIND", "Address to listen on [default: 127.0.0.1]"),
    plain("PORT", "Port to listen on [default: 4567]"),
    secret("CONNECTION_URL", "The database [default: an embedded one]"),
    secret("PROD_CONNECTION_URL", "The database that --prod means"),
    plain(
        "CRUDDUR_ENV",
        "`development` or `production`: the stamp of a new database",
    ),
    plain("CRUDDUR_DATA_DIR", "Where the embedded database lives"),
    plain(
        "PG_BIN_DIR",
        "PostgreSQL's programs for the embedded database [default: searched for]",
    ),
    plain(
        "DATABASE_AUTH",
        "`password`, or `iam` for a token of AWS's [default: password]",
    ),
    plain(
        "DB_CA_FILE",
        "Certificate authorities (PEM) to trust beside those of RDS",
    ),
    plain(
        "DB_POOL_SIZE",
        "Database connections [default: 2 x cores + 4]",
    ),
    plain(
        "FRONTEND_URL",
        "Allowed origins, comma-separated [default: http://localhost:3000]",
    ),
    plain(
        "BACKEND_URL",
        "The server's own origins, comma-separated [default: its own address]",
    ),
    plain(
        "AWS_COGNITO_USER_POOL_ID",
        "The Cognito user pool that signs access tokens",
    ),
    plain("AWS_COGNITO_USER_POOL_CLIENT_ID", "The pool's app client"),
    plain("AWS_DEFAULT_REGION", "The pool's region"),
    plain(
        "COGNITO_ISSUER",
        "Overrides the issuer made from pool and region",
    ),
    plain(
        "COGNITO_JWKS_URL",
        "Overrides the address of the pool's keys",
    ),
    plain("COGNITO_DOMAIN", "The hosted sign-in page's domain"),
    plain(
        "COGNITO_REDIRECT_URI",
        "Where the hosted sign-in page returns to",
    ),
    plain(
        "DEV_USER_HANDLE",
        "Who a request without a token acts as, from any address",
    ),
    secret(
        "ADMIN_TOKEN",
        "Opens /admin; 32 characters at least [default: made for the embedded database]",
    ),
    plain("RATE_LIMIT", "`on` or `off` [default: on]"),
    plain(
        "RATE_LIMIT_READS",
        "Reads a second of one address [default: 100]",
    ),
    plain(
        "RATE_LIMIT_READ_BURST",
        "Reads at once after a pause [default: 500]",
    ),
    plain(
        "RATE_LIMIT_WRITES",
        "Writes a second of one user [default: 10]",
    ),
    plain(
        "RATE_LIMIT_WRITE_BURST",
        "Writes at once after a pause [default: 60]",
    ),
    plain(
        "TRUSTED_PROXIES",
        "Addresses or networks whose X-Forwarded-For counts, comma-separated",
    ),
    plain("DB_SG_ID", "The security group in front of the database"),
    plain(
        "DB_SG_RULE_ID",
        "The group's rule that lets this machine in",
    ),
    plain(
        "GITPOD_IP",
        "This machine's public address [default: PUBLIC_IP]",
    ),
    plain(
        "PUBLIC_IP",
        "This machine's public address [default: asked of PUBLIC_IP_URLS]",
    ),
    plain("SG_DESCRIPTION", "The rule's description [default: GITPOD]"),
    plain(
        "SG_REQUIRED",
        "`true` ends a server that cannot bring the rule in step [default: false]",
    ),
    plain(
        "PUBLIC_IP_URLS",
        "Who is asked for the public address, comma-separated [default: three providers]",
    ),
    plain(
        "METRICS_PUBLIC",
        "`true` lets anybody read /metrics [default: false]",
    ),
    plain(
        "LOG_FORMAT",
        "`text` or `json` [default: text on a terminal, else json]",
    ),
    plain(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "The OpenTelemetry collector that gets traces, over HTTP [default: none]",
    ),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "Headers for the collector, `name=value,...`",
    ),
    plain(
        "OTEL_SERVICE_NAME",
        "What the traces call this server [default: cruddur]",
    ),
    plain(
        "OTEL_TRACES_SAMPLER",
        "Which requests are traced [default: parentbased_always_on]",
    ),
    plain(
        "OTEL_TRACES_SAMPLER_ARG",
        "The share of them for `traceidratio`, 0 to 1 [default: 1]",
    ),
];
