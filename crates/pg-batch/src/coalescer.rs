//! Gathers the requests of one thread in one turn of its event loop, sends them to the batch workers as one message,
//! and receives the responses as one message, so that waking the callers is local to the thread.

use std::hash::Hash;
use std::sync::{Arc, Weak};

use indexmap::IndexMap;
use tokio::sync::oneshot;

use crate::error::{BatchError, StatementError};
use crate::queue::Queue;
use crate::turn::{Flush, Turn};

/// The largest number of different requests in one message. The next request of the same turn begins another message.
const MAX_REQUESTS: usize = 64;

/// Different requests, each with a reference that can be upgraded as long as a caller waits for the response.
pub(crate) type Requests<Q> = Vec<(Q, Weak<()>)>;
/// The responses in the order of the requests; `None` where no caller waited any more.
pub(crate) type Responses<R> = Vec<Option<R>>;

/// Gathers the requests of one thread. Created by [`CoalescedReads::for_worker`](crate::CoalescedReads::for_worker).
pub struct Coalescer<Q, R, E> {
    queue: Queue<Requests<Q>, Responses<R>, E>,
    turn: Turn<Gathered<Q, R, E>>,
}

impl<Q, R, E> Coalescer<Q, R, E>
where
    Q: Eq + Hash + Send + 'static,
    R: Clone + Send + 'static,
    E: StatementError,
{
    pub(crate) fn new(queue: Queue<Requests<Q>, Responses<R>, E>) -> Self {
        Self {
            queue,
            turn: Turn::new(),
        }
    }

    /// The response of a statement that begins after this call.
    ///
    /// # Errors
    /// [`BatchError::QueueFull`], [`BatchError::Aborted`]; the error of the statement.
    ///
    /// # Panics
    /// Outside of a local task set: see [`Turn::gather`].
    pub async fn read(&self, request: Q) -> Result<R, E> {
        let (response, _caller) = self.gather(request);
        response.await.map_err(|_| BatchError::Aborted)?
    }

    /// The caller holds the second value while it waits; without a caller the batch leaves the request out.
    fn gather(&self, request: Q) -> (oneshot::Receiver<Result<R, E>>, Arc<()>) {
        self.turn
            .flush_if(|gathered| gathered.requests.len() == MAX_REQUESTS);
        self.turn.gather(
            || Gathered::new(self.queue.clone()),
            |gathered| gathered.add(request),
        )
    }
}

/// The different requests of one turn, and the callers that wait for a response.
struct Gathered<Q, R, E> {
    queue: Queue<Requests<Q>, Responses<R>, E>,
    requests: IndexMap<Q, Arc<()>>,
    /// For each caller the index of its request and the sender of its response.
    callers: Vec<(usize, oneshot::Sender<Result<R, E>>)>,
}

impl<Q, R, E> Gathered<Q, R, E>
where
    Q: Eq + Hash,
{
    fn new(queue: Queue<Requests<Q>, Responses<R>, E>) -> Self {
        Self {
            queue,
            requests: IndexMap::new(),
            callers: Vec::new(),
        }
    }

    fn add(&mut self, request: Q) -> (oneshot::Receiver<Result<R, E>>, Arc<()>) {
        let entry = self.requests.entry(request);
        let (sender, receiver) = oneshot::channel();
        self.callers.push((entry.index(), sender));
        (receiver, entry.or_default().clone())
    }
}

impl<Q, R, E> Flush for Gathered<Q, R, E>
where
    Q: Send + 'static,
    R: Clone + Send + 'static,
    E: StatementError,
{
    async fn flush(self) {
        let requests = self.requests.into_iter();
        let requests = requests.map(|(request, caller)| (request, Arc::downgrade(&caller)));
        // A send fails where the caller was dropped, which needs no response.
        match self.queue.submit(requests.collect()).await {
            Ok(responses) => {
                for (index, sender) in self.callers {
                    let response = responses.get(index).cloned().flatten();
                    let _ = sender.send(response.ok_or_else(|| BatchError::Aborted.into()));
                }
            }
            Err(error) => {
                let error = error.shared();
                for (_, sender) in self.callers {
                    let _ = sender.send(Err(error()));
                }
            }
        }
    }
}
