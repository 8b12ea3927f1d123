//! What the tests stand on: a PostgreSQL for all of them, a database and a server process for each.

pub mod address_provider;
mod answer;
mod app;
mod authority;
mod cluster;
mod command;
mod data_dir;
pub mod ec2;
mod issuer;
mod lambda;
mod operator;
mod outside;
mod user;
mod user_pool;
mod wire;

use std::time::{Duration, Instant};

pub use answer::Answer;
pub use app::{TestApp, cruddur};
pub use authority::Authority;
pub use cluster::{Database, socket_dir};
pub use command::Said;
pub use data_dir::{DataDir, kill};
pub use issuer::{Issuer, SigningKey, header, now};
pub use lambda::{Outcome, Trigger};
pub use operator::ADMIN_TOKEN;
pub use outside::{OutsidePostgres, default_programs, postgres_programs};
pub use user::{User, id};
pub use user_pool::listed;
pub use wire::Wire;

/// The slowest thing a test waits for; only a broken program needs it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Returns when `condition` holds, asked again and again.
pub async fn eventually(condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while !condition().await {
        assert!(Instant::now() < deadline, "it never came true");
        ticks.tick().await;
    }
}
