//! The database and its environment: `CONNECTION_URL`, `DATABASE_PASSWORD`, `PROD_CONNECTION_URL`,
//! `CRUDDUR_ENV`, `CRUDDUR_DATA_DIR`, `PG_BIN_DIR`, `DATABASE_AUTH`, `DB_CA_FILE`, `DB_POOL_SIZE`,
//! `DB_MAX_CONNECTIONS`. `db` connects to it.

use std::ffi::OsString;
use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::{AwsConfig, ConnectionUrl, Environment, Settings};

/// The setting of the database that `--prod` selects.
const PROD_CONNECTION_URL: &str = "PROD_CONNECTION_URL";

/// One database and how to connect to it.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// Where the database is.
    pub target: DatabaseLocation,
    /// How connections authenticate.
    pub auth: DatabaseAuth,
    /// The environment that a new database is stamped with.
    pub environment: Environment,
    /// The largest number of connections in the pool.
    pub pool_size: usize,
    /// The largest number of connections of a server, if it has a bound.
    pub max_connections: Option<usize>,
    /// PEM files of certificate authorities to trust in addition to the built-in ones.
    pub authorities: Vec<PathBuf>,
    /// `PG_BIN_DIR`, the directory of PostgreSQL's programs.
    pub bin_dir: Option<PathBuf>,
    /// `PATH`, where the search for these programs begins without `bin_dir`.
    pub search_path: Option<OsString>,
}

/// How the server authenticates to the database.
#[derive(Debug, Clone)]
pub enum DatabaseAuth {
    /// With the password of the URL, or without one.
    Password,
    /// With a new authentication token of AWS IAM for every connection.
    Iam(AwsConfig),
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum DatabaseLocation {
    /// In a PostgreSQL server that this program runs.
    Embedded(EmbeddedSettings),
    /// At a connection URL.
    Url(Box<ConnectionUrl>),
}

/// The settings of the embedded database.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// `CRUDDUR_DATA_DIR`, or the data directory of the platform.
    pub data_dir: PathBuf,
    /// `PG_BIN_DIR`, the directory of PostgreSQL's programs.
    pub bin_dir: Option<PathBuf>,
    /// `PATH`, where the search for PostgreSQL's programs begins.
    pub search_path: Option<OsString>,
}

impl DatabaseConfig {
    /// The database of `CONNECTION_URL`, else the embedded one.
    pub fn read(settings: &mut Settings) -> Self {
        Self::read_url(settings, "CONNECTION_URL")
    }

    /// The connection URL; `None` for the embedded database.
    pub fn url(&self) -> Option<&ConnectionUrl> {
        match &self.target {
            DatabaseLocation::Url(url) => Some(url),
            DatabaseLocation::Embedded(_) => None,
        }
    }

    /// The database of `PROD_CONNECTION_URL` only.
    pub fn read_prod(settings: &mut Settings) -> Self {
        if settings.secret(PROD_CONNECTION_URL).is_none() {
            settings.problem(
                PROD_CONNECTION_URL,
                "must be set: --prod selects that database",
            );
        }
        Self::read_url(settings, PROD_CONNECTION_URL)
    }

    /// The database of `CONNECTION_URL` only: for a program that must not start the embedded one.
    pub fn read_outside(settings: &mut Settings) -> Self {
        if settings.secret("CONNECTION_URL").is_none() {
            settings.problem(
                "CONNECTION_URL",
                "must be set: this program does not start the embedded database",
            );
        }
        Self::read_url(settings, "CONNECTION_URL")
    }

