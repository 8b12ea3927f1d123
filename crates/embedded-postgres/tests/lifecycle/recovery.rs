//! Starts after a kill, an unfinished start or a dropped database.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use embedded_postgres::Embedded;

use crate::support::{
    DATABASE, Host, config, kill, postmaster, processes_of, sql, sql_in, start, temp_dir,
    wait_until,
};

#[test]
fn a_database_starts_at_once_after_its_process_was_killed() {
    let temp = temp_dir();
    let mut host = Host::start(temp.path());
    let socket_dir = config(temp.path()).socket_dir();
    sql(&socket_dir, "create table notes as select 'kept' as note");
    host.kill();
    let database = start(temp.path());
    assert_eq!(
        sql(&socket_dir, "select note from notes").as_deref(),
        Some("kept")
    );
    database.stop();
    assert_eq!(processes_of(temp.path()), [""; 0]);
}

#[test]
fn a_killed_process_leaves_no_server_behind() {
    let temp = temp_dir();
    let mut host = Host::start(temp.path());
    assert_ne!(processes_of(temp.path()), [""; 0]);
    host.kill();
    wait_until("all processes have ended", || {
        processes_of(temp.path()).is_empty()
    });
    assert_eq!(postmaster(temp.path()), None, "a shutdown, not a crash");
}

#[test]
fn a_database_starts_at_once_after_its_process_and_server_were_killed() {
    let temp = temp_dir();
    for _ in 0..5 {
        let mut host = Host::start(temp.path());
        let pid = postmaster(temp.path()).expect("a pid");
        sql(
            &config(temp.path()).socket_dir(),
            "create table if not exists notes (note text)",
        );
        sql(
            &config(temp.path()).socket_dir(),
            "insert into notes values ('kept')",
        );
        kill("-KILL", pid);
        host.kill();
    }
    let database = start(temp.path());
    assert_eq!(
        sql(database.socket_dir(), "select count(*) from notes").as_deref(),
        Some("5")
    );
}

#[test]
fn a_killed_server_is_restarted_with_its_rows() {
    let temp = temp_dir();
    let database = start(temp.path());
    sql(
        database.socket_dir(),
        "create table notes as select 'kept' as note",
    );
    for _ in 0..3 {
        let pid = postmaster(temp.path()).expect("a pid");
        kill("-KILL", pid);
        wait_until("its end is seen", || !database.is_running());
        wait_until("it runs again", || database.is_running());
        assert_ne!(postmaster(temp.path()), Some(pid));
        assert_eq!(
            sql(database.socket_dir(), "select note from notes").as_deref(),
            Some("kept")
        );
    }
    database.stop();
    assert_eq!(processes_of(temp.path()), [""; 0]);
}

#[test]
fn a_killed_first_start_leaves_no_half_made_cluster() {
    let temp = temp_dir();
    let unfinished = || -> Vec<String> {
        let entries = fs::read_dir(temp.path()).expect("the directory").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("postgres")).collect()
    };
    let mut host = Host::spawn(temp.path());
    wait_until("initdb is at work", || {
        unfinished()
            .iter()
            .any(|name| temp.path().join(name).join("global").is_dir())
    });
    host.kill();
    assert!(!temp.path().join("postgres").exists(), "killed too late");
    let database = start(temp.path());
    assert_eq!(sql(database.socket_dir(), "select 1").as_deref(), Some("1"));
    assert_eq!(unfinished(), ["postgres"]);
}

#[test]
fn a_dropped_database_is_created_again_at_the_next_start() {
    let temp = temp_dir();
    let database = start(temp.path());
    sql_in(
        "postgres",
        database.socket_dir(),
        &format!("drop database {DATABASE} with (force)"),
    );
    database.stop();
    let database = start(temp.path());
    assert_eq!(sql(database.socket_dir(), "select 1").as_deref(), Some("1"));
}

#[test]
fn a_stale_pid_file_with_the_pid_of_another_program_does_not_prevent_a_start() {
    let temp = temp_dir();
    start(temp.path()).stop();
    let cluster = temp.path().join("postgres");
    let owner = fs::metadata(&cluster).expect("the cluster");
    let mut other = Command::new("sleep")
        .arg("60")
        .uid(owner.uid())
        .gid(owner.gid())
        .spawn()
        .expect("another program");
    let pid_file = cluster.join("postmaster.pid");
    fs::write(
        &pid_file,
        format!("{}\n{}\n", other.id(), cluster.display()),
    )
    .expect("a pid file");
    std::os::unix::fs::chown(&pid_file, Some(owner.uid()), Some(owner.gid())).expect("its owner");
    let database = Embedded::start(config(temp.path()));
    other.kill().and_then(|()| other.wait()).expect("its end");
    assert_eq!(
        sql(database.expect("a database").socket_dir(), "select 1").as_deref(),
        Some("1")
    );
}
