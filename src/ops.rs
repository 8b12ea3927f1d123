//! Everything an operator can do, each a function that returns a report. No HTTP, no command line,
//! no printing: `admin` and `cli` are the two doors to it.

pub mod migrations;
mod migration_lock;
pub mod seeds;
