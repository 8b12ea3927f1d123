//! A database that is started, killed and started again, as the account that runs the tests.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests search PATH for PostgreSQL's programs"
)]

use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use embedded_postgres::{Config, Embedded, Error};
use tempfile::TempDir;

const USER: &str = "tester";
const DATABASE: &str = "notebook";

/// Set for the process that `Host` starts: this test binary, with one test.
const HOST_DATA_DIR: &str = "EMBEDDED_TEST_DATA_DIR";

/// A directory of one test, which the database's account can enter.
fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o711))
        .tempdir_in("/tmp")
        .expect("a new directory")
}

fn config(data_dir: impl Into<PathBuf>) -> Config {
    Config {
        bin_dir: std::env::var_os("PG_BIN_DIR").map(PathBuf::from),
        search_path: std::env::var_os("PATH"),
        user: USER.to_owned(),
        database: DATABASE.to_owned(),
        name: "lifecycle-test".to_owned(),
        server_settings: vec![("fsync".to_owned(), "off".to_owned())],
        ..Config::new(data_dir)
    }
}

fn start(data_dir: &Path) -> Embedded {
    Embedded::start(config(data_dir)).expect("a database")
}

/// Runs a statement in the database and returns the first column of its first row, if any.
fn sql(socket_dir: &Path, statement: &str) -> Option<String> {
    sql_in(DATABASE, socket_dir, statement)
}

fn sql_in(database: &str, socket_dir: &Path, statement: &str) -> Option<String> {
    use tokio_postgres::SimpleQueryMessage::Row;

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let (db, connection) = tokio_postgres::Config::new()
            .host_path(socket_dir)
            .user(USER)
            .dbname(database)
            .connect(tokio_postgres::NoTls)
            .await
            .expect("a connection");
        tokio::spawn(connection);
        let answer = db.simple_query(statement).await.expect("an answer");
        answer.into_iter().find_map(|message| match message {
            Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    })
}

/// Waits for a change that another process makes.
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn postmaster(data_dir: &Path) -> Option<u32> {
    let content = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok()?;
    content.lines().next()?.parse().ok()
}

/// The processes, except zombies, whose working directory or arguments name the data directory.
fn processes_of(data_dir: &Path) -> Vec<String> {
    let needle = data_dir.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == std::process::id().to_string() || name.parse::<u32>().is_err() {
            continue;
        }
        let cwd = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        let cmdline = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if cwd.starts_with(data_dir) || String::from_utf8_lossy(&cmdline).contains(&needle) {
            found.push(format!("{name} {}", String::from_utf8_lossy(&cmdline)));
        }
    }
    found
}

fn kill(signal: &str, pid: u32) {
    let done = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(done.expect("kill").success(), "kill {signal} {pid}");
}

/// Another process that runs a database in the data directory until its standard input ends.
struct Host {
    process: Child,
    stdin: Option<ChildStdin>,
}

impl Host {
    fn spawn(data_dir: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "hosts_a_database_for_the_other_tests",
                "--nocapture",
            ])
            .env(HOST_DATA_DIR, data_dir)
            .env("PGPORT", "1")
            .env("ADMIN_TOKEN", "a secret")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program again");
        let stdin = process.stdin.take();
        Host { process, stdin }
    }

    fn start(data_dir: &Path) -> Self {
        let mut host = Self::spawn(data_dir);
        let lines = BufReader::new(host.process.stdout.take().expect("its output")).lines();
        let ready = lines
            .map_while(Result::ok)
            .any(|line| line.contains("host is ready"));
        assert!(ready, "the host did not start its database");
        host
    }

    fn kill(&mut self) {
        self.process.kill().expect("kill -9");
        self.process.wait().expect("its end");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}

/// Runs a database in the process of a `Host`, and does nothing in the others.
#[test]
fn hosts_a_database_for_the_other_tests() {
    let Some(data_dir) = std::env::var_os(HOST_DATA_DIR) else {
        return;
    };
    let database = start(Path::new(&data_dir));
    writeln!(std::io::stdout(), "\nhost is ready").expect("to be heard");
    let _ = std::io::stdin().lines().count();
    database.stop();
}

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
fn a_socket_directory_that_other_users_can_enter_is_refused() {
    let temp = temp_dir();
    let socket_dir = config(temp.path()).socket_dir();
    DirBuilder::new()
        .mode(0o755)
        .create(&socket_dir)
        .expect("a directory");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    assert!(matches!(error, Error::UnsafeSocketDir { .. }), "{error}");
}

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

#[test]
fn a_data_directory_of_another_major_version_is_refused_naming_both() {
    let temp = temp_dir();
    DirBuilder::new()
        .create(temp.path().join("postgres"))
        .expect("a directory");
    fs::write(temp.path().join("postgres/PG_VERSION"), "12\n").expect("a version");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    let text = error.to_string();
    assert!(
        text.contains("was created by PostgreSQL 12, but the programs in /"),
        "{text}"
    );
    let versions =
        matches!(error, Error::MajorVersionMismatch { made_by: 12, found, .. } if found >= 14);
    assert!(versions, "{error:?}");
}

#[test]
fn a_directory_with_other_files_is_not_taken_for_a_cluster() {
    let temp = temp_dir();
    DirBuilder::new()
        .create(temp.path().join("postgres"))
        .expect("a directory");
    fs::write(temp.path().join("postgres/letter.txt"), "mine").expect("a file");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    assert!(matches!(error, Error::NotACluster { .. }), "{error}");
}

#[test]
fn a_configured_program_directory_without_programs_is_refused() {
    let temp = temp_dir();
    let config = Config {
        bin_dir: Some(temp.path().to_owned()),
        ..config(temp.path())
    };
    let error = Embedded::start(config).expect_err("a refusal");
    assert!(
        matches!(&error, Error::MissingProgram { dir, program: "postgres" } if dir == temp.path()),
        "{error:?}"
    );
}

#[test]
fn the_error_of_a_server_that_cannot_start_holds_its_log() {
    let temp = temp_dir();
    let mut config = config(temp.path());
    config
        .server_settings
        .push(("max_connections".to_owned(), "many".to_owned()));
    let error = Embedded::start(config).expect_err("a refusal");
    assert!(
        error.to_string().contains("invalid value for parameter"),
        "{error}"
    );
}

#[test]
fn a_data_directory_that_the_servers_account_cannot_enter_is_refused() {
    let temp = temp_dir();
    if fs::metadata(temp.path()).expect("the directory").uid() != 0 {
        return;
    }
    let closed = temp.path().join("closed");
    DirBuilder::new()
        .mode(0o700)
        .create(&closed)
        .expect("a directory");
    let error = Embedded::start(config(closed.join("data"))).expect_err("a refusal");
    assert!(
        matches!(&error, Error::NoAccess { dir, .. } if *dir == closed),
        "{error:?}"
    );
    assert!(!closed.join("data").exists(), "nothing is left there");
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
