//! What an operator can do, a module for each family. The family's root file holds the operation:
//! functions that return a report, without HTTP and without printing. Its `http` holds the handlers
//! below `/admin`, its `cli` the commands with their flags and the text of their reports.
//!
//! To add an operation: write the function in its family, with a report that is `Serialize +
//! ToSchema`; a handler with `#[utoipa::path]` in `http`, listed in [`routes`]; a command in `cli`,
//! listed in [`command`] or, for another word than `db`, in the crate's `cli`.

// The families.
pub mod audit;
pub mod backup;
pub mod database;
pub mod doctor;
pub mod drift;
pub mod history;
pub mod inspect;
pub mod jobs;
pub mod lint;
pub mod migrations;
pub mod moderation;
pub mod rds;
pub mod reports;
pub mod roles;
pub mod security_group;
pub mod seeds;
pub mod sessions;
pub mod settings;
pub mod shell;
pub mod status;
pub mod suspensions;
pub mod tunnel;
pub mod users;

// What they share: the HTTP scope, the command line, and what protects a database.
mod admin_gate;
mod client_programs;
pub mod command;
pub mod command_context;
pub mod context;
pub mod guard;
mod lock_watch;
pub mod optional_json;
mod poll;
mod query;
pub mod routes;
pub mod terminal;
pub mod termination;
mod verdict;
