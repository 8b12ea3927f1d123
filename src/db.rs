//! The database: connections to it, its health, and how statements are sent. The statements themselves are in the
//! modules of each feature.
//!
//! In reading order: `connector` makes one connection, `hosts` chooses among several servers, `tls` verifies certificates, `pool` keeps connections,
//! `statement` runs one prepared statement, `batch` lets requests share a statement, `snapshot` detects whether
//! any row has changed, `reading` lets several statements read the same rows, `idempotency` makes repeated writes safe, `prober` determines the state of the database and
//! `health` stores it, `connectivity` tests the network path to a server without authenticating, `schema` compares
//! the database with the program's migrations, and `embedded` configures the embedded PostgreSQL.

pub mod batch;
pub mod connectivity;
pub mod connector;
pub mod embedded;
pub mod health;
mod hosts;
mod idempotency;
mod pool;
pub mod prober;
mod reading;
pub mod schema;
mod snapshot;
mod statement;
mod tls;

pub use connector::Connector;
pub use health::Health;
pub use idempotency::{WriteOutcome, delete_old_answers};
pub use pool::{Connection, Pool};
pub use reading::in_one_snapshot;
pub use snapshot::Snapshot;
pub use statement::{execute, row, rows};
pub use tls::RDS_AUTHORITIES;
