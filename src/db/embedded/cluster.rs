//! The database's own directory: made by `initdb` under a temporary name, checked for its
//! version, and cleared of what a killed server left. Running it is `child`'s and `supervisor`'s.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use super::account::Account;
use super::directory::{DataDir, make_private};
use super::programs::{self, Programs};
use super::{EmbeddedConfig, EmbeddedError, USER, child, handshake};

/// The cluster's directory in the data directory.
pub(super) const NAME: &str = "postgres";

/// What the name of a half-made cluster begins with.
const UNFINISHED: &str = "postgres.new.";

/// How long a database that an earlier run left behind has to end.
const ORPHAN_SECONDS: &str = "30";

/// A cluster that is ready to be run, and all that is needed to run it.
#[derive(Debug)]
pub(super) struct Cluster {
    pub dir: PathBuf,
    pub socket_dir: PathBuf,
    pub account: Account,
    pub programs: Programs,
    pub settings: Vec<(String, String)>,
}

impl Cluster {
    /// Finds the programs, and makes the cluster or checks the one that is there. The caller
    /// holds the lock.
    pub(super) fn prepare(
        config: &EmbeddedConfig,
        data_dir: &DataDir,
    ) -> Result<Self, EmbeddedError> {
        let dir = data_dir.path.join(NAME);
        let account = Account::choose(&dir)?;
        account.check_entry(&data_dir.path)?;
        let made_by = existing_major(&dir)?;
        let programs = programs::find(config, made_by)?;
        make_private(&data_dir.socket_dir, &account)?;
        let cluster = Cluster {
            dir,
            socket_dir: data_dir.socket_dir.clone(),
            account,
            programs,
            settings: config.server_settings.clone(),
        };
        match made_by {
            Some(_) => cluster.stop_orphan(),
            None => cluster.make(&data_dir.path)?,
        }
        Ok(cluster)
    }

    /// `initdb` into a temporary name, then a rename: a killed first start leaves nothing half
    /// done, and the next one removes what it left.
    fn make(&self, data_dir: &Path) -> Result<(), EmbeddedError> {
        remove_unfinished(data_dir);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let unfinished = data_dir.join(format!("{UNFINISHED}{}", now.as_nanos()));
        DirBuilder::new()
            .mode(0o700)
            .create(&unfinished)
            .map_err(EmbeddedError::file("make", &unfinished))?;
        self.account.own(&unfinished)?;
        tracing::info!(directory = %self.dir.display(), version = self.programs.major,
            "making the embedded database");
        self.initdb(&unfinished)?;
        fs::rename(&unfinished, &self.dir).map_err(EmbeddedError::file("rename", &unfinished))?;
        fs::File::open(data_dir)
            .and_then(|dir| dir.sync_all())
            .map_err(EmbeddedError::file("write", data_dir))
    }

    /// `C` is the one locale that sorts the same on every system and in every version of its
    /// library, so that no upgrade of the system breaks an index. Trust is safe: there is no TCP,
    /// and only the account can enter the socket's directory.
    fn initdb(&self, dir: &Path) -> Result<(), EmbeddedError> {
        let program = self.programs.path("initdb");
        let mut command = self.account.command(&program);
        command
            .arg("--pgdata")
            .arg(dir)
            .args(["--username", USER])
            .args([
                "--encoding=UTF8",
                "--locale=C",
                "--auth-local=trust",
                "--auth-host=reject",
                "--no-instructions",
            ]);
        if self
            .settings
            .iter()
            .any(|(name, value)| name == "fsync" && value == "off")
        {
            command.arg("--no-sync");
        }
        let done = child::output(&mut command).map_err(|source| EmbeddedError::Run {
            program,
            account: self.account.name().to_owned(),
            source,
        })?;
        if !done.status.success() {
            let output = String::from_utf8_lossy(&done.stderr)
                .trim()
                .replace('\n', "; ");
            return Err(EmbeddedError::Initdb { output });
        }
        Ok(())
    }

