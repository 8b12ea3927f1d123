//! Many requests, one statement. Whoever asks while a statement is under way joins the next one, so
//! a thousand readers cost the database one query, and no answer is older than the question.
//!
//! Here stand the queue and the lanes that serve it; what a lane does with those who wait is
//! `reads`' (equal questions are asked once) and `writes`' (one transaction, an outcome each). `desk` puts a
//! worker's reads together before they cross to the lanes' thread.

mod desk;
mod reads;
mod writes;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::connector::STATEMENT_TIMEOUT;
use super::pool::discard_on_error;
use super::{Connection, Pool};
use crate::error::{Error, Result};
pub use reads::Reads;
pub use writes::Writes;

/// How many may wait, writes or parcels of reads. Who comes when the queue is full is refused at once.
const MAX_WAITING: usize = 4096;
/// A statement that the database should have given up by now: its connection is dead.
const LANE_TIMEOUT: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_millis(250));

/// Somebody who waits.
struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A>>,
    open: Open,
}

impl<Q, A> Waiting<Q, A> {
    /// Who has gone meanwhile does not mind.
    fn tell(self, answer: Result<A>) {
        let _ = self.answer.send(answer);
    }
}

/// What a statement failed with is told to all who waited for it.
fn refuse<Q, A>(batch: Vec<Waiting<Q, A>>, error: Error) {
    let error = error.shared();
    for one in batch {
        one.tell(Err(error()));
    }
}

/// Counts as so many while it lives.
struct Open {
    size: usize,
    sum: Arc<AtomicUsize>,
}

impl Open {
    fn new(size: usize, sum: Arc<AtomicUsize>) -> Self {
        sum.fetch_add(size, Ordering::Relaxed);
        Self { size, sum }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.sum.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// The end of a queue where requests come in.
struct Queue<Q, A> {
    sender: mpsc::Sender<Waiting<Q, A>>,
    /// How much of a batch a question makes.
    size: fn(&Q) -> usize,
    /// What was asked and is not answered.
    open: Arc<AtomicUsize>,
}

impl<Q, A> Clone for Queue<Q, A> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            size: self.size,
            open: self.open.clone(),
        }
    }
}

impl<Q, A> Queue<Q, A> {
    /// # Errors
    /// [`Error::Unavailable`] when the queue is full; what the statement failed with.
    async fn ask(&self, question: Q) -> Result<A> {
        let (answer, told) = oneshot::channel();
        let open = Open::new((self.size)(&question), self.open.clone());
        let waiting = Waiting {
            question,
            answer,
            open,
        };
        self.sender
            .try_send(waiting)
            .map_err(|_| Error::Unavailable("too many requests wait for the database", None))?;
        told.await
            .map_err(|gone| Error::internal("a batch broke off", gone))?
    }
}

/// How a queue is served.
#[derive(Debug, Clone, Copy)]
pub struct Lanes {
    /// Statements that may be under way at once, each on a connection of its own.
    pub count: usize,
    /// A statement that serves as many takes no more.
    pub max_batch: usize,
}

impl Lanes {
    /// How much of what is open makes a batch: one that took all there is would leave the other lanes idle,
    /// and the next one nothing.
    fn share(&self, open: &AtomicUsize) -> usize {
        open.load(Ordering::Relaxed)
            .div_ceil(self.count)
            .min(self.max_batch)
    }
}

/// The lanes end when the queue's other end is dropped.
fn serve<Q, A>(
    lanes: Lanes,
    size: fn(&Q) -> usize,
    work: impl Fn(Vec<Waiting<Q, A>>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
) -> Queue<Q, A>
where
    Q: Send + 'static,
    A: Send + 'static,
{
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let (receiver, work) = (Arc::new(Mutex::new(receiver)), Arc::new(work));
    let open = Arc::new(AtomicUsize::new(0));
    for _ in 0..lanes.count {
        let (receiver, work, open) = (receiver.clone(), work.clone(), open.clone());
        tokio::spawn(async move {
            while let Some(batch) = take(&receiver, || lanes.share(&open)).await {
                // A bug in one batch fails those who wait for it; the lane goes on.
                if AssertUnwindSafe(work(batch)).catch_unwind().await.is_err() {
                    tracing::error!("a batch broke off");
                }
            }
        });
    }
    Queue { sender, size, open }
}

/// Those who still wait, at least one; `None` when nobody can come any more.
async fn take<Q, A>(
    receiver: &Mutex<mpsc::Receiver<Waiting<Q, A>>>,
    share: impl Fn() -> usize,
) -> Option<Vec<Waiting<Q, A>>> {
    let mut receiver = receiver.lock().await;
    loop {
        let mut batch = vec![receiver.recv().await?];
        let (mut taken, enough) = (batch[0].open.size, share());
        while taken < enough
            && let Ok(one) = receiver.try_recv()
        {
            taken += one.open.size;
            batch.push(one);
        }
        batch.retain(|waiting| !waiting.answer.is_closed());
        if !batch.is_empty() {
            return Some(batch);
        }
    }
}

/// Does `work` on a connection of the batches, as long as the database may take for it.
async fn on_connection<T>(
    pool: &Pool,
    work: impl AsyncFnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let connection = pool.get().await?;
    let outcome = discard_on_error(connection, async |db| {
        tokio::time::timeout(LANE_TIMEOUT, work(db))
            .await
            .unwrap_or_else(|late| Err(Error::Unavailable("no answer in time", Some(late.into()))))
    });
    outcome.await.map_err(|error| pool.noticed(error))
}
