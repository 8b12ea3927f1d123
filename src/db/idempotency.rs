//! Writes that happen once: with an idempotency key, the write and the bytes of its answer are one
//! transaction. Without a key a write is whatever it was, and no slower.

use std::time::{Duration, Instant};

use futures_util::try_join;
use serde::Serialize;

use super::pool::discard_on_error;
use super::{Connection, Pool, statement};
use crate::domain::idempotency::Key;
use crate::error::{Code, Error, Result};

/// How long a request waits for the first one with its key.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
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
        once: Option<&Key>,
        work: impl AsyncFn(&Connection) -> Result<T>,
    ) -> Result<Vec<u8>> {
        let Some(once) = once else {
            return json(&self.run(async |db| work(db).await).await?);
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let only = async |db: &Connection| {
                write_together(db, &[Some(once)], async |_| Ok(vec![Ok(work(db).await?)])).await
            };
            match discard_on_error(self.get().await?, only).await {
                Ok(mut outcomes) => match outcomes.pop() {
                    Some(Ok(Some(answer))) => return Ok(answer),
                    Some(Err(error)) => return Err(error),
                    Some(Ok(None)) | None => {}
                },
                Err(error) if !error.is_retryable() => return Err(self.noticed(error)),
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                return Err(Code::IdempotencyKeyInFlight.into());
            }
            pause().await;
        }
    }
}

/// Before another look at a key that somebody else holds. Nobody waits with a connection in hand.
pub(super) async fn pause() {
    tokio::time::sleep(POLL.mul_f64(rand::random_range(1.0..2.0))).await;
}

/// What is known of a key.
enum Claim {
    /// Nobody has used it, and it is ours until the end of the transaction.
    Ours,
    /// Another request holds it.
    Held,
    Answered(Vec<u8>),
    Reused,
}

/// Does `work` for those of many writes that are to be done, told by their places, and returns for
/// each the bytes of its answer; `None` where another request holds its key. All is one transaction;
/// without any key it is `work`'s own. No key may be there twice.
///
/// # Errors
/// Of an error nothing has happened.
pub(super) async fn write_together<T: Serialize>(
    db: &Connection,
    keys: &[Option<&Key>],
    work: impl AsyncFnOnce(&[usize]) -> Result<Vec<Result<T>>>,
) -> Result<Vec<Result<Option<Vec<u8>>>>> {
    if keys.iter().all(Option::is_none) {
        let places: Vec<usize> = (0..keys.len()).collect();
        let outcomes = work(&places).await?;
        return Ok(outcomes
            .into_iter()
            .map(|outcome| json(&outcome?).map(Some))
            .collect());
    }
    let outcome = transact(db, keys, work).await;
    if outcome.is_err() {
        db.batch_execute("rollback").await?;
    }
    outcome
}

async fn transact<T: Serialize>(
    db: &Connection,
    keys: &[Option<&Key>],
    work: impl AsyncFnOnce(&[usize]) -> Result<Vec<Result<T>>>,
) -> Result<Vec<Result<Option<Vec<u8>>>>> {
    let mut outcomes: Vec<Result<Option<Vec<u8>>>> = Vec::with_capacity(keys.len());
    let mut places = Vec::new();
    for (place, claim) in claim_all(db, keys).await?.into_iter().enumerate() {
        outcomes.push(match claim {
            Claim::Ours => {
                places.push(place);
                Ok(None)
            }
            Claim::Held => Ok(None),
            Claim::Answered(answer) => Ok(Some(answer)),
            Claim::Reused => Err(Code::IdempotencyKeyReused.into()),
        });
    }
    let mut answers = Vec::new();
    if !places.is_empty() {
        for (place, outcome) in places.iter().zip(work(&places).await?) {
            outcomes[*place] = outcome.and_then(|value| json(&value)).map(Some);
        }
    }
    for &place in &places {
        if let (Some(once), Ok(Some(answer))) = (keys[place], &outcomes[place]) {
            answers.push((once, answer.as_slice()));
        }
    }
    keep_and_commit(db, &answers).await?;
    Ok(outcomes)
}

/// A statement of its own takes the locks: the next one sees what their last holders have committed.
async fn claim_all(db: &Connection, keys: &[Option<&Key>]) -> Result<Vec<Claim>> {
    let locks: Vec<Option<i64>> = keys.iter().map(|once| once.map(Key::lock_id)).collect();
    let part = |of: fn(&Key) -> &str| -> Vec<Option<&str>> {
        keys.iter().map(|once| once.map(of)).collect()
    };
    let subjects = part(|once| &once.subject);
    let routes = part(|once| &once.route);
    let names = part(|once| &once.value);
    let lock_sql = include_str!("sql/try_lock_idempotency_keys.sql");
    let find_sql = include_str!("sql/find_idempotent_answers.sql");
    // Prepared before, so that the three go out together and in this order.
    db.prepare_cached(lock_sql).await?;
    db.prepare_cached(find_sql).await?;
    let ((), locked, found) = try_join!(
        async { Ok::<_, Error>(db.batch_execute("begin").await?) },
        async { statement::rows(db, lock_sql, &[&locks]).await },
        async { statement::rows(db, find_sql, &[&subjects, &routes, &names]).await },
    )?;
    let mut claims = Vec::with_capacity(keys.len());
    for row in &locked {
        claims.push(match row.try_get::<_, Option<bool>>("locked")? {
            Some(false) => Claim::Held,
            Some(true) | None => Claim::Ours,
        });
    }
    for row in &found {
        let place = usize::try_from(row.try_get::<_, i64>("place")? - 1).unwrap_or_default();
        if let (Some(claim @ Claim::Ours), Some(once)) = (claims.get_mut(place), keys[place]) {
            *claim = match row.try_get::<_, &[u8]>("fingerprint")? == once.fingerprint {
                true => Claim::Answered(row.try_get("answer")?),
                false => Claim::Reused,
            };
        }
    }
    Ok(claims)
}

async fn keep_and_commit(db: &Connection, answers: &[(&Key, &[u8])]) -> Result<()> {
    let commit = async { Ok(db.batch_execute("commit").await?) };
    if answers.is_empty() {
        return commit.await;
    }
    let part =
        |of: fn(&Key) -> &str| -> Vec<&str> { answers.iter().map(|(once, _)| of(once)).collect() };
    let subjects = part(|once| &once.subject);
    let routes = part(|once| &once.route);
    let names = part(|once| &once.value);
    let fingerprints: Vec<&[u8]> = answers
        .iter()
        .map(|(once, _)| &once.fingerprint[..])
        .collect();
    let bytes: Vec<&[u8]> = answers.iter().map(|(_, answer)| *answer).collect();
    let sql = include_str!("sql/insert_idempotent_answers.sql");
    db.prepare_cached(sql).await?;
    let kept = async {
        statement::execute(
            db,
            sql,
            &[&subjects, &routes, &names, &fingerprints, &bytes],
        )
        .await
    };
    try_join!(kept, commit)?;
    Ok(())
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

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::internal("an answer cannot be written", error))
}
