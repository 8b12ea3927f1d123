//! The open streams of a server by their topics. The task that looks at the changes delivers events here and lets new
//! streams begin between two looks, so that each knows exactly from where on it gets every event.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot};

use super::cursor::Cursor;
use super::event::{self, Event};
use super::metrics::LiveMetrics;
use super::subscriber::{Pushed, Subscriber};
use super::topic::Topic;
use crate::error::{Error, Result};

/// A stream gets one heartbeat in so many seconds.
const HEARTBEAT: u64 = 15;

/// The open streams of a server.
pub struct Hub {
    streams: Mutex<Streams>,
    /// Streams that begin after the next look.
    joining: Mutex<Vec<Joining>>,
    /// Notified when a stream begins, for the task that sleeps while there is none.
    began: Notify,
    is_ended: AtomicBool,
    max_streams: usize,
    metrics: LiveMetrics,
}

#[derive(Default)]
struct Streams {
    next_id: u64,
    next_event: u64,
    all: HashMap<u64, Arc<Subscriber>>,
    by_topic: HashMap<Topic, HashMap<u64, Arc<Subscriber>>>,
}

struct Joining {
    subscriber: Arc<Subscriber>,
    begin: oneshot::Sender<(Registration, Cursor)>,
}

/// A stream in the hub, which leaves it when this is dropped.
pub struct Registration {
    hub: Arc<Hub>,
    id: u64,
    /// The stream.
    pub subscriber: Arc<Subscriber>,
}

impl Hub {
    /// Without streams; it lets `max_streams` be open at the same time.
    pub fn new(max_streams: usize, metrics: LiveMetrics) -> Self {
        Self {
            streams: Mutex::default(),
            joining: Mutex::default(),
            began: Notify::new(),
            is_ended: AtomicBool::new(false),
            max_streams,
            metrics,
        }
    }

    /// Begins a stream after a look that is sent after this call. It gets every event after the returned place.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the server has as many streams as it may have.
    pub async fn join(self: &Arc<Self>, subscriber: Subscriber) -> Result<(Registration, Cursor)> {
        let subscriber = Arc::new(subscriber);
        let (begin, began) = oneshot::channel();
        let open = self.streams().all.len();
        {
            let mut joining = self.joining();
            joining.retain(|one| !one.begin.is_closed());
            if open + joining.len() >= self.max_streams {
                self.count_refusal();
                return Err(Error::Unavailable("the server has too many streams", None));
            }
            joining.push(Joining { subscriber, begin });
        }
        self.began.notify_one();
        began
            .await
            .map_err(Error::unavailable("the stream did not begin"))
    }

    /// Counts a stream that wanted to go on after a cursor.
    pub fn count_resumption(&self, is_resumed: bool) {
        match is_resumed {
            true => self.metrics.resumed.inc(),
            false => self.metrics.not_resumed.inc(),
        };
    }

    /// Counts a stream that was refused.
    pub fn count_refusal(&self) {
        self.metrics.refused.inc();
    }

    /// Waits until there is a stream; says whether it had to wait.
    pub async fn wait_for_stream(&self) -> bool {
        let mut has_waited = false;
        while self.is_idle() {
            has_waited = true;
            self.began.notified().await;
        }
        has_waited
    }

    fn is_idle(&self) -> bool {
        let is_empty = self.streams().all.is_empty();
        is_empty && self.joining().is_empty()
    }

    /// The streams that wait, to begin after a look that is sent after this call.
    pub(super) fn take_joining(&self) -> Waiting {
        Waiting(std::mem::take(&mut *self.joining()))
    }

    /// Lets streams wait for another look, because this one failed.
    pub(super) fn return_joining(&self, waiting: Waiting) {
        let mut joining = self.joining();
        joining.extend(waiting.0.into_iter().filter(|one| !one.begin.is_closed()));
    }

