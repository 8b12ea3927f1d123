//! The pooler that all tests use if `TEST_POOLER` is set: `session` or `transaction` for the tests' own, which refuses
//! start-up options as RDS Proxy does, or the path of a PgBouncer program, which runs in transaction mode.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use cruddur::db::embedded;

use super::external_postgres::{free_port, fresh_directory};
use super::{Database, PoolMode, PoolerFront, StartupOptions, socket_dir};

/// The sessions of PgBouncer for each database.
const SIZE: usize = 20;
/// The sessions of the tests' own pooler for all databases together.
const TOTAL_SIZE: usize = 350;

/// The tests, by the beginning of their names, that look at the server's own sessions, at roles and ports of PostgreSQL,
/// or create, drop and restore databases. They use no pooler.
const DIRECT: [&str; 9] = [
    "backup::",
    "freshness::reads_stay_fresh_while_one_servers_connections_are_cut",
    "guards::",
    "operations::a_command_that_is_too_early",
    "operations::a_report_behind_a_locked_table",
    "operations::loading_seeds_behind_a_row_lock",
    "operations::the_database_routes",
    "security_group_boot::",
    "sessions::",
];

pub enum SuitePooler {
    Front(PoolerFront),
    PgBouncer(PgBouncer),
}

/// The pooler of this run; `None` without `TEST_POOLER`.
pub fn find() -> Option<&'static SuitePooler> {
    static POOLER: OnceLock<Option<SuitePooler>> = OnceLock::new();
    // The thread of a test has its name.
    let thread = std::thread::current();
    let is_direct = |name: &str| DIRECT.iter().any(|direct| name.starts_with(direct));
    if thread.name().is_some_and(is_direct) {
        return None;
    }
    let pooler = POOLER.get_or_init(|| {
        let wanted = std::env::var("TEST_POOLER")
            .ok()
            .filter(|name| !name.is_empty())?;
        let front = |mode| PoolerFront::start(StartupOptions::Refused, mode, TOTAL_SIZE);
        Some(match wanted.as_str() {
            "session" => SuitePooler::Front(front(PoolMode::Session)),
            "transaction" => SuitePooler::Front(front(PoolMode::Transaction)),
            program => SuitePooler::PgBouncer(PgBouncer::start(Path::new(program))),
        })
    });
    pooler.as_ref()
}

impl SuitePooler {
    pub fn url(&self, database: &Database) -> String {
        match self {
            Self::Front(front) => front.url(database),
            Self::PgBouncer(bouncer) => bouncer.url(database),
        }
    }
}

/// PgBouncer in transaction mode, which refuses start-up options.
pub struct PgBouncer {
    port: u16,
    _process: Child,
}

impl PgBouncer {
    pub fn start(program: &Path) -> Self {
        let directory = fresh_directory();
        let port = free_port();
        let socket = socket_dir();
        let users = directory.join("users.txt");
        fs::write(&users, format!("\"{}\" \"\"\n", embedded::USER)).expect("the users");
        let configuration = directory.join("pgbouncer.ini");
        let settings = [
            "[databases]".to_owned(),
            format!("* = host={}", socket.display()),
            "[pgbouncer]".to_owned(),
            "listen_addr = 127.0.0.1".to_owned(),
            format!("listen_port = {port}"),
            "unix_socket_dir =".to_owned(),
            "auth_type = trust".to_owned(),
            format!("auth_file = {}", users.display()),
            // A test may connect with a role of its own.
            format!("auth_user = {}", embedded::USER),
            "auth_query = select rolname::text, ''::text from pg_roles where rolname = $1"
                .to_owned(),
            "pool_mode = transaction".to_owned(),
            format!("default_pool_size = {SIZE}"),
            "max_client_conn = 4000".to_owned(),
            "max_prepared_statements = 500".to_owned(),
            // Each test has a database of its own, and PostgreSQL has 400 sessions for all.
            "server_idle_timeout = 1".to_owned(),
            "autodb_idle_timeout = 1".to_owned(),
        ];
        fs::write(&configuration, settings.join("\n")).expect("the configuration");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("its mode");
        let account = fs::metadata(&socket).expect("the cluster's account");
        for file in [&directory, &users, &configuration] {
            chown(file, Some(account.uid()), Some(account.gid())).expect("its owner");
        }
        // The shell kills PgBouncer when its standard input closes, which happens when this process ends.
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#""$@" & read -r _; kill -QUIT $!; wait"#, "sh"])
            .arg(program)
            .arg("--quiet")
            .arg(&configuration)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if fs::metadata("/proc/self").expect("this process").uid() != account.uid() {
            shell.uid(account.uid()).gid(account.gid());
        }
        let process = shell.spawn().expect("PgBouncer starts");
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "PgBouncer does not listen");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Self {
            port,
            _process: process,
        }
    }

    pub fn url(&self, database: &Database) -> String {
        format!(
            "postgresql://{}@127.0.0.1:{}/{}",
            embedded::USER,
            self.port,
            database.name
        )
    }
}
