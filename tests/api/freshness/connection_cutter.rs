//! Terminates the database connections of one server, as an outage would. The application name of its sessions
//! identifies the server.

use std::cell::Cell;

use tokio_postgres::Client;

use crate::support::Database;

/// Responses between two cuts.
const RESPONSES_BETWEEN_CUTS: usize = 100;

/// Terminates the connections of the server with one application name.
pub struct ConnectionCutter {
    client: Client,
    name: String,
    cuts: Cell<usize>,
}

impl ConnectionCutter {
    /// The application names of the servers that are connected to a database.
    pub async fn application_names(database: &Database) -> Vec<String> {
        let query = "select distinct application_name
            from pg_stat_activity
            where datname = current_database() and application_name like 'cruddur-server:%'";
        let rows = database.connect().await.query(query, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// A cutter for the one server whose application name is not among the `known` ones.
    pub async fn for_other_than(known: &[String], database: &Database) -> Self {
        let mut names = Self::application_names(database).await;
        names.retain(|name| !known.contains(name));
        assert_eq!((known.len(), names.len()), (1, 1));
        Self {
            client: database.connect().await,
            name: names.remove(0),
            cuts: Cell::default(),
        }
    }

    /// Cuts the connections if `responses`, the number of responses so far, is a multiple of
    /// [`RESPONSES_BETWEEN_CUTS`].
    pub async fn cut_after(&self, responses: usize) {
        if !responses.is_multiple_of(RESPONSES_BETWEEN_CUTS) {
            return;
        }
        let cut = "select pg_terminate_backend(pid)
            from pg_stat_activity
            where application_name = $1";
        let terminated = self.client.query(cut, &[&self.name]).await.unwrap();
        self.cuts
            .set(self.cuts.get() + usize::from(!terminated.is_empty()));
    }

    /// The number of cuts that terminated a connection.
    pub fn cuts(&self) -> usize {
        self.cuts.get()
    }
}
