//! Idempotent writes: with an idempotency key, one transaction stores the write and the bytes of its response. A write
//! without a key costs no additional statement.

use std::time::{Duration, Instant};

use futures_util::try_join;
use pg_batch::Lease;
use serde::Serialize;

use super::{Connection, Pool, statement};
use crate::domain::idempotency::Key;
use crate::error::{Code, Error, Result};

/// How long a request waits for the first request with its key, or for a row that another transaction has locked.
const RETRY_TIMEOUT: Duration = Duration::from_secs(2);
/// The shortest pause before a key in flight is tried again; the longest is twice as long, chosen at random.
const RETRY_INTERVAL: Duration = Duration::from_millis(15);
/// The shortest first pause before a locked row is tried again. Most locks are those of other batches, which last a few
/// milliseconds.
const BUSY_INTERVAL: Duration = Duration::from_millis(2);
/// How often that pause doubles: up to 32 to 64 ms.
const MAX_DOUBLINGS: u32 = 4;

/// The outcome of one write of a batch.
#[derive(Debug)]
pub enum WriteOutcome {
    /// The write is stored; its answer as JSON.
    Done(Vec<u8>),
    /// The write is not stored, for this reason.
    Refused(Code),
    /// Another request with the same key has not finished; the caller tries again.
    KeyInFlight,
    /// Another transaction has locked a row that the write needs; the caller tries again.
    Busy,
}

impl Pool {
    /// Runs `work` and returns its value as JSON. Of the requests with the same key and body only the first one runs
    /// `work`, and all return the same bytes.
    ///
    /// # Errors
    /// The error of `work`, which is not stored; [`Code::IdempotencyKeyReused`] for another body under the key;
    /// [`Code::IdempotencyKeyInFlight`] while the first request still runs after two seconds.
    pub async fn write<T: Serialize>(
        &self,
        key: Option<&Key>,
        work: impl AsyncFn(&Connection) -> Result<T>,
    ) -> Result<Vec<u8>> {
        let Some(key) = key else {
            return json(&self.run(work).await?);
        };
        retry(async || {
            let lease = Lease::acquire(self).await?;
            let db = lease.connection();
            let write = async |_: &[usize]| {
                let answer = json(&work(db).await?)?;
                Ok(vec![WriteOutcome::Done(answer)])
            };
            let outcome = lease.in_time(write_together(db, &[Some(key)], write)).await;
            match lease.release(outcome) {
                Ok(mut outcomes) => Ok(outcomes.pop().unwrap_or(WriteOutcome::KeyInFlight)),
                Err(error) if error.is_retryable() => Ok(WriteOutcome::KeyInFlight),
                Err(error) => Err(error),
            }
        })
        .await
    }
}

/// Calls `attempt` until its write is stored or refused, for two seconds at most. The caller holds no connection during
/// the pauses.
///
/// # Errors
/// The errors of `attempt`; [`Code::IdempotencyKeyInFlight`] or [`Error::Unavailable`] after the two seconds.
pub(super) async fn retry(attempt: impl AsyncFn() -> Result<WriteOutcome>) -> Result<Vec<u8>> {
    let deadline = Instant::now() + RETRY_TIMEOUT;
    let mut busy_tries = 0;
    loop {
        match attempt().await? {
            WriteOutcome::Done(answer) => return Ok(answer),
            WriteOutcome::Refused(code) => return Err(code.into()),
            WriteOutcome::KeyInFlight if Instant::now() >= deadline => {
                return Err(Code::IdempotencyKeyInFlight.into());
            }
            WriteOutcome::KeyInFlight => pause(RETRY_INTERVAL).await,
            WriteOutcome::Busy if Instant::now() >= deadline => {
                return Err(Error::Unavailable(
                    "another transaction has locked a row",
                    None,
                ));
            }
            WriteOutcome::Busy => {
                pause(BUSY_INTERVAL * (1 << u32::min(busy_tries, MAX_DOUBLINGS))).await;
                busy_tries += 1;
            }
        }
    }
}

/// A pause of `shortest` to twice as long, chosen at random.
async fn pause(shortest: Duration) {
    tokio::time::sleep(shortest.mul_f64(rand::random_range(1.0..2.0))).await;
}

/// The state of a key in the database.
enum Claim {
    /// The key is new, and locked by this transaction.
    Locked,
    /// Another transaction has locked it.
    InFlight,
    /// The same body was written; the stored response.
    Answered(Vec<u8>),
    /// Another body was written.
    Reused,
}

/// Runs `work` for the writes that are neither stored nor in flight, and returns an outcome for each of `keys`. `work`
/// gets the ordinals of these writes and returns an outcome for each, in their order. Everything is one transaction;
/// where no write has a key, the statement of `work` is the transaction. No key may occur twice.
///
/// # Errors
/// The error of a statement; then nothing is stored.
pub(super) async fn write_together(
    db: &Connection,
    keys: &[Option<&Key>],
    work: impl AsyncFnOnce(&[usize]) -> Result<Vec<WriteOutcome>>,
) -> Result<Vec<WriteOutcome>> {
    if keys.iter().all(Option::is_none) {
        let ordinals: Vec<usize> = (0..keys.len()).collect();
        return work(&ordinals).await;
    }
    let outcomes = transact(db, keys, work).await;
    if outcomes.is_err() {
        db.end("rollback").await?;
    }
    outcomes
}

