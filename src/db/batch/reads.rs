//! Reads for many at once: equal questions are asked once, different ones in one statement.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Lanes, Queue, Waiting, on_connection, serve};
use crate::db::{Connection, Pool};
use crate::error::{Error, Result};

/// Answers all these different questions, in their order.
type Read<Q, A> =
    dyn for<'a> Fn(&'a Connection, &'a [Q]) -> BoxFuture<'a, Result<Vec<A>>> + Send + Sync;

/// Questions that are answered together.
pub struct Reads<Q, A>(Queue<Q, A>);

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
        Ok(Self(serve(lanes, move |batch| {
            answer_all(pool.clone(), read.clone(), batch).boxed()
        })))
    }

    /// The answer of a statement that began after this was called.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait; what the statement failed with.
    pub async fn ask(&self, question: Q) -> Result<A> {
        self.0.ask(question).await
    }
}

async fn answer_all<Q, A>(pool: Pool, read: Arc<Read<Q, A>>, batch: Vec<Waiting<Q, A>>)
where
    Q: Clone + Eq + Hash + Send + Sync,
    A: Clone + Send,
{
    let mut questions: Vec<Q> = Vec::new();
    let mut places: HashMap<Q, usize> = HashMap::new();
    let mut waiting: Vec<(usize, Waiting<Q, A>)> = Vec::with_capacity(batch.len());
    for one in batch {
        let place = *places
            .entry(one.question.clone())
            .or_insert_with_key(|question| {
                questions.push(question.clone());
                questions.len() - 1
            });
        waiting.push((place, one));
    }
    let outcome = on_connection(&pool, async |db| read(db, &questions).await).await;
    match outcome {
        Ok(answers) => {
            for (place, one) in waiting {
                one.tell(answers.get(place).cloned().ok_or_else(|| {
                    Error::internal("a batch has too few answers", "the statement is wrong")
                }));
            }
        }
        Err(error) => {
            let error = error.shared();
            for (_, one) in waiting {
                one.tell(Err(error()));
            }
        }
    }
}
