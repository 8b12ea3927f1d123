//! What an operator reads where no connection was opened: the address, the reason and what to do.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;

use super::Connector;
use crate::config::DATABASE_PORT;
use crate::db::session::Refusal;
use crate::error::{ConnectionFailure, Error, chain};

/// The driver's text before the reason.
const DRIVER_PREFIX: &str = "error connecting to server: ";

impl Connector {
    /// The error of an attempt that `refusal` has ended.
    pub(super) fn failure(&self, refusal: Refusal) -> Error {
        let place = match self.is_embedded() {
            true => format!("the embedded database at {}", addresses(&self.config)),
            false => format!("the database at {}", addresses(&self.config)),
        };
        let sql_state = match &refusal {
            Refusal::Driver(error) => error.code().cloned(),
            _ => None,
        };
        let advice = self.advice(&refusal, sql_state.as_ref());
        let reason = chain(&*refusal.into_cause());
        let reason = reason.strip_prefix(DRIVER_PREFIX).unwrap_or(&reason);
        Error::NoConnection(Box::new(ConnectionFailure {
            finding: format!("Cannot connect to {place}: {reason}"),
            advice,
            sql_state,
        }))
    }

    fn advice(&self, refusal: &Refusal, sql_state: Option<&SqlState>) -> String {
        let setting = match self.is_prod() {
            true => "PROD_CONNECTION_URL",
            false => "CONNECTION_URL",
        };
        match refusal {
            Refusal::ReadOnly => format!("Name the server that accepts writes in {setting}."),
            Refusal::NoHost => format!("Name a host in {setting}."),
            Refusal::Unresolved(_) => format!("Correct the host in {setting}."),
            Refusal::Late => not_admitted(setting),
            Refusal::Driver(error) => match (sql_state, io_error(error)) {
                (Some(state), _) => advice_for_state(state, setting),
                (None, Some(ErrorKind::TimedOut | ErrorKind::HostUnreachable)) => {
                    not_admitted(setting)
                }
                (None, Some(ErrorKind::ConnectionRefused | ErrorKind::NotFound)) => {
                    match self.is_embedded() {
                        true => "Run the command again.".to_owned(),
                        false => format!(
                            "Start PostgreSQL there, or correct the host and the port in {setting}."
                        ),
                    }
                }
                _ => "`cruddur doctor` checks each part of the connection.".to_owned(),
            },
        }
    }
}

fn advice_for_state(state: &SqlState, setting: &str) -> String {
    match state {
        &SqlState::INVALID_CATALOG_NAME => {
            "Create it with `cruddur db create` (bin/db-create).".to_owned()
        }
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            format!("Correct the user and the password in {setting}, or DATABASE_PASSWORD.")
        }
        &SqlState::TOO_MANY_CONNECTIONS => {
            "End other sessions, or raise max_connections on the server.".to_owned()
        }
        &SqlState::CANNOT_CONNECT_NOW => "Try again when it has started.".to_owned(),
        _ => format!("Correct {setting}, or see the log of the database."),
    }
}

fn not_admitted(setting: &str) -> String {
    format!(
        "Admit this machine in the firewall or the security group of the database (`cruddur sg status`), or correct \
         the host and the port in {setting}."
    )
}

/// The addresses of the hosts, such as `db.example.com:5432`.
fn addresses(config: &Config) -> String {
    let ports = config.get_ports();
    let port = |position: usize| ports.get(position).or(ports.first()).copied();
    let at = |name: &str, position| {
        let name = match name.contains(':') && !name.starts_with('[') {
            true => format!("[{name}]"),
            false => name.to_owned(),
        };
        format!("{name}:{}", port(position).unwrap_or(DATABASE_PORT))
    };
    let hosts = config.get_hosts();
    let mut addresses: Vec<_> = hosts
        .iter()
        .enumerate()
        .map(|(position, host)| match host {
            Host::Tcp(name) => at(name, position),
            #[cfg(unix)]
            Host::Unix(directory) => format!("the socket in {}", directory.display()),
        })
        .collect();
    if addresses.is_empty() {
        let bare = config.get_hostaddrs().iter().enumerate();
        addresses.extend(bare.map(|(position, address)| at(&address.to_string(), position)));
    }
    addresses.join(" or ")
}

/// The kind of the I/O error among the causes.
fn io_error(error: &tokio_postgres::Error) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = cause.source();
    }
    None
}
