//! A database that is started, killed and started again, as the account that runs the tests.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests search PATH for PostgreSQL's programs"
)]

mod recovery;
mod refusals;
mod sharing;
mod start;
mod support;

use std::io::Write;
use std::path::Path;

use support::HOST_DATA_DIR;

/// Runs a database in the process of a `Host`, and does nothing in the others.
#[test]
fn hosts_a_database_for_the_other_tests() {
    let Some(data_dir) = std::env::var_os(HOST_DATA_DIR) else {
        return;
    };
    let database = support::start(Path::new(&data_dir));
    writeln!(std::io::stdout(), "\nhost is ready").expect("to be heard");
    let _ = std::io::stdin().lines().count();
    database.stop();
}
