//! The database: connections to it, whether it is reachable, and how statements are sent. The statements themselves
//! are in the slices.
//!
//! In reading order: `connector` makes one connection, `tls` verifies certificates, `pool` keeps connections,
//! `statement` runs one prepared statement, `batch` lets requests share a statement, `snapshot` says whether any row
//! has changed, `idempotency` makes repeated writes safe, `health` holds the state of the database, which `prober` finds out, `connectivity` reaches a server
//! without signing in, `schema` compares the database with our migrations, and `embedded` runs a PostgreSQL of
//! our own.

pub mod batch;
pub mod connectivity;
pub mod connector;
pub mod embedded;
pub mod health;
mod idempotency;
mod pool;
pub mod prober;
pub mod schema;
mod snapshot;
mod statement;
mod tls;

pub use connector::{Connector, SERVER_APPLICATION_NAME};
pub use health::Health;
pub use idempotency::{WriteOutcome, delete_old_answers};
pub use pool::{Connection, Pool};
pub use snapshot::Snapshot;
pub use statement::{execute, row, rows};
pub use tls::RDS_AUTHORITIES;
