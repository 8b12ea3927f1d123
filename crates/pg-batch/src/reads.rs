//! Reads that share a statement: each batch sends equal requests once and all different requests in one statement.

use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use indexmap::IndexSet;

use crate::coalescer::{Coalescer, Requests, Responses};
use crate::database::{Database, Lease};
use crate::error::{BatchError, StatementError};
use crate::queue::{BatchConfig, Entry, Queue, Sizes, fail_all};

/// Requests of type `Q` that are served together, each with a response `R`.
///
/// A request joins the next statement, never the running one, so its response is not older than the request. Nothing
/// is cached: two requests share a response only where both arrived before the statement began.
pub struct CoalescedReads<Q, R, E>(Queue<Requests<Q>, Responses<R>, E>);

impl<Q, R, E> CoalescedReads<Q, R, E>
where
    Q: Clone + Eq + Hash + Send + Sync + 'static,
    R: Clone + Send + 'static,
    E: StatementError,
{
    /// Starts the batch workers in the current Tokio runtime; they end with the last [`CoalescedReads`] and
    /// [`Coalescer`]. `read` gets different requests and returns their responses, in the same order and number.
    pub fn new<D, F>(database: D, config: BatchConfig, read: F) -> Self
    where
        D: Database<Error = E>,
        F: for<'a> Fn(&'a D::Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<R>, E>>
            + Send
            + Sync
            + 'static,
    {
        let shared = Arc::new((database, read));
        let observed = shared.clone();
        let sizes = Sizes {
            requests: Vec::len,
            callers: |requests: &Requests<Q>| {
                requests
                    .iter()
                    .map(|(_, callers)| callers.strong_count())
                    .sum()
            },
        };
        Self(Queue::start(
            config,
            sizes,
            move |event| observed.0.observe(event),
            move |batch| read_all(shared.clone(), batch).boxed(),
        ))
    }

    /// A coalescer for one thread, which sends that thread's requests to the batch workers of this value.
    pub fn for_worker(&self) -> Coalescer<Q, R, E> {
        Coalescer::new(self.0.clone())
    }

    /// Sends the request from any task, as one message to the batch workers. For many local tasks of one thread, a
    /// [`Coalescer`] is cheaper.
    ///
    /// # Errors
    /// [`BatchError::QueueFull`], [`BatchError::Aborted`]; the error of the statement.
    pub async fn read(&self, request: Q) -> Result<R, E> {
        let caller = Arc::new(());
        let requests = vec![(request, Arc::downgrade(&caller))];
        let mut responses = self.0.submit(requests).await?;
        let response = responses.pop().flatten();
        response.ok_or_else(|| BatchError::Aborted.into())
    }
}

type Entries<Q, R, E> = Vec<Entry<Requests<Q>, Responses<R>, E>>;

async fn read_all<D, F, Q, R>(shared: Arc<(D, F)>, batch: Entries<Q, R, D::Error>)
where
    D: Database,
    F: for<'a> Fn(&'a D::Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<R>, D::Error>>
        + Send
        + Sync,
    Q: Clone + Eq + Hash + Send + Sync,
    R: Clone + Send,
{
    let mut different: IndexSet<Q> = IndexSet::new();
    let mut index_of = |request: &Q| different.insert_full(request.clone()).0;
    // For each entry the indexes of its requests; `None` where no caller waits for the response.
    let indexes: Vec<Vec<Option<usize>>> = batch
        .iter()
        .map(|entry| {
            let requests = entry.content.iter();
            requests
                .map(|(request, caller)| (caller.strong_count() > 0).then(|| index_of(request)))
                .collect()
        })
        .collect();
    let different: Vec<Q> = different.into_iter().collect();
    match run_statement(&shared, &different).await {
        Ok(responses) => {
            let response = |index: Option<usize>| responses.get(index?).cloned();
            for (entry, indexes) in batch.into_iter().zip(indexes) {
                entry.respond(Ok(indexes.into_iter().map(response).collect()));
            }
        }
        Err(error) => fail_all(batch, error),
    }
}

async fn run_statement<D, F, Q, R>(shared: &(D, F), requests: &[Q]) -> Result<Vec<R>, D::Error>
where
    D: Database,
    F: for<'a> Fn(&'a D::Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<R>, D::Error>>,
{
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let (database, read) = shared;
    let lease = Lease::acquire(database).await?;
    let outcome = lease.in_time(read(lease.connection(), requests)).await;
    let responses = lease.release(outcome)?;
    match responses.len() == requests.len() {
        true => Ok(responses),
        false => Err(BatchError::WrongCount {
            expected: requests.len(),
            returned: responses.len(),
        }
        .into()),
    }
}
