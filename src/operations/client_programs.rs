//! Runs PostgreSQL's client programs (`psql`, `pg_dump`, `pg_restore`) with the connection settings of this
//! program: address, account, password and TLS are in the child's environment and never in its arguments,
//! which every process of the machine can read.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::process::Command;
use tokio_postgres::config::Host;

use crate::config::{DatabaseConfig, all_settings};
use crate::db::{self, Connector};
use crate::error::{Error, Result};

/// The variables that libpq reads. A child does not inherit them, because a variable such as `PGSERVICE`
/// could select another database.
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

/// The client programs of one PostgreSQL version, set up for one database.
pub struct ClientPrograms {
    found: db::embedded::ClientPrograms,
    server_major: u32,
    environment: Vec<(&'static str, OsString)>,
    /// The file of certificate authorities, deleted when this value is dropped.
    _authorities: Option<NamedTempFile>,
}

impl ClientPrograms {
    /// Finds programs of the server's major version, else newer ones.
    ///
    /// # Errors
    /// A database that cannot be reached; missing programs, with the command that installs them.
    pub async fn find(config: &DatabaseConfig, connector: &Connector) -> Result<Self> {
        let client = connector.connect().await?;
        let row = client
            .query_one(include_str!("sql/find_server_version.sql"), &[])
            .await?;
        let number: i32 = row.try_get("version_number")?;
        let major = u32::try_from(number / 10_000).unwrap_or_default();
        let found = db::embedded::find_client_programs(
            config.bin_dir.as_deref(),
            config.search_path.as_deref(),
            major,
        )?;
        let authorities = match connector.is_encrypted() {
            true => Some(write_authorities(&config.authorities)?),
            false => None,
        };
        Ok(Self {
            found,
            server_major: major,
            environment: environment(
                &connector.signed_config().await?,
                connector.database(),
                authorities.as_ref().map(NamedTempFile::path),
            ),
            _authorities: authorities,
        })
    }

    /// The failure of a program, with advice where the program is not of the server's version.
    pub fn explain(&self, failure: Error) -> Error {
        let (found, server) = (self.found.major, self.server_major);
        if found == server {
            return failure;
        }
        let advice = format!(
            "the programs of PostgreSQL {found} failed with a server of PostgreSQL {server}: install those of \
             {server}, or name their directory in PG_BIN_DIR"
        );
        Error::Operator(advice, Some(failure.into()))
    }

    /// The command that runs the program `name`. The child is killed when its handle is dropped.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.found.dir.join(name));
        for name in LIBPQ {
            command.env_remove(name);
        }
        for setting in all_settings().filter(|setting| setting.secret) {
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
    authorities: Option<&Path>,
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
        Some(path) => environment.extend([
            ("PGSSLMODE", "verify-full".into()),
            ("PGSSLROOTCERT", path.into()),
        ]),
        None => environment.push(("PGSSLMODE", "disable".into())),
    }
    environment
}

/// The values separated by commas, as libpq expects several hosts or ports; `None` without a value.
fn list(values: impl Iterator<Item = OsString>) -> Option<OsString> {
    let values: Vec<_> = values.collect();
    (!values.is_empty()).then(|| values.join(std::ffi::OsStr::new(",")))
}

/// The trusted certificate authorities as a file for libpq, readable by its owner only.
fn write_authorities(further: &[PathBuf]) -> Result<NamedTempFile> {
    let unusable = |path: &Path, error: std::io::Error| {
        let advice = format!(
            "cannot use {} for the certificate authorities",
            path.display()
        );
        Error::Operator(advice, Some(error.into()))
    };
    let folder = Path::new("/tmp");
    let mut file = tempfile::Builder::new()
        .prefix("cruddur-ca-")
        .suffix(".pem")
        .tempfile_in(folder)
        .map_err(|error| unusable(folder, error))?;
    let mut texts = vec![db::RDS_AUTHORITIES.to_vec()];
    for path in further {
        texts.push(std::fs::read(path).map_err(|error| unusable(path, error))?);
    }
    for text in texts {
        file.write_all(&text)
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|error| unusable(folder, error))?;
    }
    Ok(file)
}
