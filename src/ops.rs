//! Everything an operator can do, each a function that returns a report. No HTTP, no command line,
//! no printing: `admin` and `cli` are the two doors to it.
//!
//! `guard` keeps what is destructive from a database that is not `development`; `audit` writes down
//! what came through `/admin`.

pub mod audit;
pub mod backup;
pub mod database;
pub mod doctor;
pub mod guard;
mod migration_error;
mod migration_lock;
mod migration_repair;
pub mod migrations;
mod programs;
pub mod rds;
pub mod security_group;
pub mod seeds;
pub mod sessions;
pub mod shell;
pub mod status;
pub mod users;
