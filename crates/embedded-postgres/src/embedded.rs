//! The running database: the lock on its data directory and the supervisor of its server, or the
//! socket of a server that another process runs.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::Account;
use crate::cluster::{self, Cluster};
use crate::config::Config;
use crate::connection::{self, Address};
use crate::data_directory::{DataDirectory, Lock};
use crate::error::Error;
use crate::poll::poll;
use crate::socket;
use crate::supervisor::Supervisor;
use crate::{initdb, leftovers};

/// How long [`Embedded::start`] waits for the lock: the kernel releases the lock of a killed
/// process only when that process has ended.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// How long [`Embedded::attach_or_start`] waits for another process to start its database.
const ATTACH_TIMEOUT: Duration = Duration::from_secs(30);

const LOCK_INTERVAL: Duration = Duration::from_millis(50);

/// A database that accepts connections. [`stop`](Self::stop) and drop end a server that this process
/// started; they leave the server of another process running.
#[derive(Debug)]
pub struct Embedded {
    address: Address,
    role: Role,
}

#[derive(Debug)]
enum Role {
    /// The fields drop in this order: the lock is released when the server has ended.
    Owner {
        supervisor: Supervisor,
        _lock: File,
    },
    Guest,
}

impl Embedded {
    /// Starts the database, creating it first where there is none, and returns when it accepts
    /// connections. Blocks for as long as that takes, recovery after a crash included.
    ///
    /// # Errors
    /// [`Error::InUse`] where another process still holds the data directory after 2 seconds, and
    /// each of the other variants but [`Error::NoClientPrograms`].
    pub fn start(config: Config) -> Result<Embedded, Error> {
        let data_dir = config.open_data_dir()?;
        let result = poll(LOCK_TIMEOUT, LOCK_INTERVAL, || match data_dir.try_lock() {
            Ok(Lock::HeldBy(holder)) => ControlFlow::Continue(holder),
            Ok(Lock::Acquired(lock)) => ControlFlow::Break(Ok(lock)),
            Err(error) => ControlFlow::Break(Err(error)),
        });
        match result {
            ControlFlow::Break(lock) => Self::run(config, &data_dir, lock?),
            ControlFlow::Continue(holder) => Err(data_dir.in_use(&holder)),
        }
    }

    /// Uses the database of the process that holds the data directory, or starts one that runs for
    /// as long as the value lives. For command-line programs that may run while the server does.
    ///
    /// # Errors
    /// As [`start`](Self::start); [`Error::InUse`] only where the database of the process that
    /// holds the data directory has not accepted connections for 30 seconds.
    pub fn attach_or_start(config: Config) -> Result<Embedded, Error> {
        let data_dir = config.open_data_dir()?;
        let attempt = || match data_dir.try_lock() {
            Ok(Lock::HeldBy(holder)) => {
                let address = address(&config, &holder.socket_dir);
                match connection::accepts_connections(&address) {
                    true => ControlFlow::Break(Ok(Attempt::Attached(address))),
                    false => ControlFlow::Continue(holder),
                }
            }
            Ok(Lock::Acquired(lock)) => ControlFlow::Break(Ok(Attempt::Locked(lock))),
            Err(error) => ControlFlow::Break(Err(error)),
        };
        let result = poll(ATTACH_TIMEOUT, LOCK_INTERVAL, attempt);
        match result {
            ControlFlow::Break(attempt) => match attempt? {
                Attempt::Locked(lock) => Self::run(config, &data_dir, lock),
                Attempt::Attached(address) => Ok(Embedded {
                    address,
                    role: Role::Guest,
                }),
            },
            ControlFlow::Continue(holder) => Err(data_dir.in_use(&holder)),
        }
    }

    fn run(config: Config, data_dir: &DataDirectory, lock: File) -> Result<Self, Error> {
        let cluster = prepare(config, data_dir)?;
        let address = cluster.address.clone();
        let supervisor = Supervisor::start(cluster)?;
        Ok(Embedded {
            address,
            role: Role::Owner {
                supervisor,
                _lock: lock,
            },
        })
    }

    /// The directory of the socket to connect to, as the configured user and to the configured
    /// database.
    pub fn socket_dir(&self) -> &Path {
        &self.address.socket_dir
    }

    /// Whether the database accepts connections; false while the server is down between two runs.
    pub fn is_running(&self) -> bool {
        match &self.role {
            Role::Owner { supervisor, .. } => supervisor.is_running(),
            Role::Guest => connection::accepts_connections(&self.address),
        }
    }

    /// Ends the server that this value started, and waits until it has ended: a fast shutdown of
    /// up to 6 seconds, then an immediate one of 1 second, then `SIGKILL`. Dropping the value does
    /// the same.
    pub fn stop(self) {
        drop(self);
    }
}

/// The result of an attempt to attach.
enum Attempt {
    Locked(File),
    Attached(Address),
}

/// Finds the programs, and creates the cluster or checks the existing one. The caller holds the
/// lock.
fn prepare(config: Config, data_dir: &DataDirectory) -> Result<Cluster, Error> {
    let dir = cluster::directory(&data_dir.path);
    let account = Account::choose(&dir)?;
    account.verify_access(&data_dir.path)?;
    let exists = cluster::major_version(&dir)?.is_some();
    let programs = config.programs_for(&dir)?;
    socket::make_private(&data_dir.socket_dir, &account)?;
    let cluster = Cluster {
        dir,
        address: address(&config, &data_dir.socket_dir),
        name: config.name,
        account,
        programs,
        settings: config.server_settings,
    };
    match exists {
        true => leftovers::stop_orphan(&cluster),
        false => initdb::create(&cluster, &data_dir.path)?,
    }
    Ok(cluster)
}

fn address(config: &Config, socket_dir: &Path) -> Address {
    Address {
        socket_dir: PathBuf::from(socket_dir),
        user: config.user.clone(),
        database: config.database.clone(),
    }
}
