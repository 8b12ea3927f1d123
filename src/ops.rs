//! Everything an operator can do, each a function that returns a report. No HTTP, no command line,
//! no printing: `admin` and `cli` are the two doors to it.

mod migration_lock;
pub mod migrations;
pub mod seeds;