async fn transact(
    db: &Connection,
    keys: &[Option<&Key>],
    work: impl AsyncFnOnce(&[usize]) -> Result<Vec<WriteOutcome>>,
) -> Result<Vec<WriteOutcome>> {
    let mut outcomes = Vec::with_capacity(keys.len());
    let mut ordinals = Vec::new();
    for (ordinal, claim) in claim_all(db, keys).await?.into_iter().enumerate() {
        outcomes.push(match claim {
            Claim::Locked => {
                ordinals.push(ordinal);
                // A placeholder for the outcome that `work` returns.
                WriteOutcome::KeyInFlight
            }
            Claim::InFlight => WriteOutcome::KeyInFlight,
            Claim::Answered(answer) => WriteOutcome::Done(answer),
            Claim::Reused => WriteOutcome::Refused(Code::IdempotencyKeyReused),
        });
    }
    if !ordinals.is_empty() {
        let written = work(&ordinals).await?;
        if written.len() != ordinals.len() {
            let cause = format!("{} outcomes for {} writes", written.len(), ordinals.len());
            return Err(Error::internal(
                "a batch has a wrong number of outcomes",
                cause,
            ));
        }
        for (ordinal, outcome) in ordinals.iter().zip(written) {
            outcomes[*ordinal] = outcome;
        }
    }
    let answers =
        ordinals
            .iter()
            .filter_map(|&ordinal| match (keys[ordinal], &outcomes[ordinal]) {
                (Some(key), WriteOutcome::Done(answer)) => Some((key, answer.as_slice())),
                _ => None,
            });
    let answers: Vec<(&Key, &[u8])> = answers.collect();
    keep_and_commit(db, &answers).await?;
    Ok(outcomes)
}

/// Locks the keys and finds their stored responses. The locks need a statement of their own, so that the next statement
/// sees the rows that the previous holders of the locks have committed.
async fn claim_all(db: &Connection, keys: &[Option<&Key>]) -> Result<Vec<Claim>> {
    let locks: Vec<Option<i64>> = keys.iter().map(|key| key.map(Key::lock_id)).collect();
    let part = |of: fn(&Key) -> &str| -> Vec<Option<&str>> {
        keys.iter().map(|key| key.map(of)).collect()
    };
    let subjects = part(|key| &key.subject);
    let routes = part(|key| &key.route);
    let values = part(|key| &key.value);
    let lock_sql = include_str!("sql/try_lock_idempotency_keys.sql");
    let find_sql = include_str!("sql/find_idempotent_answers.sql");
    // Prepared first, so that the three statements are pipelined in this order.
    db.prepare_cached(lock_sql).await?;
    db.prepare_cached(find_sql).await?;
    let ((), locked, found) = try_join!(
        db.begin(),
        async { statement::rows(db, lock_sql, &[&locks]).await },
        async { statement::rows(db, find_sql, &[&subjects, &routes, &values]).await },
    )?;
    let mut claims = Vec::with_capacity(keys.len());
    for row in &locked {
        claims.push(match row.try_get::<_, Option<bool>>("locked")? {
            Some(false) => Claim::InFlight,
            Some(true) | None => Claim::Locked,
        });
    }
    for row in &found {
        let ordinal = usize::try_from(row.try_get::<_, i64>("ordinal")? - 1).unwrap_or_default();
        if let (Some(claim @ Claim::Locked), Some(key)) = (claims.get_mut(ordinal), keys[ordinal]) {
            *claim = match row.try_get::<_, &[u8]>("fingerprint")? == key.fingerprint {
                true => Claim::Answered(row.try_get("answer")?),
                false => Claim::Reused,
            };
        }
    }
    Ok(claims)
}

async fn keep_and_commit(db: &Connection, answers: &[(&Key, &[u8])]) -> Result<()> {
    let commit = db.end("commit");
    if answers.is_empty() {
        return commit.await;
    }
    let part =
        |of: fn(&Key) -> &str| -> Vec<&str> { answers.iter().map(|(key, _)| of(key)).collect() };
    let subjects = part(|key| &key.subject);
    let routes = part(|key| &key.route);
    let values = part(|key| &key.value);
    let fingerprints: Vec<&[u8]> = answers
        .iter()
        .map(|(key, _)| &key.fingerprint[..])
        .collect();
    let bytes: Vec<&[u8]> = answers.iter().map(|(_, answer)| *answer).collect();
    let sql = include_str!("sql/insert_idempotent_answers.sql");
    db.prepare_cached(sql).await?;
    let kept = async {
        statement::execute(
            db,
            sql,
            &[&subjects, &routes, &values, &fingerprints, &bytes],
        )
        .await
    };
    try_join!(kept, commit)?;
    Ok(())
}

/// Removes at most `limit` answers that are older than 24 hours, and returns how many it removed.
///
/// # Errors
/// The error of the statement.
pub async fn delete_old_answers(db: &Connection, limit: i64) -> Result<u64> {
    statement::execute(
        db,
        include_str!("sql/delete_old_idempotent_answers.sql"),
        &[&limit],
    )
    .await
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| Error::internal("a response cannot be written as JSON", error))
}
