//! The database server's sessions: lists them with the sessions that block them, and ends a statement or a
//! session. A report states the outcome that was observed after the signal.

pub mod cli;
mod connection;
pub mod http;
mod list;
mod literals;
mod protection;
mod signal;

pub use connection::SessionsConnection;
pub use list::{Filter, Session, SessionWait, list, parse_age, parse_state};
pub(in crate::operations) use literals::without_literals;
pub(in crate::operations) use protection::protection;
pub use signal::{SignalKind, SignalOutcome, SignalReport, cancel, terminate};
