//! How `deadpool_postgres` opens the connections of a pool.

use deadpool_postgres::Connect;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_postgres::{Config, NoTls};

use super::Connector;
use crate::db::session::{Refusal, Session};
use crate::error::{Cause, chain};

impl Connect for Connector {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<Session, tokio_postgres::Error>> {
        async {
            let opened = match self.signed_config().await {
                Ok(config) => self.open(&config).await,
                Err(error) => return self.refuse(error.into()).await,
            };
            match opened {
                Ok(session) => Ok(session),
                Err(Refusal::Driver(error)) => Err(error),
                Err(refusal) => self.refuse(refusal.into()).await,
            }
        }
        .boxed()
    }
}

impl Connector {
    /// Only the driver can make an error of its type: that of a connection which ends at once.
    async fn refuse(&self, cause: Cause) -> Result<Session, tokio_postgres::Error> {
        tracing::error!(error = chain(&*cause), "cannot connect to the database");
        let ended = tokio::io::join(tokio::io::empty(), tokio::io::sink());
        let refused = self.config.connect_raw(ended, NoTls).await;
        refused.map(|(client, connection)| (client, tokio::spawn(connection.map(drop))))
    }
}
