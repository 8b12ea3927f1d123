//! PostgreSQL's own programs (`psql`, `pg_dump`, `pg_restore`) with our connection: address,
//! account, password and TLS travel in the child's environment, never in its arguments, which every
//! process of the machine can read.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;
use tokio_postgres::config::Host;

use crate::config::{DatabaseConfig, SETTINGS};
use crate::db::{self, Connector};
use crate::error::{Cause, Error, Result};

/// What libpq reads from the environment. Ours is set, the caller's is not passed on: a stray
/// `PGSERVICE` must not lead to another database.
const LIBPQ: [&str; 34] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGREQUIREAUTH",
    "PGCHANNELBINDING",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGOPTIONS",
    "PGAPPNAME",
    "PGSSLMODE",
    "PGREQUIRESSL",
    "PGSSLCOMPRESSION",
    "PGSSLNEGOTIATION",
    "PGSSLCERT",
    "PGSSLCERTMODE",
    "PGSSLKEY",
    "PGSSLROOTCERT",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGSSLSNI",
    "PGSSLMINPROTOCOLVERSION",
    "PGSSLMAXPROTOCOLVERSION",
    "PGREQUIREPEER",
    "PGGSSENCMODE",
    "PGKRBSRVNAME",
    "PGTARGETSESSIONATTRS",
    "PGLOADBALANCEHOSTS",
    "PGCONNECT_TIMEOUT",
    "PGCLIENTENCODING",
    "PGTZ",
];

/// The programs of one PostgreSQL client, ready to reach one database.
pub struct Programs {
    dir: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    _authorities: Option<AuthoritiesFile>,
}

impl Programs {
    /// Those that are as new as the server: an older `pg_dump` refuses a newer server.
    ///
    /// # Errors
    /// A database that cannot be reached; no such programs, saying how to get them.
    pub async fn find(config: &DatabaseConfig, connector: &Connector) -> Result<Self> {
        let client = connector.connect().await?;
        let row = client
            .query_one(include_str!("sql/find_server_version.sql"), &[])
            .await?;
        let number: i32 = row.try_get("version_number")?;
        let major = u32::try_from(number / 10_000).unwrap_or_default();
        let dir = db::embedded::find_client_programs(
            config.bin_dir.as_deref(),
            config.search_path.as_deref(),
            major,
        )?;
        let authorities = match connector.is_encrypted() {
            true => Some(AuthoritiesFile::write(&config.authorities)?),
            false => None,
        };
        Ok(Self {
            dir,
            environment: environment(
                &connector.signed_config().await?,
                connector.database(),
                authorities.as_ref(),
            ),
            _authorities: authorities,
        })
    }

    /// One of them, about to be run. It ends with us.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.dir.join(name));
        for name in LIBPQ {
            command.env_remove(name);
        }
        for setting in SETTINGS.iter().filter(|setting| setting.secret) {
            command.env_remove(setting.name);
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.kill_on_drop(true);
        command
    }
}

fn environment(
    config: &tokio_postgres::Config,
    database: &str,
    authorities: Option<&AuthoritiesFile>,
) -> Vec<(&'static str, OsString)> {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => OsString::from(name),
        Host::Unix(path) => path.clone().into_os_string(),
    });
    let addresses = config.get_hostaddrs().iter().map(|a| a.to_string().into());
    let ports = config
        .get_ports()
        .iter()
        .map(|port| port.to_string().into());
    let mut environment = vec![
        ("PGDATABASE", database.into()),
        ("PGAPPNAME", "cruddur".into()),
        ("PGCONNECT_TIMEOUT", "3".into()),
    ];
    for (name, value) in [
        ("PGHOST", list(hosts)),
        ("PGHOSTADDR", list(addresses)),
        ("PGPORT", list(ports)),
        ("PGUSER", config.get_user().map(OsString::from)),
        ("PGOPTIONS", config.get_options().map(OsString::from)),
        (
            "PGPASSWORD",
            config
                .get_password()
                .map(|password| std::ffi::OsStr::from_bytes(password).to_owned()),
        ),
    ] {
        environment.extend(value.map(|value| (name, value)));
    }
    match authorities {
        Some(AuthoritiesFile(path)) => environment.extend([
            ("PGSSLMODE", "verify-full".into()),
            ("PGSSLROOTCERT", path.clone().into_os_string()),
        ]),
        None => environment.push(("PGSSLMODE", "disable".into())),
    }
    environment
}

/// Several hosts, and their ports, in the order of the connection URL.
fn list(values: impl Iterator<Item = OsString>) -> Option<OsString> {
    let values: Vec<_> = values.collect();
    (!values.is_empty()).then(|| values.join(std::ffi::OsStr::new(",")))
}

/// The certificate authorities that we believe, as a file for libpq; it goes with the value.
struct AuthoritiesFile(PathBuf);

impl AuthoritiesFile {
    fn write(further: &[PathBuf]) -> Result<Self> {
        let name = format!("cruddur-ca-{:016x}.pem", rand::random::<u64>());
        let path = Path::new("/tmp").join(name);
        let unusable = |path: &Path, cause: Cause| {
            let advice = format!("{} cannot be used for certificates", path.display());
            Error::Operator(advice, Some(cause))
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| unusable(&path, error.into()))?;
        let authorities = Self(path);
        let mut write = |bytes: &[u8]| {
            file.write_all(bytes)
                .and_then(|()| file.write_all(b"\n"))
                .map_err(|error| unusable(&authorities.0, error.into()))
        };
        write(db::RDS_AUTHORITIES)?;
        for path in further {
            write(&std::fs::read(path).map_err(|error| unusable(path, error.into()))?)?;
        }
        Ok(authorities)
    }
}

impl Drop for AuthoritiesFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
