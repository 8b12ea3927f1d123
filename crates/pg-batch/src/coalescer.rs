//! Gathers the questions of one thread's requests in one turn of its event loop, sends them to the batch workers as
//! one message, and receives the answers as one message, so that waking the requests is local to the thread.

use std::hash::Hash;
use std::sync::{Arc, Weak};

use indexmap::IndexMap;
use tokio::sync::oneshot;

use crate::error::{BatchError, StatementError};
use crate::queue::Queue;
use crate::turn::{Flush, Turn};

/// The largest number of different questions in one message. The next question of the same turn begins another
/// message.
const MAX_QUESTIONS: usize = 64;

/// Different questions, each with a reference that can be upgraded as long as a request waits for the answer.
pub(crate) type ReadBatch<Q> = Vec<(Q, Weak<()>)>;
/// The answers in the order of the questions; `None` where no request waited any more.
pub(crate) type Answers<A> = Vec<Option<A>>;

/// Asks the questions of one thread's requests. Created by
/// [`CoalescedReads::for_worker`](crate::CoalescedReads::for_worker).
pub struct Coalescer<Q, A, E> {
    queue: Queue<ReadBatch<Q>, Answers<A>, E>,
    turn: Turn<Gathered<Q, A, E>>,
}

impl<Q, A, E> Coalescer<Q, A, E>
where
    Q: Eq + Hash + Send + 'static,
    A: Clone + Send + 'static,
    E: StatementError,
{
    pub(crate) fn new(queue: Queue<ReadBatch<Q>, Answers<A>, E>) -> Self {
        Self {
            queue,
            turn: Turn::new(),
        }
    }

    /// The answer of a statement that begins after this call.
    ///
    /// # Errors
    /// [`BatchError::QueueFull`], [`BatchError::Aborted`]; the error of the statement.
    ///
    /// # Panics
    /// Outside of a local task set: see [`Turn::gather`].
    pub async fn ask(&self, question: Q) -> Result<A, E> {
        let (answer, _waiting) = self.gather(question);
        answer.await.map_err(|_| BatchError::Aborted)?
    }

    /// The second value keeps the question in its batch as long as the request lives.
    fn gather(&self, question: Q) -> (oneshot::Receiver<Result<A, E>>, Arc<()>) {
        self.turn
            .flush_if(|gathered| gathered.questions.len() == MAX_QUESTIONS);
        self.turn.gather(
            || Gathered::new(self.queue.clone()),
            |gathered| gathered.add(question),
        )
    }
}

/// The questions of one turn, and the requests that ask them.
struct Gathered<Q, A, E> {
    queue: Queue<ReadBatch<Q>, Answers<A>, E>,
    questions: IndexMap<Q, Arc<()>>,
    /// For each request the ordinal of its question and the sender of its answer.
    waiting: Vec<(usize, oneshot::Sender<Result<A, E>>)>,
}

impl<Q, A, E> Gathered<Q, A, E>
where
    Q: Eq + Hash,
{
    fn new(queue: Queue<ReadBatch<Q>, Answers<A>, E>) -> Self {
        Self {
            queue,
            questions: IndexMap::new(),
            waiting: Vec::new(),
        }
    }

    fn add(&mut self, question: Q) -> (oneshot::Receiver<Result<A, E>>, Arc<()>) {
        let entry = self.questions.entry(question);
        let (sender, receiver) = oneshot::channel();
        self.waiting.push((entry.index(), sender));
        (receiver, entry.or_default().clone())
    }
}

impl<Q, A, E> Flush for Gathered<Q, A, E>
where
    Q: Send + 'static,
    A: Clone + Send + 'static,
    E: StatementError,
{
    async fn flush(self) {
        let batch = self.questions.into_iter();
        let batch = batch.map(|(question, waiting)| (question, Arc::downgrade(&waiting)));
        // A send fails where the request was dropped, which needs no answer.
        match self.queue.submit(batch.collect()).await {
            Ok(answers) => {
                for (ordinal, sender) in self.waiting {
                    let answer = answers.get(ordinal).cloned().flatten();
                    let _ = sender.send(answer.ok_or_else(|| BatchError::Aborted.into()));
                }
            }
            Err(error) => {
                let error = error.shared();
                for (_, sender) in self.waiting {
                    let _ = sender.send(Err(error()));
                }
            }
        }
    }
}
