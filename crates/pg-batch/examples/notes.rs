//! Stores a hundred notes from a hundred tasks and reads them back, and prints the number of statements.
//!
//! ```sh
//! cargo run --example notes -- postgresql://localhost/postgres
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use deadpool_postgres::{Manager, Object, Pool, PoolError};
use futures_util::FutureExt;
use futures_util::future::try_join_all;
use pg_batch::{
    BatchConfig, BatchError, CoalescedReads, Database, Failure, GroupedWrites, StatementError,
};
use tokio_postgres::NoTls;

/// One worker, so one connection: the temporary table exists only in its session.
const CONFIG: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 64,
};

#[derive(Clone)]
struct Postgres(Pool);

/// Errors are shared by all requests of a batch, so the error is cheap to clone.
#[derive(Debug, Clone, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error("no connection")]
    Pool(#[source] Arc<PoolError>),
    #[error("a statement failed")]
    Statement(#[source] Arc<tokio_postgres::Error>),
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Statement(Arc::new(error))
    }
}

impl StatementError for Error {
    fn failure(&self) -> Failure {
        match self {
            Self::Statement(error) => match error.code() {
                Some(state) => Failure::of_sql_state(state.code()),
                // An error without a SQLSTATE does not come from the server.
                None => Failure::Connection,
            },
            Self::Batch(BatchError::TimedOut(_)) | Self::Pool(_) => Failure::Connection,
            Self::Batch(_) => Failure::Statement,
        }
    }

    fn shared(self) -> impl Fn() -> Self {
        move || self.clone()
    }
}

impl Database for Postgres {
    type Connection = Object;
    type Error = Error;

    async fn acquire(&self) -> Result<Object, Error> {
        let connection = self.0.get().await;
        connection.map_err(|error| Error::Pool(Arc::new(error)))
    }

    fn discard(&self, connection: Object, _: Option<&Error>) {
        // Taken out of the pool, the connection closes when it is dropped.
        drop(Object::take(connection));
    }

    fn statement_timeout(&self) -> Duration {
        Duration::from_secs(3)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args()
        .nth(1)
        .context("the argument is missing: a connection URL")?;
    let manager = Manager::new(url.parse()?, NoTls);
    let postgres = Postgres(Pool::builder(manager).max_size(CONFIG.workers).build()?);
    let create = "create temporary table note (
        id bigint generated always as identity primary key,
        text text not null check (text <> '')
    )";
    postgres.acquire().await?.batch_execute(create).await?;

    let writes = Arc::new(AtomicUsize::new(0));
    let counted = writes.clone();
    let store = GroupedWrites::new(postgres.clone(), CONFIG, move |db, texts: &[&String]| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            let statement = "insert into note (text) select unnest($1::text[]) returning id";
            let rows = db.query(statement, &[&texts]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        }
        .boxed()
    });
    let ids: Vec<i64> =
        try_join_all((0..100).map(|number| store.write(format!("note {number}")))).await?;
    let refused = store.write(String::new()).await;
    assert!(refused.is_err(), "the table's check refuses an empty note");

    let reads = Arc::new(AtomicUsize::new(0));
    let counted = reads.clone();
    let notes = CoalescedReads::new(postgres, CONFIG, move |db, ids: &[i64]| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            let statement = "select note.text
                from unnest($1::bigint[]) with ordinality as request (id, ordinal)
                left join note using (id)
                order by request.ordinal";
            let rows = db.query(statement, &[&ids]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        }
        .boxed()
    });
    let texts: Vec<Option<String>> = try_join_all(ids.iter().map(|id| notes.read(*id))).await?;
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(text.as_deref(), Some(&*format!("note {number}")));
    }
    println!(
        "101 writes in {} statements, 100 reads in {} statements",
        writes.load(Ordering::Relaxed),
        reads.load(Ordering::Relaxed),
    );
    Ok(())
}
