//! Writes that happen once: with an idempotency key, the write and the bytes of its answer are one
//! transaction. Without a key a write is whatever it was, and no slower.

use std::time::{Duration, Instant};

use deadpool_postgres::Object;
use serde::Serialize;

use super::{Connection, Pool, statement};
use crate::error::{Code, Error, Result};
use crate::http::Once;

/// How long a request waits for the first one with its key.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks; as much again is added at random.
const POLL: Duration = Duration::from_millis(15);

impl Pool {
    /// Does `work` and returns its value as JSON; of requests that are the same, the first one does
    /// it and all get the same bytes.
    ///
    /// # Errors
    /// What `work` fails with, which is not kept; [`Code::IdempotencyKeyReused`] for another body
    /// under the key; [`Code::IdempotencyKeyInFlight`] while the first one still runs after two
    /// seconds.
    pub async fn write<T: Serialize>(
        &self,
        once: Option<&Once<'_>>,
        work: impl AsyncFn(&Connection) -> Result<T>,
    ) -> Result<Vec<u8>> {
        let Some(once) = once else {
            return json(&self.run(async |db| work(db).await).await?);
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.try_once(once, &work).await {
                Ok(Some(answer)) => return Ok(answer),
                Err(error) if !error.is_retryable() => return Err(self.noticed(error)),
                Ok(None) | Err(_) if Instant::now() >= deadline => {
                    return Err(Code::IdempotencyKeyInFlight.into());
                }
                Ok(None) | Err(_) => {
                    // Nobody waits with a connection in hand.
                    tokio::time::sleep(POLL.mul_f64(rand::random_range(1.0..2.0))).await;
                }
            }
        }
    }

    /// `None` while another request holds the key.
    async fn try_once<T: Serialize>(
        &self,
        once: &Once<'_>,
        work: &impl AsyncFn(&Connection) -> Result<T>,
    ) -> Result<Option<Vec<u8>>> {
        let transaction = Transaction::begin(self.get().await?).await?;
        let outcome = answer(transaction.client(), once, work).await;
        match &outcome {
            Ok(Some(_)) => transaction.end("commit").await?,
            _ => transaction.end("rollback").await?,
        }
        outcome
    }
}

/// The kept answer, or a new one, kept. A statement of its own takes the lock: the next one sees
/// what its last holder has committed.
async fn answer<T: Serialize>(
    db: &Connection,
    once: &Once<'_>,
    work: &impl AsyncFn(&Connection) -> Result<T>,
) -> Result<Option<Vec<u8>>> {
    let lock = include_str!("sql/try_lock_idempotency_key.sql");
    let row = statement::row(db, lock, &[&once.lock()]).await?;
    if !row.is_some_and(|row| row.get("locked")) {
        return Ok(None);
    }
    let row = statement::row(
        db,
        include_str!("sql/find_idempotent_answer.sql"),
        &[&once.subject, &once.route, &once.key],
    )
    .await?;
    if let Some(row) = row {
        return match row.try_get::<_, &[u8]>("fingerprint")? == once.fingerprint {
            true => Ok(Some(row.try_get("answer")?)),
            false => Err(Code::IdempotencyKeyReused.into()),
        };
    }
    let answer = json(&work(db).await?)?;
    statement::execute(
        db,
        include_str!("sql/insert_idempotent_answer.sql"),
        &[
            &once.subject,
            &once.route,
            &once.key,
            &&once.fingerprint[..],
            &answer,
        ],
    )
    .await?;
    Ok(Some(answer))
}

/// Removes at most `limit` answers that nobody can ask for any more, and says how many they were.
pub async fn delete_old_answers(db: &Connection, limit: i64) -> Result<u64> {
    statement::execute(
        db,
        include_str!("sql/delete_old_idempotent_answers.sql"),
        &[&limit],
    )
    .await
}

/// A connection within a transaction. Where a request is dropped half way the connection is closed
/// with it, which undoes everything; it never returns to the pool like that.
struct Transaction(Option<Connection>);

impl Transaction {
    async fn begin(connection: Connection) -> Result<Self> {
        let transaction = Self(Some(connection));
        transaction.client().batch_execute("begin").await?;
        Ok(transaction)
    }

    fn client(&self) -> &Connection {
        self.0.as_ref().expect("only `end` and `drop` take it")
    }

    async fn end(mut self, how: &str) -> Result<()> {
        self.client().batch_execute(how).await?;
        self.0.take();
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::internal("an answer cannot be written", error))
}
