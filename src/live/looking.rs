//! The task that looks at the changes while streams are open, several times in the time that a person takes to notice, and
//! delivers what it finds as events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use pg_batch::Lease;

use super::cursor::Cursor;
use super::event::{self, Event};
use super::hub::Hub;
use super::metrics::LiveMetrics;
use super::render::render;
use super::step::{between, counted};
use super::topic::Topic;
use crate::changes::{Look, look};
use crate::db::{Connection, Pool};
use crate::error::{Result, chain};

/// The pause between two looks.
const INTERVAL: Duration = Duration::from_millis(20);
/// The pause after a look that failed.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// The counts of an activity are told at most four times a second.
const COUNTS_INTERVAL: Duration = Duration::from_millis(250);
/// After a look that finds more changes the streams are told to load again. One change has up to 80 KB.
const MAX_CHANGES: usize = 1_000;
/// The time between two heartbeats of different streams.
const TICK: Duration = Duration::from_secs(1);

/// The state between two looks.
struct Looking {
    hub: Arc<Hub>,
    metrics: LiveMetrics,
    /// Where the next look goes on; `None` while there is no stream.
    place: Option<Cursor>,
    /// When counts were told last.
    counted_at: Option<Instant>,
}

/// Looks until the task is aborted. `pool` has the connection of the looks.
pub async fn look_forever(hub: Arc<Hub>, pool: Pool, metrics: LiveMetrics) {
    let mut looking = Looking {
        hub: hub.clone(),
        metrics,
        place: None,
        counted_at: None,
    };
    let mut second = 0;
    let mut ticked = Instant::now();
    loop {
        if hub.wait_for_stream().await {
            looking.place = None;
        }
        let pause = match looking.look(&pool).await {
            Ok(()) => INTERVAL,
            Err(error) => {
                tracing::debug!(
                    error = chain(&error),
                    "streams could not be served; trying again"
                );
                RETRY_INTERVAL
            }
        };
        if ticked.elapsed() >= TICK {
            ticked = Instant::now();
            second += 1;
            hub.tick(second, Utc::now(), looking.place.as_ref());
        }
        tokio::time::sleep(pause).await;
    }
}

impl Looking {
    /// One look. The streams that waited for it begin after it.
    async fn look(&mut self, pool: &Pool) -> Result<()> {
        let waiting = self.hub.take_joining();
        let found = self.find_in(pool).await;
        let (place, events, has_counted) = match found {
            Ok(found) => found,
            Err(error) => {
                self.hub.return_joining(waiting);
                return Err(error);
            }
        };
        self.hub.deliver(&events, &place);
        self.hub.admit(waiting, &place);
        if has_counted {
            self.counted_at = Some(Instant::now());
        }
        self.place = Some(place);
        Ok(())
    }

    // As `Pool::run`, with whose closure the compiler does not see that the task may move between threads.
    async fn find_in(&self, pool: &Pool) -> Result<(Cursor, Vec<Event>, bool)> {
        let lease = Lease::acquire(pool).await?;
        let outcome = lease.in_time(self.find(lease.connection())).await;
        lease.release(outcome)
    }

    /// The place after what has happened since the last look, its events, and whether counts are among them.
    async fn find(&self, db: &Connection) -> Result<(Cursor, Vec<Event>, bool)> {
        let start = self.place.as_ref().map(Cursor::start);
        let Look {
            position, changes, ..
        } = look(db, start, MAX_CHANGES).await?;
        let mut end = Cursor::from(position);
        let Some(start) = &self.place else {
            return Ok((end, Vec::new(), false));
        };
        let Some(changes) = changes else {
            self.metrics.resyncs.inc();
            let bytes = event::resync(&end);
            let topics = vec![Topic::All];
            return Ok((end, vec![Event { topics, bytes }], false));
        };
        let mut counts = counted(start, &end, &changes);
        let is_due = self
            .counted_at
            .is_none_or(|counted_at| counted_at.elapsed() >= COUNTS_INTERVAL);
        if !is_due && !counts.is_empty() {
            counts.clear();
            end.counts = Some(start.counts_snapshot().clone());
        }
        let has_counted = !counts.is_empty();
        let steps = between(start, &end, &changes, &counts);
        let events = render(db, steps, |topic| self.hub.has(topic)).await?;
        Ok((end, events, has_counted))
    }
}
