//! One worker's end of the reads. What its requests ask in one turn of its loop goes to the lanes as one
//! parcel, and the answers come back as one: between threads there is a message for many requests, and
//! waking them is the worker's own affair.

use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use indexmap::IndexMap;
use tokio::sync::oneshot;
use tokio::task::spawn_local;

use super::Queue;
use crate::error::{Error, Result};

/// A parcel with as many different questions is sent off, and another one begun.
const MAX_QUESTIONS: usize = 64;

/// Different questions, each with a sign of life of those who ask it.
pub(super) type Parcel<Q> = Vec<(Q, Weak<()>)>;
/// In the same order; those that are missing nobody waits for.
pub(super) type Answers<A> = Vec<Option<A>>;

/// Where the requests of one worker ask.
pub(super) struct Desk<Q, A> {
    queue: Queue<Parcel<Q>, Answers<A>>,
    turn: Arc<Mutex<Turn<Q, A>>>,
}

/// What was asked in this turn.
struct Turn<Q, A> {
    questions: IndexMap<Q, Arc<()>>,
    waiting: Vec<(usize, oneshot::Sender<Result<A>>)>,
}

impl<Q, A> Desk<Q, A>
where
    Q: Eq + Hash + Send + 'static,
    A: Clone + Send + 'static,
{
    pub(super) fn new(queue: Queue<Parcel<Q>, Answers<A>>) -> Self {
        Self {
            queue,
            turn: Arc::default(),
        }
    }

    /// The same queue, for another worker.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.queue.clone())
    }

    /// Needs the local tasks of a worker.
    pub(super) async fn ask(&self, question: Q) -> Result<A> {
        let (told, _alive) = self.put(question);
        told.await
            .map_err(|gone| Error::internal("a batch broke off", gone))?
    }

    /// Local tasks run in turn, so the parcel is sent after all who are ready to ask have asked.
    fn put(&self, question: Q) -> (oneshot::Receiver<Result<A>>, Arc<()>) {
        let mut turn = lock(&self.turn);
        if turn.questions.len() == MAX_QUESTIONS {
            spawn_local(mem::take(&mut *turn).send(self.queue.clone()));
        }
        if turn.waiting.is_empty() {
            let (queue, turn) = (self.queue.clone(), self.turn.clone());
            spawn_local(async move {
                let turn = mem::take(&mut *lock(&turn));
                turn.send(queue).await;
            });
        }
        turn.put(question)
    }
}

impl<Q, A> Turn<Q, A>
where
    Q: Eq + Hash,
    A: Clone,
{
    fn put(&mut self, question: Q) -> (oneshot::Receiver<Result<A>>, Arc<()>) {
        let asked = self.questions.entry(question);
        let (answer, told) = oneshot::channel();
        self.waiting.push((asked.index(), answer));
        (told, asked.or_default().clone())
    }

    /// Who has gone meanwhile does not mind not to be told.
    async fn send(self, queue: Queue<Parcel<Q>, Answers<A>>) {
        if self.waiting.is_empty() {
            return;
        }
        let sign_of_life = |(question, alive): (Q, Arc<()>)| (question, Arc::downgrade(&alive));
        let parcel = self.questions.into_iter().map(sign_of_life).collect();
        match queue.ask(parcel).await {
            Ok(answers) => {
                for (place, one) in self.waiting {
                    let answer = answers.get(place).cloned().flatten();
                    let _ = one.send(answer.ok_or_else(|| {
                        Error::internal("a batch has too few answers", "the statement is wrong")
                    }));
                }
            }
            Err(error) => {
                let error = error.shared();
                for (_, one) in self.waiting {
                    let _ = one.send(Err(error()));
                }
            }
        }
    }
}

impl<Q, A> Default for Turn<Q, A> {
    fn default() -> Self {
        Self {
            questions: IndexMap::new(),
            waiting: Vec::new(),
        }
    }
}

fn lock<T>(turn: &Mutex<T>) -> MutexGuard<'_, T> {
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}
