//! The embedded database: a PostgreSQL of our own, run as a supervised child on a data directory
//! of our own, reached through a Unix socket and nothing else. Connections, pool and migrations
//! are left to the caller, who finds the database at [`EmbeddedConfig::socket_dir`].
//!
//! In reading order: `directory` is the data directory, its lock and the socket's directory;
//! `account` whom PostgreSQL runs as; `programs` finds it and `install` says how to get it;
//! `cluster` is what `initdb` makes; `child` is one running server; `supervisor` the thread that
//! keeps it running; `handshake` asks a server whether it is there; `error` is what can go wrong.

#![expect(
    clippy::disallowed_methods,
    reason = "everything here runs on threads of its own, which may wait"
)]

mod account;
mod child;
mod cluster;
mod directory;
mod error;
mod handshake;
mod install;
mod programs;
mod supervisor;

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use cluster::Cluster;
use directory::{DataDir, Locked};
pub use error::EmbeddedError;
pub use programs::find_client_programs;
use supervisor::Supervisor;

/// The superuser that `initdb` makes; it has no password.
pub const USER: &str = "cruddur";

/// The database; there when [`Embedded::start`] returns.
pub const DATABASE: &str = "cruddur";

/// How long [`Embedded::start`] waits for the lock: a process that was just killed still has it.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// How long [`Embedded::attach_or_start`] waits for another process to start its database.
const ATTACH_PATIENCE: Duration = Duration::from_secs(30);

const LOCK_POLL: Duration = Duration::from_millis(50);

/// What the embedded database needs to know. Nothing here is read from the environment.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedConfig {
    /// Cruddur's data directory; the cluster lives in `<data_dir>/postgres`.
    pub data_dir: PathBuf,
    /// `PG_BIN_DIR`, when set: no search.
    pub bin_dir: Option<PathBuf>,
    /// `PATH`, where the search for PostgreSQL's programs begins.
    pub search_path: Option<OsString>,
    /// Extra server settings, such as `("fsync", "off")`, which tests use.
    pub server_settings: Vec<(String, String)>,
}

impl EmbeddedConfig {
    /// Where the socket is: known before the database runs, and the same at every start.
    ///
    /// `<data_dir>/socket`, or a directory in `/tmp` named after a hash of `data_dir` where that
    /// would be too long for a Unix socket.
    pub fn socket_dir(&self) -> PathBuf {
        directory::socket_dir(&self.data_dir)
    }

    /// Makes the data directory where it is missing, and returns it.
    pub fn make_data_dir(&self) -> Result<PathBuf, EmbeddedError> {
        Ok(DataDir::open(self)?.path)
    }

    /// The directory of the PostgreSQL programs that fit the data directory, for `pg_dump` and
    /// its like.
    pub fn find_programs(&self) -> Result<PathBuf, EmbeddedError> {
        let major = cluster::existing_major(&self.data_dir.join(cluster::NAME))?;
        Ok(programs::find(self, major)?.dir)
    }
}

/// A database that accepts connections: our own child, which [`stop`](Self::stop) and drop end,
/// or that of another process, which neither touches.
#[derive(Debug)]
pub struct Embedded {
    socket_dir: PathBuf,
    role: Role,
}

#[derive(Debug)]
enum Role {
    /// Fields drop in this order: the lock goes when the child has ended.
    Owner {
        child: Supervisor,
        _lock: File,
    },
    Guest,
}

impl Embedded {
    /// Starts the database, making it first where there is none, and returns when it accepts
    /// connections. Blocks for as long as that takes, recovery after a crash included.
    ///
    /// # Errors
    /// [`EmbeddedError::InUse`] where another process holds the data directory, and whatever else
    /// keeps a database from starting.
    pub fn start(config: EmbeddedConfig) -> Result<Embedded, EmbeddedError> {
        let data_dir = DataDir::open(&config)?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            match data_dir.try_lock()? {
                Locked::ByUs(lock) => return Self::run(&config, &data_dir, lock),
                Locked::ByOther(holder) if Instant::now() > deadline => {
                    return Err(data_dir.in_use(&holder));
                }
                Locked::ByOther(_) => sleep(LOCK_POLL),
            }
        }
    }

    /// For the command line: the database of the process that has one running, else one of our
    /// own for as long as the value lives.
    ///
    /// # Errors
    /// As [`start`](Self::start); [`EmbeddedError::InUse`] only where the database of the process
    /// that holds the data directory has not answered for 30 seconds.
    pub fn attach_or_start(config: EmbeddedConfig) -> Result<Embedded, EmbeddedError> {
        let data_dir = DataDir::open(&config)?;
        let deadline = Instant::now() + ATTACH_PATIENCE;
        loop {
            match data_dir.try_lock()? {
                Locked::ByUs(lock) => return Self::run(&config, &data_dir, lock),
                Locked::ByOther(holder) => {
                    if let Some(socket_dir) = holder.answering_socket_dir() {
                        return Ok(Embedded {
                            socket_dir,
                            role: Role::Guest,
                        });
                    }
                    if Instant::now() > deadline {
                        return Err(data_dir.in_use(&holder));
                    }
                    sleep(LOCK_POLL);
                }
            }
        }
    }

    fn run(config: &EmbeddedConfig, data_dir: &DataDir, lock: File) -> Result<Self, EmbeddedError> {
        let cluster = Cluster::prepare(config, data_dir)?;
        let child = Supervisor::start(cluster)?;
        Ok(Embedded {
            socket_dir: data_dir.socket_dir.clone(),
            role: Role::Owner { child, _lock: lock },
        })
    }

    /// The directory to connect to, as user [`USER`] and to the database [`DATABASE`].
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Whether the database accepts connections; false while the child is down between restarts.
    pub fn is_running(&self) -> bool {
        match &self.role {
            Role::Owner { child, .. } => child.is_running(),
            Role::Guest => handshake::answers(&self.socket_dir),
        }
    }

    /// Ends our own child and waits until it has: a fast shutdown of up to 6 seconds, then harder.
    /// Dropping the value does the same.
    pub fn stop(self) {
        drop(self);
    }
}
