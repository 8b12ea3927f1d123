//! Writes of many in one statement and one commit, each with its own outcome: one bad row never
//! fails its neighbours, and nobody is told before the commit.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use tokio::time::Instant;

use super::{Lanes, Queue, Waiting, on_connection, refuse, serve};
use crate::db::idempotency::{self, PATIENCE};
use crate::db::{Connection, Pool};
use crate::domain::idempotency::Key;
use crate::error::{Code, Error, Result};

/// How often one write that lost a race is tried.
const TRIES: u32 = 3;

/// Stores all of these in one statement and says of each, in their order, what became of it.
type Write<W, A> = for<'a> fn(&'a Connection, &'a [&'a W]) -> BoxFuture<'a, Result<Vec<Result<A>>>>;

/// Writes that are done together.
pub struct Writes<W>(Queue<Arc<Request<W>>, Option<Vec<u8>>>);

struct Request<W> {
    once: Option<Key>,
    new: W,
}

impl<W: Send + Sync + 'static> Writes<W> {
    /// Needs a runtime, in which the lanes run.
    pub fn new<A>(pool: &Pool, lanes: Lanes, write: Write<W, A>) -> Result<Self>
    where
        A: Serialize + Send + 'static,
    {
        let pool = pool.for_batches(lanes.count)?;
        Ok(Self(serve(
            lanes,
            |_| 1,
            move |batch| write_all(pool.clone(), write, batch).boxed(),
        )))
    }

    /// Stores `new` and returns it as JSON, after the commit; of requests that are the same, the
    /// first one does it and all get the same bytes.
    ///
    /// # Errors
    /// Those of [`Pool::write`]; [`Error::Unavailable`] when too many wait.
    pub async fn write(&self, once: Option<Key>, new: W) -> Result<Vec<u8>> {
        let deadline = Instant::now() + PATIENCE;
        let request = Arc::new(Request { once, new });
        loop {
            match self.0.ask(request.clone()).await? {
                Some(answer) => return Ok(answer),
                None if Instant::now() >= deadline => {
                    return Err(Code::IdempotencyKeyInFlight.into());
                }
                None => idempotency::pause().await,
            }
        }
    }
}

type Batch<W> = Vec<Waiting<Arc<Request<W>>, Option<Vec<u8>>>>;

async fn write_all<W, A>(pool: Pool, write: Write<W, A>, batch: Batch<W>)
where
    W: Send + Sync,
    A: Serialize + Send,
{
    // A transaction has each key once: for who repeats it, another request holds it.
    let mut keys = HashSet::new();
    let (first, repeated): (Batch<W>, Batch<W>) = batch.into_iter().partition(|one| {
        let once = one.question.once.as_ref();
        once.is_none_or(|once| keys.insert(once.lock_id()))
    });
    for one in repeated {
        one.tell(Ok(None));
    }
    write_apart(&pool, write, first).await;
}

/// One bad row fails its whole statement, and then nothing of it has happened: each half is tried by
/// itself, down to the one that is to blame.
async fn write_apart<W, A>(pool: &Pool, write: Write<W, A>, batch: Batch<W>)
where
    W: Send + Sync,
    A: Serialize + Send,
{
    let mut parts = vec![(batch, 1)];
    while let Some((mut part, tries)) = parts.pop() {
        match try_together(pool, write, &part).await {
            Ok(outcomes) => {
                for (one, outcome) in part.into_iter().zip(outcomes) {
                    one.tell(outcome);
                }
            }
            Err(error) if part.len() > 1 && error.is_of_a_row() => {
                let half = part.split_off(part.len() / 2);
                parts.push((half, 1));
                parts.push((part, 1));
            }
            Err(error) if error.is_retryable() && tries < TRIES => parts.push((part, tries + 1)),
            Err(error) => refuse(part, error),
        }
    }
}

async fn try_together<W, A>(
    pool: &Pool,
    write: Write<W, A>,
    part: &Batch<W>,
) -> Result<Vec<Result<Option<Vec<u8>>>>>
where
    W: Send + Sync,
    A: Serialize + Send,
{
    let keys: Vec<Option<&Key>> = part.iter().map(|one| one.question.once.as_ref()).collect();
    on_connection(pool, async |db| {
        idempotency::write_together(db, &keys, async |places| {
            let new: Vec<&W> = places
                .iter()
                .map(|&place| &part[place].question.new)
                .collect();
            let outcomes = write(db, &new).await?;
            match outcomes.len() == new.len() {
                true => Ok(outcomes),
                false => Err(Error::internal(
                    "a batch has too few outcomes",
                    "the statement is wrong",
                )),
            }
        })
        .await
    })
    .await
}
