//! Opens one connection with the configured addresses, encryption and time-outs. `pool` keeps connections, and `hosts`
//! chooses among several hosts.

mod for_pool;
pub(super) mod settings;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use secrecy::ExposeSecret;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::embedded;
use super::hosts::Hosts;
use super::pooler::PoolerMemory;
use super::session::{Opener, Refusal, Session};
use super::session_settings::SessionSettings;
use super::tls;
use crate::aws::TokenSigner;
use crate::config::{DatabaseConfig, DatabaseLocation};
use crate::error::{Error, Result, chain};

/// How long connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request to cancel a statement may take, which opens a connection of its own.
const CANCEL_TIMEOUT: Duration = Duration::from_millis(250);
const NO_DATABASE: &str =
    "the database does not exist; `cruddur db create` (bin/db-create) makes it";
const APPLICATION_NAME: &str = "cruddur";
/// The prefix of the `application_name` of this server's own connections; a random id of the process follows.
const SERVER_APPLICATION_NAME: &str = "cruddur-server:";

/// Opens connections to one database, all with the same settings.
#[derive(Clone)]
pub struct Connector {
    config: tokio_postgres::Config,
    tls: Option<MakeRustlsConnect>,
    hosts: Arc<Hosts>,
    settings: SessionSettings,
    /// The statements that begin a transaction with these settings.
    begin: Arc<str>,
    /// Whether each transaction begins with them, even where no pooler is found.
    begins_always: bool,
    pooler: Arc<PoolerMemory>,
    embedded: bool,
    is_prod: bool,
    /// A random id of this process.
    instance: u32,
    /// Signs the IAM authentication tokens that replace the password.
    signer: Option<Arc<TokenSigner>>,
}

impl Connector {
    /// The connector for the configured database.
    ///
    /// # Errors
    /// A certificate file that cannot be read or holds no certificate.
    pub fn new(database: &DatabaseConfig) -> Result<Self> {
        let (mut config, encrypted) = match &database.target {
            DatabaseLocation::Embedded(settings) => {
                (embedded::driver_config(&settings.config()), false)
            }
            DatabaseLocation::Url(url) => {
                if url.tls_refused {
                    tracing::warn!(
                        "sslmode=disable: the connection to the database is not encrypted"
                    );
                }
                (url.config.clone(), url.tls)
            }
        };
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION_NAME);
        }
        config
            .connect_timeout(CONNECT_TIMEOUT)
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(5));
        let tls = match encrypted {
            true => Some(MakeRustlsConnect::new(tls::client_config(
                &database.authorities,
            )?)),
            false => None,
        };
        let connector = Self {
            hosts: Arc::default(),
            settings: SessionSettings::default(),
            begin: Arc::default(),
            begins_always: false,
            pooler: Arc::default(),
            config,
            tls,
            instance: rand::random(),
            embedded: matches!(database.target, DatabaseLocation::Embedded(_)),
            is_prod: false,
            signer: TokenSigner::for_database(database).map(Arc::new),
        };
        // PostgreSQL ends a session whose client has vanished from the network.
        Ok(connector.with_settings(|settings| {
            settings
                .with_network("tcp_keepalives_idle", 10)
                .with_network("tcp_keepalives_interval", 5)
                .with_network("tcp_keepalives_count", 3)
                .with_network("tcp_user_timeout", 20_000)
        }))
    }

    /// This connector, with IAM authentication tokens that `signer` signs.
    #[must_use]
    pub fn with_signer(self, signer: TokenSigner) -> Self {
        Self {
            signer: Some(Arc::new(signer)),
            ..self
        }
    }

    /// This connector, for the database of `PROD_CONNECTION_URL`.
    #[must_use]
    pub fn for_prod(self) -> Self {
        Self {
            is_prod: true,
            ..self
        }
    }

    /// The name of the database that this connects to.
    pub fn database(&self) -> &str {
        self.config
            .get_dbname()
            .or_else(|| self.config.get_user())
            .unwrap_or("postgres")
    }

    /// This connector, for the database `name` of the same server.
    pub fn for_database(&self, name: &str) -> Self {
        let mut connector = self.clone();
        connector.config.dbname(name);
        connector
    }

    /// This connector, with the `application_name` of this server's own connections.
    pub fn for_server(&self) -> Self {
        let mut connector = self.clone();
        connector
            .config
            .application_name(format!("{SERVER_APPLICATION_NAME}{:08x}", self.instance));
        connector
    }

    pub(super) fn driver_config(&self) -> &tokio_postgres::Config {
        &self.config
    }

    /// Whether the database is the embedded one, a child process of this program.
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// Whether the database is that of `PROD_CONNECTION_URL`.
    pub fn is_prod(&self) -> bool {
        self.is_prod
    }

    /// Whether connections are encrypted, with the certificate verified.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// A connection outside of any pool, without a statement time-out, for long work.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after three seconds, or at once where the server refuses the connection.
    pub async fn connect(&self) -> Result<Client> {
        let attempt = async {
            let config = self.signed_config().await?;
            let opened = self.open(&config).await;
            opened.map_err(|refusal| {
                let text = match &refusal {
                    Refusal::Driver(error)
                        if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) =>
                    {
                        NO_DATABASE
                    }
                    _ => "could not connect",
                };
                Error::Unavailable(text, Some(refusal.into_cause()))
            })
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, attempt).await {
            Ok(connected) => connected.map(|(client, _)| client),
            Err(elapsed) => Err(Error::Unavailable(
                "could not connect in time",
                Some(elapsed.into()),
            )),
        }
    }

    /// Asks PostgreSQL to cancel the statement that runs on a connection, and waits until the connection answers again: a
    /// pooler may lose the request of a client that disconnects at once. Has no effect where the server cannot be reached;
    /// then its statement time-out ends the statement.
    pub(super) async fn cancel(&self, client: &Client) {
        let token = client.cancel_token();
        let cancel = async {
            match &self.tls {
                Some(tls) => token.cancel_query(tls.clone()).await?,
                None => token.cancel_query(NoTls).await?,
            }
            client.check_connection().await
        };
        match tokio::time::timeout(CANCEL_TIMEOUT, cancel).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(error = chain(&error), "a statement could not be cancelled");
            }
            Err(_) => tracing::debug!("a statement could not be cancelled in time"),
        }
    }

    /// The configuration of one connection, with a new authentication token where IAM is configured.
    ///
    /// # Errors
    /// The token cannot be signed.
    pub async fn signed_config(&self) -> Result<tokio_postgres::Config> {
        let mut config = self.config.clone();
        if let Some(signer) = &self.signer {
            config.password(signer.sign().await?.expose_secret());
        }
        Ok(config)
    }

    async fn open(&self, config: &tokio_postgres::Config) -> Result<Session, Refusal> {
        let opener = Opener {
            tls: self.tls.as_ref(),
            settings: &self.settings,
            pooler: &self.pooler,
        };
        let open =
            |config: tokio_postgres::Config| async move { opener.open(&config).await }.boxed();
        self.hosts.connect(config, &open).await
    }
}
