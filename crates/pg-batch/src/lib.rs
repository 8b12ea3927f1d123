//! Many requests, one SQL statement.
//!
//! - [`CoalescedReads`] answers equal requests once and different ones in one statement. A request that
//!   arrives while a statement runs joins the next statement, so no answer is older than its request.
//! - [`GroupedWrites`] stores many items in one statement and one commit. Each item has an outcome of its own;
//!   where one row makes the statement fail, the others are stored without it.
//! - [`turn::Turn`] gathers what one turn of a local event loop yields and flushes it once, at the end
//!   of the turn.
//!
//! The crate holds no SQL and depends on no driver: the application implements [`Database`], which lends
//! connections, and [`StatementError`], which says what an error means for a batch.
//!
//! Nothing is cached: every answer comes from a statement that began after the request.
//!
#![doc = include_str!("../README.md")]
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
pub use queue::{BatchConfig, QUEUE_CAPACITY};
pub use reads::CoalescedReads;
pub use writes::GroupedWrites;
