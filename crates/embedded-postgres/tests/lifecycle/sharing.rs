//! Two processes on one data directory: the second one is refused or attaches.

use embedded_postgres::Embedded;

use crate::support::{Host, config, postmaster, processes_of, sql, temp_dir};

#[test]
fn a_second_start_on_a_data_directory_is_refused_naming_the_first_process() {
    let temp = temp_dir();
    let host = Host::start(temp.path());
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    let expected = format!(
        "the data directory {} is in use by process {}",
        temp.path().display(),
        host.process.id()
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn attaching_uses_the_running_database_and_leaves_it_running() {
    let temp = temp_dir();
    let _host = Host::start(temp.path());
    let pid = postmaster(temp.path());
    let guest = Embedded::attach_or_start(config(temp.path())).expect("a database");
    assert!(guest.is_running());
    assert_eq!(sql(guest.socket_dir(), "select 1").as_deref(), Some("1"));
    guest.stop();
    assert_eq!(
        sql(&config(temp.path()).socket_dir(), "select 1").as_deref(),
        Some("1")
    );
    assert_eq!(postmaster(temp.path()), pid);
}

#[test]
fn attaching_starts_the_database_where_none_runs_and_ends_it() {
    let temp = temp_dir();
    let database = Embedded::attach_or_start(config(temp.path())).expect("a database");
    assert_eq!(sql(database.socket_dir(), "select 1").as_deref(), Some("1"));
    drop(database);
    assert_eq!(processes_of(temp.path()), [""; 0]);
}

#[test]
fn attaching_works_on_a_thread_of_an_asynchronous_runtime() {
    let temp = temp_dir();
    let _host = Host::start(temp.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let guest = Embedded::attach_or_start(config(temp.path())).expect("a database");
        assert!(guest.is_running());
    });
}
