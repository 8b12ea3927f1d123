//! An external PostgreSQL server on TCP, of any installed version, with or without TLS. It stops when the value is
//! dropped and when the process of the tests is killed.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use cruddur::db::embedded;

use super::authority::Identity;
use super::cluster;

const USER: &str = "cruddur";
pub const PASSWORD: &str = "open-sesame";
const TIMEOUT: Duration = Duration::from_secs(30);

/// The directories of PostgreSQL's programs: every version that `bin/test` found, else the one that the server itself
/// would use.
pub fn postgres_programs() -> Vec<PathBuf> {
    match std::env::var_os("TEST_PG_BIN_DIRS") {
        Some(list) => std::env::split_paths(&list).collect(),
        None => vec![default_programs()],
    }
}

/// Those, and the further versions that `bin/test` found, for tests of what differs between versions. Each has a server and
/// none of the programs of a client.
pub fn all_postgres_programs() -> Vec<PathBuf> {
    let further = std::env::var_os("TEST_FURTHER_PG_BIN_DIRS").unwrap_or_default();
    let further = std::env::split_paths(&further).filter(|path| path.is_absolute());
    postgres_programs().into_iter().chain(further).collect()
}

/// `pg_basebackup` of these programs, or else the newest one, which copies servers of older versions, too.
fn find_basebackup(programs: &Path) -> PathBuf {
    let candidates = [programs.to_owned()].into_iter();
    let candidates = candidates.chain(postgres_programs().into_iter().rev());
    let mut programs = candidates.map(|folder| folder.join("pg_basebackup"));
    programs.find(|path| path.exists()).expect("pg_basebackup")
}

/// The directory of the system's PostgreSQL, which supports TLS.
pub fn default_programs() -> PathBuf {
    if let Some(list) = std::env::var_os("TEST_PG_BIN_DIRS") {
        return std::env::split_paths(&list).next().expect("a folder");
    }
    let config = embedded::Config {
        search_path: std::env::var_os("PATH"),
        ..embedded::config(std::env::temp_dir().join("no-cluster-here"))
    };
    config
        .find_server_programs()
        .expect("PostgreSQL's programs")
}

/// The external server.
pub struct ExternalPostgres {
    pub port: u16,
    directory: PathBuf,
    process: Child,
}

impl ExternalPostgres {
    /// Starts a server that requires [`PASSWORD`], and TLS if it has a certificate.
    pub fn start(programs: &Path, identity: Option<&Identity>) -> Self {
        Self::start_as(programs, identity, &[])
    }

    /// Starts a server without TLS, with settings such as `max_connections=20`.
    pub fn start_with(programs: &Path, settings: &[&str]) -> Self {
        Self::start_as(programs, None, settings)
    }

    fn start_as(programs: &Path, identity: Option<&Identity>, settings: &[&str]) -> Self {
        let directory = fresh_directory();
        let [password, data] = ["password", "data"].map(|name| directory.join(name));
        fs::write(&password, PASSWORD).expect("the password's file");
        make_data_directory(&directory);
        let mut initdb = Command::new(programs.join("initdb"));
        initdb
            .args(["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--username", USER, "--pgdata"])
            .arg(&data)
            .arg("--pwfile")
            .arg(&password);
        run_as_account(&mut initdb, &directory);
        assert!(initdb.status().expect("initdb").success());

        let mut settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        if let Some(identity) = identity {
            for (name, text) in [
                ("server.crt", &identity.certificate),
                ("server.key", &identity.key),
            ] {
                let path = data.join(name);
                fs::write(&path, text).expect("the identity's file");
                fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode");
                give_to_account(&path);
            }
            let rule = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
            fs::write(data.join("pg_hba.conf"), rule).expect("the rule");
            settings.push("ssl=on".to_owned());
        }
        Self::run(programs, directory, settings)
    }

    /// Starts a streaming standby of this server, which applies each change `delay` later.
    pub fn start_standby(&self, programs: &Path, delay: &str) -> Self {
        let directory = fresh_directory();
        make_data_directory(&directory);
        let mut copy = Command::new(find_basebackup(programs));
        copy.args(["--checkpoint=fast", "--no-sync"])
            .args(["--host=127.0.0.1", "--username", USER])
            .args(["--port", &self.port.to_string(), "--pgdata"])
            .arg(directory.join("data"));
        run_as_account(&mut copy, &directory);
        copy.env("PGPASSWORD", PASSWORD);
        assert!(copy.status().expect("pg_basebackup").success());
        let signal = directory.join("data/standby.signal");
        fs::write(&signal, "").expect("the signal");
        give_to_account(&signal);
        // Not written by pg_basebackup: that of another version names options that the server does not know.
        let primary = format!(
            "primary_conninfo=host=127.0.0.1 port={} user={USER} password={PASSWORD}",
            self.port
        );
        let settings = vec![primary, format!("recovery_min_apply_delay={delay}")];
        Self::run(programs, directory, settings)
    }

    fn run(programs: &Path, directory: PathBuf, mut settings: Vec<String>) -> Self {
        settings.extend(
            [
                "listen_addresses=127.0.0.1",
                "fsync=off",
                "unix_socket_directories=",
            ]
            .map(String::from),
        );
        let port = free_port();
        // The shell kills PostgreSQL when its standard input closes, which happens when this process ends.
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#""$@" & read -r _; kill -QUIT $!; wait"#, "sh"])
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(directory.join("data"))
            .args(["-p", &port.to_string()])
            .args(settings.iter().flat_map(|setting| ["-c", setting]));
        run_as_account(&mut shell, &directory);
        let process = shell
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("PostgreSQL starts");
        let postgres = Self {
            port,
            directory,
            process,
        };
        postgres.wait_until_ready();
        postgres
    }

    /// A connection string with this host name, which leads to the loopback interface.
    pub fn url(&self, host: &str) -> String {
        format!(
            "host={host} hostaddr=127.0.0.1 port={} user={USER} password={PASSWORD} dbname=postgres",
            self.port
        )
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + TIMEOUT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(Instant::now() < deadline, "PostgreSQL does not listen");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let pid_file = self.directory.join("data/postmaster.pid");
        let is_ready = |text: String| text.contains("ready") || text.contains("standby");
        while !fs::read_to_string(&pid_file).is_ok_and(is_ready) {
            assert!(Instant::now() < deadline, "PostgreSQL does not get ready");
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for ExternalPostgres {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Makes the data's directory, which belongs to the account that runs PostgreSQL.
fn make_data_directory(directory: &Path) {
    fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("its mode");
    let data = directory.join("data");
    fs::create_dir(&data).expect("the data's directory");
    fs::set_permissions(&data, Permissions::from_mode(0o700)).expect("its mode");
    give_to_account(&data);
}

fn give_to_account(path: &Path) {
    let account = fs::metadata(cluster::socket_dir()).expect("the cluster's account");
    chown(path, Some(account.uid()), Some(account.gid())).expect("its owner");
}

/// Runs the program without this process's environment, as the account that runs PostgreSQL.
fn run_as_account(program: &mut Command, directory: &Path) {
    program
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdout(Stdio::null());
    let account = fs::metadata(cluster::socket_dir()).expect("the cluster's account");
    if fs::metadata(directory).expect("a directory").uid() != account.uid() {
        program.uid(account.uid()).gid(account.gid());
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A directory that the next run removes if this one is killed.
pub fn fresh_directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}{}-{number}", cluster::PREFIX, std::process::id());
    let directory = std::env::temp_dir().join(name);
    fs::create_dir(&directory).expect("a new directory");
    directory
}
