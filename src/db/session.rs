//! Opens one session on one host, and checks it: it must accept writes, and the settings of the start-up options must
//! apply. A server that refuses these options, as poolers do, gets none; `pooler` then remembers it.

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::pooler::{Pooler, PoolerMemory};
use super::session_settings::SessionSettings;
use super::tls;
use crate::error::Cause;

/// A session and the task that reads and writes its socket.
pub(super) type Session = (Client, JoinHandle<()>);

/// Why a host gave no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0}")]
    Driver(#[source] tokio_postgres::Error),
    #[error("the database server is a standby and refuses writes")]
    ReadOnly,
    #[error("the URL names no host")]
    NoHost,
    #[error("the host name does not resolve")]
    Unresolved(#[source] std::io::Error),
}

impl Refusal {
    /// The cause that an operator reads.
    pub(super) fn into_cause(self) -> Cause {
        match self {
            Self::Driver(error) => tls::explain(error),
            other => other.into(),
        }
    }
}

/// Opens sessions with the same encryption and settings.
#[derive(Clone, Copy)]
pub(super) struct Opener<'a> {
    pub tls: Option<&'a MakeRustlsConnect>,
    pub settings: &'a SessionSettings,
    pub pooler: &'a PoolerMemory,
    /// Whether a server that refuses writes will do.
    pub accepts_read_only: bool,
}

impl Opener<'_> {
    /// Opens a session on the only host of `config`.
    pub(super) async fn open(self, config: &Config) -> Result<Session, Refusal> {
        if self.pooler.is_found() {
            let (session, check) = self.open_checked(config).await?;
            return self.accept(session, &check);
        }
        let mut with_options = config.clone();
        with_options.options(self.settings.options(config.get_options()));
        match self.open_checked(&with_options).await {
            Ok((session, check)) => {
                if !check.has_options {
                    self.pooler.remember(Pooler::Unnamed);
                }
                self.accept(session, &check)
            }
            Err(Refusal::Driver(error)) if refuses_options(&error) => {
                let (session, check) = self.open_checked(config).await?;
                self.pooler.remember(Pooler::of_refusal(&error));
                self.accept(session, &check)
            }
            Err(refusal) => Err(refusal),
        }
    }

    async fn open_checked(self, config: &Config) -> Result<(Session, Check), Refusal> {
        let session = match self.tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                (client, tokio::spawn(connection.map(drop)))
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                (client, tokio::spawn(connection.map(drop)))
            }
        };
        let check = Check::of(&session.0).await?;
        Ok((session, check))
    }

    fn accept(self, session: Session, check: &Check) -> Result<Session, Refusal> {
        match check.is_read_only && !self.accepts_read_only {
            true => Err(Refusal::ReadOnly),
            false => Ok(session),
        }
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

/// What a new session says about itself.
struct Check {
    is_read_only: bool,
    has_options: bool,
}

impl Check {
    /// Not a prepared statement, because a pooler may lose those.
    async fn of(client: &Client) -> Result<Self, tokio_postgres::Error> {
        let messages = client
            .simple_query(include_str!("sql/check_session.sql"))
            .await?;
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(Self {
            is_read_only: row.and_then(|row| row.get("read_only")) != Some("off"),
            has_options: row.and_then(|row| row.get("options")) == Some("on"),
        })
    }
}

/// PgBouncer reports an option that it does not pass on as a violation of the protocol, RDS Proxy as a feature that it
/// does not support.
fn refuses_options(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(state) if ["08P01", "0A000"].contains(&state.code()))
}
