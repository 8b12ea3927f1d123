//! Keeps the index of the search: moves the words of new activities from the tail into it, a segment at a time, makes large
//! segments of small ones, builds a segment again when many of its activities are deleted, and notes which segments of a
//! group have which words. Several servers may do so at once; a lock lets one of them work at a time. While the tail is too
//! long, new activities wait, so that a search never has to read much of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::metrics::gauge::Gauge;

use super::store::{self, SearchBacklog};
use crate::db::schema::Schema;
use crate::db::{Health, Job, Pool};
use crate::error::Result;

/// The minimum pause between two looks at the tail.
pub const INDEX_INTERVAL: Duration = Duration::from_millis(250);
/// The maximum number of segments that one look builds, so that a large database has many runs of the job.
const BUILDS: usize = 64;
/// The number of segments that are checked between two looks.
const CHECKS: usize = 16;
/// The number of groups that are built or checked between two looks; one takes up to a second.
const GROUPS: usize = 4;
/// The number of recently written activities in the tail from which on each new one waits. A search reads so many in
/// about 50 ms.
const MAX_RECENT: i64 = 16_384;
/// How long a new activity waits while the tail is too long: 64 clients then write 640 activities a second, which the
/// index catches up with on any machine.
const DELAY: Duration = Duration::from_millis(100);
/// The number of activities in the tail from which on the log shows the progress, and how often.
const MUCH: i64 = 50_000;
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// The length of the tail as this server has last read it.
#[derive(Clone, Default)]
pub struct SearchTail {
    recent: Arc<AtomicI64>,
    /// The metric: all activities of the tail.
    pub unindexed: Gauge,
}

impl SearchTail {
    /// Waits a moment if the tail is too long.
    pub async fn wait_if_long(&self) {
        if self.recent.load(Ordering::Relaxed) > MAX_RECENT {
            tokio::time::sleep(DELAY).await;
        }
    }

    fn set(&self, backlog: &SearchBacklog) {
        self.recent.store(backlog.recent, Ordering::Relaxed);
        self.unindexed.set(backlog.unindexed);
    }
}

/// Keeps the index until the task is aborted, while the schema is current: with an earlier one, its triggers do not know
/// the segments that this server builds.
pub async fn index_forever(pool: Pool, job: Job, tail: SearchTail, health: Arc<Health>) {
    let mut progress = Progress::default();
    loop {
        health
            .wait_for(|state| state.schema == Schema::Current)
            .await;
        tokio::time::sleep(INDEX_INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        job.run(catch_up(&pool, &tail, &mut progress)).await;
    }
}

/// Builds segments until the tail is short, another server builds one or there are [`BUILDS`]. A small one only at the
/// beginning: while many activities are written, the next look has enough for a large one. Once the tail is short, merges
/// small segments, checks the segments and builds the groups that are due.
async fn catch_up(pool: &Pool, tail: &SearchTail, progress: &mut Progress) -> Result<()> {
    let mut has_built = false;
    for _ in 0..BUILDS {
        let backlog = pool
            .run(async |db| store::find_search_backlog(db).await)
            .await?;
        tail.set(&backlog);
        progress.report(backlog.unindexed);
        if backlog.is_full || backlog.is_buildable && !has_built {
            has_built = pool
                .run(async |db| store::index_search_tail(db).await)
                .await?
                > 0;
            if has_built {
                continue;
            }
            return Ok(());
        }
        let merged = match backlog.is_merge_due {
            true => {
                pool.run(async |db| store::merge_search_segments(db).await)
                    .await
            }
            false => Ok(0),
        };
        if matches!(merged, Ok(1..)) {
            has_built = false;
            continue;
        }
        if backlog.is_check_due {
            check(pool).await?;
        }
        if backlog.is_group_due {
            group(pool).await?;
        }
        // One that fails keeps neither of the others from its turn.
        return merged.map(drop);
    }
    Ok(())
}

async fn check(pool: &Pool) -> Result<()> {
    for _ in 0..CHECKS {
        if pool
            .run(async |db| store::check_search_segment(db).await)
            .await?
            == 0
        {
            break;
        }
    }
    Ok(())
}

async fn group(pool: &Pool) -> Result<()> {
    for _ in 0..GROUPS {
        let was_due = pool
            .run(async |db| store::index_search_group(db).await)
            .await?;
        if !was_due {
            break;
        }
    }
    Ok(())
}

/// Logs how a long tail gets shorter, as after the migration of a large database.
#[derive(Default)]
struct Progress {
    logged_at: Option<Instant>,
}

impl Progress {
    fn report(&mut self, unindexed: i64) {
        match self.logged_at {
            None if unindexed < MUCH => {}
            Some(_) if unindexed < MUCH / 10 => {
                tracing::info!(unindexed, "the search index is complete");
                self.logged_at = None;
            }
            Some(logged_at) if logged_at.elapsed() < PROGRESS_INTERVAL => {}
            _ => {
                tracing::info!(
                    unindexed,
                    "the search index is being built; a search for a rare word takes longer"
                );
                self.logged_at = Some(Instant::now());
            }
        }
    }
}