    /// Ends a server that outlived the process that started it. On Linux it is ending by itself
    /// and this waits for it; elsewhere nothing has told it to.
    fn stop_orphan(&self) {
        let running = self
            .recorded_pid()
            .is_some_and(|pid| runs_in(pid, &self.dir) == Some(true));
        if !running && !handshake::answers(&self.socket_dir) {
            return;
        }
        tracing::warn!("ending the embedded database that an earlier run left behind");
        let mut command = self.account.command(&self.programs.path("pg_ctl"));
        command.args([
            "stop",
            "--silent",
            "--mode=fast",
            "--wait",
            "--timeout",
            ORPHAN_SECONDS,
        ]);
        // Where it fails, the server was gone first, or the start that follows says what is wrong.
        if let Err(error) = child::output(command.arg("--pgdata").arg(&self.dir)) {
            tracing::debug!(%error, "pg_ctl stop");
        }
    }

    /// Removes what a killed server left and PostgreSQL itself would stumble over. Called with no
    /// server running.
    pub(super) fn clear_leftovers(&self) -> Result<(), EmbeddedError> {
        for name in [handshake::SOCKET, handshake::SOCKET_LOCK] {
            remove_if_there(&self.socket_dir.join(name))?;
        }
        let path = self.pid_file();
        let Ok(content) = fs::read_to_string(&path) else {
            return Ok(());
        };
        match self.recorded_pid() {
            None => remove_if_there(&path),
            Some(pid) if runs_in(pid, &self.dir) == Some(false) => self.replace_pid(&content),
            Some(_) => Ok(()),
        }
    }

    /// Another program has the killed server's pid since, as happens in containers, where
    /// PostgreSQL would refuse to start for ever. It takes no notice of its parent's pid, which is
    /// ours, and goes on to look whether the shared memory named in the file is still in use.
    fn replace_pid(&self, content: &str) -> Result<(), EmbeddedError> {
        let rest = content.split_once('\n').map_or("", |(_, rest)| rest);
        let path = self.pid_file();
        let new = self.dir.join("postmaster.pid.new");
        remove_if_there(&new)?;
        // The account owns this directory: as root, never follow a link that it may have put here.
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&new)
            .and_then(|mut file| write!(file, "{}\n{rest}", process::id()))
            .map_err(EmbeddedError::file("write", &new))?;
        self.account.own(&new)?;
        fs::rename(&new, &path).map_err(EmbeddedError::file("replace", &path))
    }

    /// Whether the server says in its pid file that it is ready. Asked before a handshake is
    /// tried, which a starting server would write into its log each time.
    pub(super) fn says_ready(&self) -> bool {
        let content = fs::read_to_string(self.pid_file()).unwrap_or_default();
        content
            .lines()
            .nth(7)
            .is_some_and(|status| status.trim() == "ready")
    }

    fn pid_file(&self) -> PathBuf {
        self.dir.join("postmaster.pid")
    }

    /// A negative pid is that of a server in single-user mode.
    fn recorded_pid(&self) -> Option<u32> {
        let content = fs::read_to_string(self.pid_file()).ok()?;
        Some(
            content
                .lines()
                .next()?
                .trim()
                .parse::<i32>()
                .ok()?
                .unsigned_abs(),
        )
    }
}

/// The major version that made the cluster; none where there is no cluster yet.
pub(super) fn existing_major(cluster: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(version) => match version.trim().split('.').next().map(str::parse) {
            Some(Ok(major)) => Ok(Some(major)),
            _ => Err(EmbeddedError::NotACluster {
                cluster: cluster.to_owned(),
            }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let holds_something =
                fs::read_dir(cluster).is_ok_and(|mut entries| entries.next().is_some());
            if holds_something {
                return Err(EmbeddedError::NotACluster {
                    cluster: cluster.to_owned(),
                });
            }
            Ok(None)
        }
        Err(error) => Err(EmbeddedError::file("read", &path)(error)),
    }
}

/// Whether the process is a server on that directory. None: there is no such process, or the
/// system does not say.
fn runs_in(pid: u32, dir: &Path) -> Option<bool> {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(
        arguments
            .split(|byte| *byte == 0)
            .any(|argument| argument == dir.as_os_str().as_bytes()),
    )
}

fn remove_unfinished(data_dir: &Path) {
    for entry in fs::read_dir(data_dir).into_iter().flatten().flatten() {
        if entry
            .file_name()
            .as_bytes()
            .starts_with(UNFINISHED.as_bytes())
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, "removing an unfinished database");
        }
    }
}

fn remove_if_there(path: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(EmbeddedError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
