//! Writes that share a statement and a commit: each item has an outcome of its own, which is returned after the
//! commit.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::database::{Database, Lease};
use crate::error::{BatchError, Failure, StatementError};
use crate::queue::{BatchConfig, Entry, Queue, Sizes, fail_all};

/// How often a statement with a single item is sent while it loses races.
const MAX_TRIES: u32 = 3;

/// Items of type `W` that are stored together, each with an outcome `O`.
pub struct GroupedWrites<W, O, E>(Queue<W, O, E>);

impl<W, O, E> GroupedWrites<W, O, E>
where
    W: Send + Sync + 'static,
    O: Send + 'static,
    E: StatementError,
{
    /// Starts the batch workers in the current Tokio runtime; they end when this is dropped.
    ///
    /// `write` stores all items in one statement or one transaction and returns an outcome for each, in their
    /// order, after the commit. Where it fails, nothing may have been stored and no transaction may be left open:
    /// after a [`Failure::Row`] or a [`Failure::Race`] each half of the batch is tried alone, down to the one
    /// item that fails; an item that loses a race alone is tried three times.
    pub fn new<D, F>(database: D, config: BatchConfig, write: F) -> Self
    where
        D: Database<Error = E>,
        F: for<'a> Fn(&'a D::Connection, &'a [&'a W]) -> BoxFuture<'a, Result<Vec<O>, E>>
            + Send
            + Sync
            + 'static,
    {
        let shared = Arc::new((database, write));
        let observed = shared.clone();
        Self(Queue::start(
            config,
            Sizes::one_each(),
            move |event| observed.0.observe(event),
            move |batch| {
                let shared = shared.clone();
                async move { write_all(&shared, batch).await }.boxed()
            },
        ))
    }

    /// As [`new`](Self::new), for items of which two with equal keys must not share a transaction. The first one of a batch is
    /// written; each later one gets the outcome `duplicate` at once, for the caller to submit it again. `key` is
    /// `None` for an item that conflicts with no other.
    pub fn with_unique_keys<D, F, K>(
        database: D,
        config: BatchConfig,
        key: fn(&W) -> Option<K>,
        duplicate: fn() -> O,
        write: F,
    ) -> Self
    where
        D: Database<Error = E>,
        F: for<'a> Fn(&'a D::Connection, &'a [&'a W]) -> BoxFuture<'a, Result<Vec<O>, E>>
            + Send
            + Sync
            + 'static,
        K: Eq + Hash + Send + 'static,
    {
        let shared = Arc::new((database, write));
        let observed = shared.clone();
        Self(Queue::start(
            config,
            Sizes::one_each(),
            move |event| observed.0.observe(event),
            move |batch| {
                let shared = shared.clone();
                async move {
                    let batch = without_duplicates(batch, key, duplicate);
                    write_all(&shared, batch).await;
                }
                .boxed()
            },
        ))
    }

    /// Stores the item together with others, and returns its outcome after the commit.
    ///
    /// # Errors
    /// [`BatchError::QueueFull`], [`BatchError::Aborted`]; the error of the statement for this item.
    pub async fn write(&self, item: W) -> Result<O, E> {
        self.0.submit(item).await
    }
}

type Entries<W, O, E> = Vec<Entry<W, O, E>>;

/// Responds to every item whose key another item of the batch has, and returns the rest.
fn without_duplicates<W, O, E, K: Eq + Hash>(
    batch: Entries<W, O, E>,
    key: fn(&W) -> Option<K>,
    duplicate: fn() -> O,
) -> Entries<W, O, E> {
    let mut keys = HashSet::new();
    let (first, repeated): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .partition(|entry| key(&entry.content).is_none_or(|key| keys.insert(key)));
    for entry in repeated {
        entry.respond(Ok(duplicate()));
    }
    first
}

async fn write_all<D, F, W, O>(shared: &(D, F), batch: Entries<W, O, D::Error>)
where
    D: Database,
    F: for<'a> Fn(&'a D::Connection, &'a [&'a W]) -> BoxFuture<'a, Result<Vec<O>, D::Error>> + Sync,
    W: Sync,
{
    let mut parts = vec![(batch, 1)];
    while let Some((mut part, tries)) = parts.pop() {
        let error = match write_part(shared, &part).await {
            Ok(outcomes) => {
                for (entry, outcome) in part.into_iter().zip(outcomes) {
                    entry.respond(Ok(outcome));
                }
                continue;
            }
            Err(error) => error,
        };
        match error.failure() {
            Failure::Row | Failure::Race if part.len() > 1 => {
                let second_half = part.split_off(part.len() / 2);
                parts.push((second_half, 1));
                parts.push((part, 1));
            }
            Failure::Race if tries < MAX_TRIES => parts.push((part, tries + 1)),
            _ => fail_all(part, error),
        }
    }
}

async fn write_part<D, F, W, O>(
    shared: &(D, F),
    part: &Entries<W, O, D::Error>,
) -> Result<Vec<O>, D::Error>
where
    D: Database,
    F: for<'a> Fn(&'a D::Connection, &'a [&'a W]) -> BoxFuture<'a, Result<Vec<O>, D::Error>>,
{
    let (database, write) = shared;
    let items: Vec<&W> = part.iter().map(|entry| &entry.content).collect();
    let lease = Lease::acquire(database).await?;
    let outcome = lease.in_time(write(lease.connection(), &items)).await;
    let outcomes = lease.release(outcome)?;
    match outcomes.len() == items.len() {
        true => Ok(outcomes),
        false => Err(BatchError::WrongCount {
            expected: items.len(),
            returned: outcomes.len(),
        }
        .into()),
    }
}
