//! What changes of what readers see, and the cache of answers that is exact because of it. Triggers insert a row into
//! the table `changes` in the transaction of each change (migration V20). `look` asks for the rows that have become
//! visible since a `position`, which is a snapshot with its time and server; `change` is one row. `cache` keeps answers
//! in memory and uses one only after a look that was sent after the request arrived; `metrics` counts it. `cleanup`
//! deletes old rows; `store` has its statements and the one that lists what has expired between two looks. The slices
//! decide which answers are kept, and read them.

mod cache;
mod change;
mod cleanup;
mod look;
mod metrics;
mod position;
mod snapshot;
mod store;

pub use cache::{
    Answer, Cache, CacheKey, Dependencies, Fresh, ListItem, ListPage, ListRange, ReadMark,
    WorkerCache,
};
pub use change::{ActivityKeys, Change, ChangeKind};
pub use cleanup::delete_old_forever;
pub use look::{Look, Start, look, with_position};
pub use metrics::CacheMetrics;
pub use position::Position;
pub use snapshot::Snapshot;

/// The connections of a server that serve only looks.
pub const CONNECTIONS: usize = cache::CONNECTIONS;