    pub(super) fn read_url(settings: &mut Settings, name: &str) -> Self {
        let mut url = settings.secret(name).and_then(|text| {
            ConnectionUrl::parse(text.expose_secret())
                .map_err(|problem| settings.problem(name, &problem))
                .ok()
        });
        let is_prod = name == PROD_CONNECTION_URL;
        if !is_prod {
            add_password(settings, url.as_mut());
        }
        let is_local = url.as_ref().is_none_or(ConnectionUrl::is_local);
        let default_environment = if is_local {
            Environment::Development
        } else {
            Environment::Production
        };
        let stated_environment = settings.parse("CRUDDUR_ENV", "`development` or `production`");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut authorities: Vec<PathBuf> = url
            .iter()
            .filter_map(|url| url.root_certificate.clone())
            .collect();
        authorities.extend(settings.text("DB_CA_FILE").map(PathBuf::from));
        Self {
            auth: DatabaseAuth::read(settings, name, url.as_ref()),
            // A tunnel to the production database ends on this machine, and `CRUDDUR_ENV` tells the environment of
            // the other database.
            environment: match is_prod {
                true => Environment::Production,
                false => stated_environment.unwrap_or(default_environment),
            },
            pool_size: settings
                .parse("DB_POOL_SIZE", "a number from 1 to 65535")
                .map_or(2 * cores + 4, |size: std::num::NonZeroU16| {
                    usize::from(size.get())
                }),
            max_connections: max_connections(settings),
            authorities,
            bin_dir: settings.text("PG_BIN_DIR").map(PathBuf::from),
            search_path: settings.raw("PATH"),
            target: match url {
                Some(url) => DatabaseLocation::Url(Box::new(url)),
                None => DatabaseLocation::Embedded(EmbeddedSettings::read(settings)),
            },
        }
    }
}

/// Adds `DATABASE_PASSWORD` to the URL.
fn add_password(settings: &mut Settings, url: Option<&mut ConnectionUrl>) {
    let name = "DATABASE_PASSWORD";
    let Some(password) = settings.secret(name) else {
        return;
    };
    match url {
        Some(url) if url.config.get_password().is_none() => {
            url.config.password(password.expose_secret());
        }
        Some(_) => settings.problem(name, "must not be set: CONNECTION_URL has a password"),
        None => settings.problem(name, "must not be set without a valid CONNECTION_URL"),
    }
}

/// A server needs one connection for its probes, and two for requests that wait for each other's locks.
const FEWEST_CONNECTIONS: usize = 3;

fn max_connections(settings: &mut Settings) -> Option<usize> {
    let name = "DB_MAX_CONNECTIONS";
    let max: u16 = settings.parse(name, "a number from 3 to 65535")?;
    if usize::from(max) < FEWEST_CONNECTIONS {
        settings.problem(
            name,
            &format!("must be a number from 3 to 65535, but is `{max}`"),
        );
    }
    Some(usize::from(max))
}

impl DatabaseAuth {
    fn read(settings: &mut Settings, name: &str, url: Option<&ConnectionUrl>) -> Self {
        let wanted = settings.text("DATABASE_AUTH");
        match (wanted.as_deref(), url) {
            (None | Some("password"), _) => return Self::Password,
            // A token is a password for 15 minutes, so the connection must be encrypted.
            (Some("iam"), Some(url)) if url.tls && url.config.get_hosts().len() == 1 => {}
            (Some("iam"), Some(_)) => settings.problem(
                name,
                "must name one server over TLS for DATABASE_AUTH=iam: add sslmode=verify-full",
            ),
            // A malformed URL has been recorded as a problem already.
            (Some("iam"), None) => {
                if settings.secret(name).is_none() {
                    settings.problem("DATABASE_AUTH", &format!("`iam` needs {name}"));
                }
            }
            (Some(_), _) => settings.problem("DATABASE_AUTH", "must be `password` or `iam`"),
        }
        Self::Iam(AwsConfig::read(settings))
    }
}

impl EmbeddedSettings {
    fn read(settings: &mut Settings) -> Self {
        let data_dir = settings.text("CRUDDUR_DATA_DIR").map(PathBuf::from);
        let data_dir = data_dir
            .or_else(|| platform_data_dir(settings))
            .unwrap_or_else(|| {
                settings.problem(
                    "CRUDDUR_DATA_DIR",
                    "must be set: the default is below the home directory, and HOME is not set",
                );
                PathBuf::new()
            });
        Self {
            data_dir: std::path::absolute(&data_dir).unwrap_or(data_dir),
            bin_dir: settings.text("PG_BIN_DIR").map(PathBuf::from),
            search_path: settings.raw("PATH"),
        }
    }
}

fn platform_data_dir(settings: &mut Settings) -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/cruddur"));
    }
    if let Some(data_home) = settings.text("XDG_DATA_HOME") {
        return Some(PathBuf::from(data_home).join("cruddur"));
    }
    let home = PathBuf::from(settings.text("HOME")?);
    let below = if cfg!(target_os = "macos") {
        "Library/Application Support"
    } else {
        ".local/share"
    };
    Some(home.join(below).join("cruddur"))
}