    /// Begins the streams at a place. Every later event reaches them.
    pub(super) fn admit(self: &Arc<Self>, waiting: Waiting, place: &Cursor) {
        for Joining { subscriber, begin } in waiting.0 {
            let mut streams = self.streams();
            streams.next_id += 1;
            let id = streams.next_id;
            if self.is_ended.load(Ordering::Acquire) {
                subscriber.end(event::retry());
            }
            streams.add(id, &subscriber);
            self.report_size(&streams);
            drop(streams);
            let hub = self.clone();
            let registration = Registration {
                hub,
                id,
                subscriber,
            };
            // If the client has left meanwhile, this drops the registration.
            let _ = begin.send((registration, place.clone()));
        }
    }

    /// Whether a stream has the topic.
    pub fn has(&self, topic: Topic) -> bool {
        self.streams().by_topic.contains_key(&topic)
    }

    /// Delivers events, after which every stream goes on at `place`.
    pub fn deliver(&self, events: &[Event], place: &Cursor) {
        if events.is_empty() {
            return;
        }
        let resync = event::resync(place);
        let mut streams = self.streams();
        for event in events {
            streams.next_event += 1;
            let number = streams.next_event;
            let of_topics = event
                .topics
                .iter()
                .filter_map(|topic| streams.by_topic.get(topic));
            for subscriber in of_topics.flat_map(HashMap::values) {
                match subscriber.push(number, &event.bytes, &resync) {
                    Pushed::Queued => {
                        self.metrics.events.inc();
                    }
                    Pushed::TooSlow => {
                        self.metrics.slow.inc();
                    }
                    Pushed::Ignored => {}
                }
            }
        }
    }

    /// Called once a second: sends heartbeats, and ends the streams whose user's token has ended.
    pub fn tick(&self, second: u64, now: DateTime<Utc>, place: Option<&Cursor>) {
        let heartbeat = event::heartbeat(place);
        let mut queued = 0;
        for (id, subscriber) in &self.streams().all {
            queued += subscriber.queued_bytes();
            if subscriber.until.is_some_and(|until| until <= now) {
                subscriber.end(event::unauthorized(place));
            } else if id % HEARTBEAT == second % HEARTBEAT {
                subscriber.push_heartbeat(&heartbeat);
            }
        }
        let queued = i64::try_from(queued).unwrap_or(i64::MAX);
        self.metrics.queued.set(queued);
    }

    /// Ends every stream, also those that begin later, because the server stops.
    pub fn end(&self) {
        self.is_ended.store(true, Ordering::Release);
        for subscriber in self.streams().all.values() {
            subscriber.end(event::retry());
        }
    }

    fn leave(&self, id: u64, subscriber: &Subscriber) {
        let mut streams = self.streams();
        streams.remove(id, subscriber);
        self.report_size(&streams);
    }

    fn report_size(&self, streams: &Streams) {
        let size = i64::try_from(streams.all.len()).unwrap_or(i64::MAX);
        self.metrics.streams.set(size);
        if streams.all.is_empty() {
            self.metrics.queued.set(0);
        }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn joining(&self) -> MutexGuard<'_, Vec<Joining>> {
        self.joining.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Streams that wait for a look.
pub(super) struct Waiting(Vec<Joining>);

impl Streams {
    fn add(&mut self, id: u64, subscriber: &Arc<Subscriber>) {
        self.all.insert(id, subscriber.clone());
        for topic in &subscriber.topics {
            let of_topic = self.by_topic.entry(*topic).or_default();
            of_topic.insert(id, subscriber.clone());
        }
    }

    fn remove(&mut self, id: u64, subscriber: &Subscriber) {
        self.all.remove(&id);
        for topic in &subscriber.topics {
            if let Some(of_topic) = self.by_topic.get_mut(topic) {
                of_topic.remove(&id);
                if of_topic.is_empty() {
                    self.by_topic.remove(topic);
                }
            }
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.hub.leave(self.id, &self.subscriber);
    }
}
