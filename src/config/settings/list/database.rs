//! The settings of the database.

use crate::config::settings::setting::DefaultValue::{Described, Unset, Value};
use crate::config::settings::setting::Section::Database;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
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
            "DATABASE_PASSWORD",
            Described("the password of CONNECTION_URL"),
            "Password for a CONNECTION_URL without one",
        )
        .secret()
        .details(
            "For a password that a store of secrets keeps by itself, as AWS Secrets Manager does; it is not \
             percent-encoded.",
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
            "DB_TUNNEL_TARGET",
            Unset,
            "Instance or container through which `db tunnel` and --tunnel reach the database",
        )
        .details("`i-…`, `mi-…` or `ecs:CLUSTER_TASK_RUNTIME`, managed by AWS Systems Manager."),
    Database
        .setting(
            "DB_POOL_SIZE",
            Described("2 × cores + 4"),
            "Largest number of connections in the pool that requests share",
        )
        .details("1 to 65535. Up to 28 further ones serve batches, searches, messages, probes and `/admin`."),
    Database
        .setting(
            "DB_MAX_CONNECTIONS",
            Unset,
            "Largest number of connections of a server, batches and probes included",
        )
        .details(
            "3 to 65535, for a database or a pooler with few sessions. `/admin` opens further ones while its calls run.",
        ),
];
