//! Many requests, one SQL statement: coalesced reads and grouped writes for Tokio and PostgreSQL.
//!
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod coalescer;
mod database;
mod error;
mod queue;
mod reads;
pub mod turn;
mod writes;

pub use coalescer::Coalescer;
pub use database::{Database, Lease};
pub use error::{BatchError, Failure, StatementError};
pub use queue::{BatchConfig, Event, QUEUE_CAPACITY};
pub use reads::CoalescedReads;
pub use writes::GroupedWrites;
