//! What a new database is: its encoding, its directories, its process.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::support::{Host, config, postmaster, processes_of, sql, start, temp_dir};

#[test]
fn a_restarted_database_has_the_rows_of_the_run_before() {
    let temp = temp_dir();
    let data_dir = temp.path().join("a path, with \"odd\" characters");
    let first = start(&data_dir);
    assert!(first.is_running());
    assert_eq!(first.socket_dir(), config(&data_dir).socket_dir());
    sql(
        first.socket_dir(),
        "create table notes as select 'kept' as note",
    );
    first.stop();
    assert_eq!(processes_of(&data_dir), [""; 0]);
    let second = start(&data_dir);
    assert_eq!(
        sql(second.socket_dir(), "select note from notes").as_deref(),
        Some("kept")
    );
}

#[test]
fn a_new_database_is_utf8_and_sorts_by_code_point() {
    let temp = temp_dir();
    let database = start(temp.path());
    let ask = |statement| sql(database.socket_dir(), statement);
    assert_eq!(ask("show server_encoding").as_deref(), Some("UTF8"));
    assert_eq!(
        ask("select datcollate from pg_database").as_deref(),
        Some("C")
    );
    assert_eq!(ask("show listen_addresses").as_deref(), Some(""));
}

#[test]
fn a_data_directory_with_a_long_path_has_a_short_and_private_socket() {
    let temp = temp_dir();
    let data_dir = temp.path().join("d".repeat(200));
    let database = start(&data_dir);
    let socket_dir = database.socket_dir().to_owned();
    assert!(
        socket_dir
            .to_string_lossy()
            .starts_with("/tmp/lifecycle-test-"),
        "{}",
        socket_dir.display()
    );
    assert_eq!(
        fs::metadata(&socket_dir).expect("it is there").mode() & 0o777,
        0o700
    );
    assert_eq!(sql(&socket_dir, "select 1").as_deref(), Some("1"));
    database.stop();
    fs::remove_dir(&socket_dir).expect("an empty directory");
}

#[test]
fn the_server_has_its_own_process_group_and_an_empty_environment() {
    let temp = temp_dir();
    let _host = Host::start(temp.path());
    let pid = postmaster(temp.path()).expect("a pid");
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("its state");
    let group = stat
        .rsplit(") ")
        .next()
        .and_then(|fields| fields.split(' ').nth(2));
    assert_eq!(group, Some(pid.to_string().as_str()));
    let environment = fs::read(format!("/proc/{pid}/environ")).expect("its environment");
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("LC_ALL=C"), "{environment}");
    assert!(
        !environment.contains("secret") && !environment.contains("PGPORT"),
        "{environment}"
    );
}

#[test]
fn only_the_cluster_and_the_socket_directory_change_their_owner() {
    let temp = temp_dir();
    let _database = start(temp.path());
    let owner = |name: &str| {
        fs::metadata(temp.path().join(name))
            .expect("it is there")
            .uid()
    };
    let ours = fs::metadata(temp.path()).expect("the directory").uid();
    assert_eq!(owner("lock"), ours);
    assert_eq!(owner("postgres"), owner("socket"));
    assert_eq!(
        owner("postgres") == ours,
        ours != 0,
        "root is never PostgreSQL's user"
    );
}
