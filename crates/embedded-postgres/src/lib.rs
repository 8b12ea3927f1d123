//! PostgreSQL as a supervised child process: find the programs, create the cluster, start, watch and stop the server.
//!
#![doc = include_str!("../README.md")]
//!
//! # Modules
//!
//! In reading order: `config` is the configuration and `embedded` the running database; `supervisor` is
//! the thread that keeps one `server_process` running; `leftovers` cleans up after a killed run and
//! `initdb` creates the cluster. They use `events`, `connection`, `pid_file`,
//! `data_directory`, `socket`, `programs`, `install`, `account`, `child_process`, `poll` and the
//! data that they share, `cluster` and `error`.

#![warn(missing_docs)]

mod account;
mod child_process;
mod client_programs;
mod cluster;
mod config;
mod connection;
mod data_directory;
mod embedded;
mod error;
mod events;
mod initdb;
mod install;
mod leftovers;
mod pid_file;
mod poll;
mod programs;
mod server_process;
mod socket;
mod supervisor;

pub use client_programs::{ClientPrograms, find_client_programs};
pub use config::Config;
pub use embedded::Embedded;
pub use error::Error;
pub use programs::OLDEST_SUPPORTED_MAJOR;
