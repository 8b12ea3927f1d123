//! The database: connections to it, its health, and how statements are sent. The statements themselves are in the
//! modules of each feature.
//!
//! In reading order: `connector` makes one connection, `hosts` chooses among several servers, `session` opens a session
//! on one of them with its `session_settings`, `pooler` and `pooling` tell what is in front of the server, `tls` verifies
//! certificates, `pool` keeps connections, `connection` is one that it lends, `statement` runs one prepared statement,
//! `reading` lets several statements read the same rows, `batch` lets requests share a statement, `idempotency` makes
//! repeated writes safe, `prober` determines the state of the database and `health` stores it, `repetition` repeats work in the background, `connectivity` tests the network path to
//! a server without authenticating, `schema` compares the database with the program's migrations, and `embedded`
//! configures the embedded PostgreSQL.

pub mod batch;
mod connection;
pub mod connectivity;
pub mod connector;
pub mod embedded;
pub mod health;
mod hosts;
mod idempotency;
mod pool;
pub mod pooler;
pub mod pooling;
pub mod prober;
mod reading;
mod repetition;
pub mod schema;
mod session;
mod session_settings;
mod statement;
mod tls;

pub use connection::{Connection, GenericClient};
pub use connector::Connector;
pub use health::Health;
pub use idempotency::{WriteOutcome, delete_old_answers};
pub use pool::Pool;
pub use reading::in_one_snapshot;
pub use repetition::repeat_forever;
pub use statement::{execute, row, row_without_settings, rows};
pub use tls::RDS_AUTHORITIES;
