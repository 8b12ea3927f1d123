//! The parts of the report: each reads one or two statements and judges their rows. The limits stand beside the judgements.

pub(super) mod account;
pub(super) mod blocking;
pub(super) mod cache;
pub(super) mod checkpoints;
pub(super) mod connections;
pub(super) mod indexes;
pub(super) mod replication;
mod session;
pub(super) mod statements;
pub(super) mod tables;
pub(super) mod transactions;
pub(super) mod vacuum;
