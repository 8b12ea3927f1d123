//! Fixtures: one PostgreSQL server for all tests, a database and a server process for each, and fakes of AWS.

pub mod address_provider;
mod alternating_front;
mod answer;
mod app;
mod authority;
mod cluster;
mod command;
mod data_dir;
mod database_proxy;
pub mod ec2;
mod external_postgres;
#[cfg(target_os = "linux")]
mod fast_clock;
mod issuer;
mod lambda;
mod live_stream;
mod operator;
mod pooler_front;
mod raw_connection;
pub mod rds;
mod suite_pooler;
mod user;
mod user_pool;

use std::time::{Duration, Instant};

pub use alternating_front::AlternatingFront;
pub use answer::Answer;
pub use app::{TestApp, cruddur, resident_memory};
pub use authority::Authority;
pub use cluster::{Database, socket_dir};
pub use command::CommandOutput;
pub use data_dir::{DataDir, kill};
pub use database_proxy::DatabaseProxy;
pub use external_postgres::{ExternalPostgres, PASSWORD, default_programs, postgres_programs};
#[cfg(target_os = "linux")]
pub use fast_clock::start_with_fast_clock;
pub use issuer::{Issuer, SigningKey, header, now};
pub use lambda::{Outcome, Trigger};
pub use live_stream::{LiveEvent, LiveStream};
pub use operator::ADMIN_TOKEN;
pub use pooler_front::{PoolMode, PoolerFront, StartupOptions};
pub use raw_connection::RawConnection;
pub use user::{User, id};
pub use user_pool::listed;

/// The maximum time that a test waits for a condition.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// Polls `condition` until it holds.
pub async fn eventually(condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while !condition().await {
        assert!(
            Instant::now() < deadline,
            "the condition did not hold within {TIMEOUT:?}"
        );
        ticks.tick().await;
    }
}
