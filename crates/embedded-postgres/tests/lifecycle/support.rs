//! A data directory for each test, SQL through `psql`, and another process that runs a database.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use embedded_postgres::{Config, Embedded};
use tempfile::TempDir;

pub const USER: &str = "tester";
pub const DATABASE: &str = "notebook";

/// Set for the process that `Host` starts: this test binary, with one test.
pub const HOST_DATA_DIR: &str = "EMBEDDED_TEST_DATA_DIR";

/// A directory of one test, which the database's account can enter.
pub fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o711))
        .tempdir_in("/tmp")
        .expect("a new directory")
}

pub fn config(data_dir: impl Into<PathBuf>) -> Config {
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

pub fn start(data_dir: &Path) -> Embedded {
    Embedded::start(config(data_dir)).expect("a database")
}

/// Runs a statement in the database and returns the first column of its first row, if any.
pub fn sql(socket_dir: &Path, statement: &str) -> Option<String> {
    sql_in(DATABASE, socket_dir, statement)
}

pub fn sql_in(database: &str, socket_dir: &Path, statement: &str) -> Option<String> {
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
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

pub fn postmaster(data_dir: &Path) -> Option<u32> {
    let content = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).ok()?;
    content.lines().next()?.parse().ok()
}

/// The processes, except zombies, whose working directory or arguments name the data directory.
pub fn processes_of(data_dir: &Path) -> Vec<String> {
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

pub fn kill(signal: &str, pid: u32) {
    let done = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(done.expect("kill").success(), "kill {signal} {pid}");
}

/// Another process that runs a database in the data directory until its standard input ends.
pub struct Host {
    pub process: Child,
    pub stdin: Option<ChildStdin>,
}

impl Host {
    pub fn spawn(data_dir: &Path) -> Self {
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

    pub fn start(data_dir: &Path) -> Self {
        let mut host = Self::spawn(data_dir);
        let lines = BufReader::new(host.process.stdout.take().expect("its output")).lines();
        let ready = lines
            .map_while(Result::ok)
            .any(|line| line.contains("host is ready"));
        assert!(ready, "the host did not start its database");
        host
    }

    pub fn kill(&mut self) {
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
