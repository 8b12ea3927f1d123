//! The database: how to reach it, whether it is there, and the statements' way to it. What the
//! statements say stands with the slices.
//!
//! In reading order: `connector` makes one connection, `tls` judges certificates, `pool` keeps
//! connections, `batch` lets requests share a statement, `moment` tells whether anything has changed, `once` makes repeated writes safe, `health` watches, `reach` goes the way to a server
//! without signing in, `schema` compares the database with our migrations, and `embedded` runs a
//! PostgreSQL of our own.

pub mod batch;
pub mod connectivity;
pub mod connector;
pub mod embedded;
pub mod health;
mod idempotency;
mod pool;
pub mod schema;
mod snapshot;
mod statement;
mod tls;

pub use connector::{Connector, SERVER_APPLICATION_NAME};
pub use health::Health;
pub use idempotency::delete_old_answers;
pub use pool::{Connection, Pool};
pub use snapshot::Snapshot;
pub use statement::{execute, row, rows};
pub use tls::RDS_AUTHORITIES;
