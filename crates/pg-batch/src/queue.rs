//! The queue of requests and the batch workers that take batches from it; `reads` and `writes` process a batch.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::error::{BatchError, StatementError};

/// How many entries may wait in one queue. An entry is one write, one read, or the reads that one
/// [`Coalescer`](crate::Coalescer) gathered in a turn of its event loop. A further entry fails at once with
/// [`BatchError::QueueFull`].
pub const QUEUE_CAPACITY: usize = 4096;

/// How the workers of one queue share its requests.
#[derive(Debug, Clone, Copy)]
pub struct BatchConfig {
    /// How many statements may run at the same time, each on a connection of its own.
    pub workers: usize,
    /// The largest number of requests in one statement.
    pub max_batch_size: usize,
}

impl BatchConfig {
    /// How many requests a worker takes: an equal share of those in flight, because a worker that took all of them
    /// would leave the other workers idle.
    fn batch_size(&self, in_flight: &AtomicUsize) -> usize {
        in_flight
            .load(Ordering::Relaxed)
            .div_ceil(self.workers)
            .min(self.max_batch_size)
    }
}

/// What the workers of a queue do.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// The workers have started.
    Started,
    /// A request was refused, because the queue is full.
    Refused,
    /// A worker has taken a batch.
    Began {
        /// How many callers wait for it.
        requests: usize,
        /// How many requests wait in the queue or for a statement.
        in_flight: usize,
    },
    /// Every request of the batch has a response.
    Ended {
        /// The time since the worker has taken it.
        took: Duration,
        /// How many requests wait in the queue or for a statement.
        in_flight: usize,
    },
}

/// How many requests an entry has.
pub(crate) struct Sizes<T> {
    /// Different requests, by which workers share them.
    pub(crate) requests: fn(&T) -> usize,
    /// The callers that wait for them.
    pub(crate) callers: fn(&T) -> usize,
}

impl<T> Sizes<T> {
    /// Each entry has one request and one caller.
    pub(crate) fn one_each() -> Self {
        Self {
            requests: |_| 1,
            callers: |_| 1,
        }
    }
}

/// An entry of the queue, until the caller that submitted it has a response.
pub(crate) struct Entry<T, R, E> {
    pub(crate) content: T,
    response: oneshot::Sender<Result<R, E>>,
    in_flight: InFlight,
}

impl<T, R, E> Entry<T, R, E> {
    /// Sends the response; has no effect if the caller no longer waits for it.
    pub(crate) fn respond(self, response: Result<R, E>) {
        let _ = self.response.send(response);
    }
}

/// Responds to every entry of a batch with the same error.
pub(crate) fn fail_all<T, R, E: StatementError>(batch: Vec<Entry<T, R, E>>, error: E) {
    let error = error.shared();
    for entry in batch {
        entry.respond(Err(error()));
    }
}

/// While this value exists, `size` requests count as in flight.
struct InFlight {
    size: usize,
    total: Arc<AtomicUsize>,
}

impl InFlight {
    fn new(size: usize, total: Arc<AtomicUsize>) -> Self {
        total.fetch_add(size, Ordering::Relaxed);
        Self { size, total }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.total.fetch_sub(self.size, Ordering::Relaxed);
    }
}

/// The sending end of a queue.
pub(crate) struct Queue<T, R, E> {
    sender: mpsc::Sender<Entry<T, R, E>>,
    /// How many requests an entry contains.
    size_of: fn(&T) -> usize,
    observe: Arc<dyn Fn(Event) + Send + Sync>,
    /// How many requests have no response yet.
    in_flight: Arc<AtomicUsize>,
}

impl<T, R, E> Clone for Queue<T, R, E> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            size_of: self.size_of,
            observe: self.observe.clone(),
            in_flight: self.in_flight.clone(),
        }
    }
}

impl<T, R, E: StatementError> Queue<T, R, E> {
    /// Starts the workers in the current Tokio runtime. They end when the last clone of the queue is dropped.
    pub(crate) fn start(
        config: BatchConfig,
        sizes: Sizes<T>,
        observe: impl Fn(Event) + Send + Sync + 'static,
        run: impl Fn(Vec<Entry<T, R, E>>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(QUEUE_CAPACITY);
        let (receiver, run) = (Arc::new(Mutex::new(receiver)), Arc::new(run));
        let in_flight = Arc::new(AtomicUsize::new(0));
        let observe: Arc<dyn Fn(Event) + Send + Sync> = Arc::new(observe);
        observe(Event::Started);
        for _ in 0..config.workers {
            let (receiver, run, in_flight) = (receiver.clone(), run.clone(), in_flight.clone());
            let observe = observe.clone();
            tokio::spawn(async move {
                let batch_size = || config.batch_size(&in_flight);
                while let Some(batch) = next_batch(&receiver, batch_size).await {
                    let started = Instant::now();
                    let callers = batch.iter().map(|entry| (sizes.callers)(&entry.content));
                    observe(Event::Began {
                        requests: callers.sum(),
                        in_flight: in_flight.load(Ordering::Relaxed),
                    });
                    // After a panic the requests of this batch fail, and the worker takes the next batch.
                    if AssertUnwindSafe(run(batch)).catch_unwind().await.is_err() {
                        tracing::error!(
                            "a batch worker panicked; all requests of its batch failed"
                        );
                    }
                    observe(Event::Ended {
                        took: started.elapsed(),
                        in_flight: in_flight.load(Ordering::Relaxed),
                    });
                }
            });
        }
        Self {
            sender,
            size_of: sizes.requests,
            observe,
            in_flight,
        }
    }

    /// Adds an entry to the queue and waits for its response.
    ///
    /// # Errors
    /// [`BatchError::QueueFull`], [`BatchError::Aborted`]; the error of the statement.
    pub(crate) async fn submit(&self, content: T) -> Result<R, E> {
        let (response, receiver) = oneshot::channel();
        let in_flight = InFlight::new((self.size_of)(&content), self.in_flight.clone());
        let entry = Entry {
            content,
            response,
            in_flight,
        };
        self.sender.try_send(entry).map_err(|_| {
            (self.observe)(Event::Refused);
            BatchError::QueueFull
        })?;
        receiver.await.map_err(|_| BatchError::Aborted)?
    }
}

/// Waits for the next batch, without the entries whose callers no longer wait; `None` after the queue was dropped.
async fn next_batch<T, R, E>(
    receiver: &Mutex<mpsc::Receiver<Entry<T, R, E>>>,
    batch_size: impl Fn() -> usize,
) -> Option<Vec<Entry<T, R, E>>> {
    let mut receiver = receiver.lock().await;
    loop {
        let mut batch = vec![receiver.recv().await?];
        let (mut size, max_size) = (batch[0].in_flight.size, batch_size());
        while size < max_size
            && let Ok(entry) = receiver.try_recv()
        {
            size += entry.in_flight.size;
            batch.push(entry);
        }
        batch.retain(|entry| !entry.response.is_closed());
        if !batch.is_empty() {
            return Some(batch);
        }
    }
}
