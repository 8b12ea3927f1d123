//! Reads that share a statement: each batch sends equal questions once and all different questions in one statement.

use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use indexmap::IndexSet;

use crate::coalescer::{Answers, Coalescer, ReadBatch};
use crate::database::{Database, Lease};
use crate::error::{BatchError, StatementError};
use crate::queue::{BatchConfig, PendingRequest, Queue, fail_all};

/// Questions of type `Q` that are answered together, each with an `A`.
///
/// A request joins the next statement, never the running one, so its answer is not older than the request. Nothing
/// is cached: two requests share an answer only where both arrived before the statement began.
pub struct CoalescedReads<Q, A, E>(Queue<ReadBatch<Q>, Answers<A>, E>);

impl<Q, A, E> CoalescedReads<Q, A, E>
where
    Q: Clone + Eq + Hash + Send + Sync + 'static,
    A: Clone + Send + 'static,
    E: StatementError,
{
    /// Starts the batch workers in the current Tokio runtime; they end with the last [`CoalescedReads`] and
    /// [`Coalescer`]. `read` gets different questions and returns their answers, in the same order and number.
    pub fn new<D, F>(database: D, config: BatchConfig, read: F) -> Self
    where
        D: Database<Error = E>,
        F: for<'a> Fn(&'a D::Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>, E>>
            + Send
            + Sync
            + 'static,
    {
        let shared = Arc::new((database, read));
        Self(Queue::start(config, Vec::len, move |batch| {
            answer_all(shared.clone(), batch).boxed()
        }))
    }

    /// A coalescer for the requests of one thread: their questions reach the same batch workers as one message.
    pub fn for_worker(&self) -> Coalescer<Q, A, E> {
        Coalescer::new(self.0.clone())
    }

    /// Asks from any task, with a message of its own to the batch workers. Where many requests run on one thread's
    /// local tasks, a [`Coalescer`] is cheaper.
    ///
    /// # Errors
    /// [`BatchError::QueueFull`], [`BatchError::Aborted`]; the error of the statement.
    pub async fn ask(&self, question: Q) -> Result<A, E> {
        let waiting = Arc::new(());
        let batch = vec![(question, Arc::downgrade(&waiting))];
        let mut answers = self.0.submit(batch).await?;
        let answer = answers.pop().flatten();
        answer.ok_or_else(|| BatchError::Aborted.into())
    }
}

type PendingReads<Q, A, E> = Vec<PendingRequest<ReadBatch<Q>, Answers<A>, E>>;

async fn answer_all<D, F, Q, A>(shared: Arc<(D, F)>, batch: PendingReads<Q, A, D::Error>)
where
    D: Database,
    F: for<'a> Fn(&'a D::Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>, D::Error>>
        + Send
        + Sync,
    Q: Clone + Eq + Hash + Send + Sync,
    A: Clone + Send,
{
    let mut questions: IndexSet<Q> = IndexSet::new();
    let mut ordinal_of = |question: &Q| questions.insert_full(question.clone()).0;
    // For each message the ordinals of its questions; `None` where no request waits for the answer.
    let ordinals: Vec<Vec<Option<usize>>> = batch
        .iter()
        .map(|pending| {
            let questions = pending.request.iter();
            questions
                .map(|(question, waiting)| {
                    (waiting.strong_count() > 0).then(|| ordinal_of(question))
                })
                .collect()
        })
        .collect();
    let questions: Vec<Q> = questions.into_iter().collect();
    match ask_database(&shared, &questions).await {
        Ok(answers) => {
            let answer = |ordinal: Option<usize>| answers.get(ordinal?).cloned();
            for (pending, ordinals) in batch.into_iter().zip(ordinals) {
                pending.respond(Ok(ordinals.into_iter().map(answer).collect()));
            }
        }
        Err(error) => fail_all(batch, error),
    }
}

async fn ask_database<D, F, Q, A>(shared: &(D, F), questions: &[Q]) -> Result<Vec<A>, D::Error>
where
    D: Database,
    F: for<'a> Fn(&'a D::Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>, D::Error>>,
{
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let (database, read) = shared;
    let lease = Lease::acquire(database).await?;
    let outcome = lease.in_time(read(lease.connection(), questions)).await;
    let answers = lease.release(outcome)?;
    match answers.len() == questions.len() {
        true => Ok(answers),
        false => Err(BatchError::WrongCount {
            expected: questions.len(),
            returned: answers.len(),
        }
        .into()),
    }
}
