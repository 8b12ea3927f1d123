//! Cuts the database connections of one server, as an outage would, by its sessions' name.

use std::cell::Cell;

use tokio_postgres::Client;

use crate::support::Database;

/// Answers between two cuts.
const PAUSE: usize = 100;

pub struct Knife {
    client: Client,
    name: String,
    cuts: Cell<usize>,
}

impl Knife {
    /// The names that the servers on a database give to their sessions.
    pub async fn names(database: &Database) -> Vec<String> {
        let names = "select distinct application_name
            from pg_stat_activity
            where datname = current_database() and application_name like 'cruddur-server:%'";
        let rows = database.connect().await.query(names, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// For the one server whose name is not among the `known`.
    pub async fn for_other_than(known: &[String], database: &Database) -> Self {
        let mut names = Self::names(database).await;
        names.retain(|name| !known.contains(name));
        assert_eq!((known.len(), names.len()), (1, 1));
        Self {
            client: database.connect().await,
            name: names.remove(0),
            cuts: Cell::default(),
        }
    }

    /// Cuts now and then, as the number of answers grows.
    pub async fn cut_after(&self, answers: usize) {
        if !answers.is_multiple_of(PAUSE) {
            return;
        }
        let cut = "select pg_terminate_backend(pid)
            from pg_stat_activity
            where application_name = $1";
        let ended = self.client.query(cut, &[&self.name]).await.unwrap();
        self.cuts
            .set(self.cuts.get() + usize::from(!ended.is_empty()));
    }

    pub fn cuts(&self) -> usize {
        self.cuts.get()
    }
}
