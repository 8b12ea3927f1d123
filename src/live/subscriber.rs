//! One open stream: what it is subscribed to, and the events that its connection has not taken yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::task::AtomicWaker;

use super::topic::Topic;

/// The most bytes that wait for one connection. A stream with more is told to load again, and ends.
const MAX_QUEUED: usize = 256 * 1024;
/// The bytes that an event uses beside its share of the text.
const ENTRY_SIZE: usize = size_of::<Bytes>();

/// One open stream.
pub struct Subscriber {
    /// The keys under which the hub finds it.
    pub topics: Box<[Topic]>,
    /// When the token of its user ends.
    pub until: Option<DateTime<Utc>>,
    queue: Mutex<Queue>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct Queue {
    events: VecDeque<Bytes>,
    bytes: usize,
    /// The number of the latest event, which may reach the stream by several topics.
    latest: u64,
    is_ended: bool,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It waits for the connection.
    Queued,
    /// The stream has it already, or has ended.
    Ignored,
    /// The stream is too slow, and has ended.
    TooSlow,
}

impl Subscriber {
    /// Of a stream with these topics, whose user's token ends at `until`.
    pub fn new(topics: Vec<Topic>, until: Option<DateTime<Utc>>) -> Self {
        Self {
            topics: topics.into(),
            until,
            queue: Mutex::default(),
            waker: AtomicWaker::new(),
        }
    }

    /// Adds the event with this number. If too much waits, the rest is replaced by `resync` and the stream ends.
    pub fn push(&self, number: u64, event: &Bytes, resync: &Bytes) -> Pushed {
        let mut queue = self.queue();
        if queue.is_ended || queue.latest == number {
            return Pushed::Ignored;
        }
        queue.latest = number;
        let size = event.len() + ENTRY_SIZE;
        let pushed = if queue.bytes + size > MAX_QUEUED {
            queue.events.clear();
            queue.events.push_back(resync.clone());
            queue.is_ended = true;
            Pushed::TooSlow
        } else {
            queue.bytes += size;
            queue.events.push_back(event.clone());
            Pushed::Queued
        };
        drop(queue);
        self.waker.wake();
        pushed
    }

    /// Adds a heartbeat, unless something waits already.
    pub fn push_heartbeat(&self, heartbeat: &Bytes) {
        let mut queue = self.queue();
        if !queue.is_ended && queue.events.is_empty() {
            queue.bytes += heartbeat.len() + ENTRY_SIZE;
            queue.events.push_back(heartbeat.clone());
            drop(queue);
            self.waker.wake();
        }
    }

    /// The bytes of the events that the connection has not taken.
    pub fn queued_bytes(&self) -> usize {
        self.queue().bytes
    }

    /// Ends the stream after what waits already and `last`.
    pub fn end(&self, last: Bytes) {
        let mut queue = self.queue();
        if !queue.is_ended {
            queue.events.push_back(last);
            queue.is_ended = true;
            drop(queue);
            self.waker.wake();
        }
    }

    /// The next event; `None` at the end.
    pub fn poll_next(&self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        self.waker.register(context.waker());
        let mut queue = self.queue();
        match queue.events.pop_front() {
            Some(event) => {
                queue.bytes = queue.bytes.saturating_sub(event.len() + ENTRY_SIZE);
                if queue.events.is_empty() {
                    // Most streams wait for hours.
                    queue.events = VecDeque::new();
                }
                Poll::Ready(Some(event))
            }
            None if queue.is_ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn next(subscriber: &Subscriber) -> Poll<Option<Bytes>> {
        subscriber.poll_next(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_stream_that_is_too_slow_loads_again_and_ends() {
        let subscriber = Subscriber::new(vec![Topic::Home], None);
        let resync = Bytes::from_static(b"resync");
        let event = Bytes::from(vec![0; 64 * 1024]);
        let pushed: Vec<Pushed> = (1..=5)
            .map(|number| subscriber.push(number, &event, &resync))
            .collect();
        let queued = Pushed::Queued;
        assert_eq!(
            pushed,
            [queued, queued, queued, Pushed::TooSlow, Pushed::Ignored]
        );
        assert_eq!(next(&subscriber), Poll::Ready(Some(resync)));
        assert_eq!(next(&subscriber), Poll::Ready(None));
    }

    #[test]
    fn an_event_that_reaches_a_stream_by_two_topics_comes_once() {
        let subscriber = Subscriber::new(vec![Topic::Home, Topic::AnyActivity], None);
        let event = Bytes::from_static(b"event");
        assert_eq!(subscriber.push(1, &event, &event), Pushed::Queued);
        assert_eq!(subscriber.push(1, &event, &event), Pushed::Ignored);
        assert_eq!(next(&subscriber), Poll::Ready(Some(event)));
        assert_eq!(next(&subscriber), Poll::Pending);
    }
}
