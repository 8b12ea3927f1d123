//! Reads for many at once: equal questions are asked once, different ones in one statement.

use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use indexmap::IndexSet;

use super::desk::{Answers, Desk, Parcel};
use super::{Lanes, Waiting, on_connection, refuse, serve};
use crate::db::{Connection, Pool};
use crate::error::Result;

/// Answers all these different questions, in their order.
type Read<Q, A> =
    dyn for<'a> Fn(&'a Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>>> + Send + Sync;

/// Questions that are answered together.
pub struct Reads<Q, A>(Desk<Q, A>);

impl<Q, A> Reads<Q, A>
where
    Q: Clone + Eq + Hash + Send + Sync + 'static,
    A: Clone + Send + 'static,
{
    /// Needs a runtime, in which the lanes run. `read` answers as many as it was asked.
    pub fn new(
        pool: &Pool,
        lanes: Lanes,
        read: impl for<'a> Fn(&'a Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>>>
        + Send
        + Sync
        + 'static,
    ) -> Result<Self> {
        let (pool, read) = (pool.for_batches(lanes.count)?, Arc::new(read));
        let queue = serve(lanes, Vec::len, move |batch| {
            answer_all(pool.clone(), read.clone(), batch).boxed()
        });
        Ok(Self(Desk::new(queue)))
    }

    /// The same lanes, for the requests of another worker.
    pub fn for_worker(&self) -> Self {
        Self(self.0.beside())
    }

    /// The answer of a statement that began after this was called, which only a worker's local tasks may do.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable) when too many wait; what the statement failed
    /// with.
    pub async fn ask(&self, question: Q) -> Result<A> {
        self.0.ask(question).await
    }
}

async fn answer_all<Q, A>(
    pool: Pool,
    read: Arc<Read<Q, A>>,
    batch: Vec<Waiting<Parcel<Q>, Answers<A>>>,
) where
    Q: Clone + Eq + Hash + Send + Sync,
    A: Clone + Send,
{
    let mut questions: IndexSet<Q> = IndexSet::new();
    let mut place_of = |question: &Q| questions.insert_full(question.clone()).0;
    // Of each parcel's questions, those for which somebody still waits.
    let places: Vec<Vec<Option<usize>>> = batch
        .iter()
        .map(|parcel| {
            let asked = parcel.question.iter();
            asked
                .map(|(question, alive)| (alive.strong_count() > 0).then(|| place_of(question)))
                .collect()
        })
        .collect();
    let questions: Vec<Q> = questions.into_iter().collect();
    let outcome = match questions.is_empty() {
        true => Ok(Vec::new()),
        false => on_connection(&pool, async |db| read(db, &questions).await).await,
    };
    match outcome {
        Ok(answers) => {
            let answer = |place: Option<usize>| answers.get(place?).cloned();
            for (parcel, places) in batch.into_iter().zip(places) {
                parcel.tell(Ok(places.into_iter().map(answer).collect()));
            }
        }
        Err(error) => refuse(batch, error),
    }
}
