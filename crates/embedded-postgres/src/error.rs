//! The errors of the crate; advice to the operator is left to the program that embeds the
//! database.

use std::io;
use std::path::{Path, PathBuf};

/// Why an embedded database does not start.
///
/// The fields hold what a program needs to write its own advice, in terms of its own settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// None of the directories searched has a server's programs.
    #[error("no PostgreSQL server programs found: install them with `{install}`")]
    NoServerPrograms {
        /// The command that installs them on this system.
        install: &'static str,
    },

    /// None of the directories searched has client programs that are new enough.
    #[error(
        "no psql, pg_dump and pg_restore of PostgreSQL {at_least} or newer found: install them \
         with `{install}`"
    )]
    NoClientPrograms {
        /// The oldest major version that would do.
        at_least: u32,
        /// The command that installs them on this system.
        install: &'static str,
    },

    /// [`Config::bin_dir`](crate::Config::bin_dir) lacks one of a server's programs.
    #[error("{} has no program {program}", dir.display())]
    MissingProgram {
        /// The configured directory.
        dir: PathBuf,
        /// The first program that it lacks.
        program: &'static str,
    },

    /// `postgres --version` printed no version.
    #[error("{} --version printed {output:?} instead of a version", program.display())]
    UnknownVersion {
        /// The program that was run.
        program: PathBuf,
        /// What it printed.
        output: String,
    },

    /// The server is older than [`OLDEST_SUPPORTED_MAJOR`](crate::OLDEST_SUPPORTED_MAJOR).
    #[error(
        "PostgreSQL {found} in {} is too old: {oldest} or newer is needed",
        dir.display()
    )]
    TooOld {
        /// Its major version.
        found: u32,
        /// The oldest major version that would do.
        oldest: u32,
        /// The directory of its programs.
        dir: PathBuf,
    },

    /// Another major version created the cluster; PostgreSQL opens only clusters of its own.
    #[error(
        "{} was created by PostgreSQL {made_by}, but the programs in {} are of PostgreSQL {found}",
        cluster.display(), dir.display()
    )]
    MajorVersionMismatch {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The major version that created it.
        made_by: u32,
        /// The directory of the programs found.
        dir: PathBuf,
        /// Their major version.
        found: u32,
    },

    /// The cluster's directory holds files, but no cluster.
    #[error("{} holds files but no PostgreSQL cluster: move it to another path", dir.display())]
    NotACluster {
        /// The cluster's directory.
        dir: PathBuf,
    },

    /// This process is root, and the system has no account to run PostgreSQL as.
    #[error(
        "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it"
    )]
    NoAccount,

    /// This process is root, and the account that PostgreSQL runs as cannot enter a directory
    /// above the cluster's.
    #[error(
        "PostgreSQL does not run as root but as the account `{account}`, which cannot enter {}",
        dir.display()
    )]
    NoAccess {
        /// The first directory of the path that the account cannot enter.
        dir: PathBuf,
        /// The account's name.
        account: String,
    },

    /// Another process uses the data directory.
    #[error("the data directory {} is in use by {}", data_dir.display(), named(*pid))]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// The process that holds its lock, where the lock file names it.
        pid: Option<u32>,
    },

    /// Other users can change the data directory, so its files may not be this program's.
    #[error("other users can change the files in {}: run `{fix}`", dir.display())]
    UnsafeDataDir {
        /// The data directory.
        dir: PathBuf,
        /// The command that makes it safe.
        fix: String,
    },

    /// Other users can enter the socket's directory, which has to be private because the superuser
    /// has no password.
    #[error(
        "{} is not a directory that only the database's own account can enter: remove it",
        dir.display()
    )]
    UnsafeSocketDir {
        /// The socket's directory.
        dir: PathBuf,
    },

    /// A file or directory could not be created, read or changed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// The action that failed, as a verb, such as `read`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },

    /// A program could not be started.
    #[error("cannot run {} as {account}", program.display())]
    RunProgram {
        /// The program.
        program: PathBuf,
        /// The name of the account to run it as.
        account: String,
        /// The error of the system.
        source: io::Error,
    },

    /// `initdb` failed, so there is no cluster.
    #[error("initdb failed: {output}")]
    Initdb {
        /// What it printed, its lines joined by `; `.
        output: String,
    },

    /// The server ended before it accepted connections.
    #[error("PostgreSQL ended while starting ({status}): {output}")]
    ServerEnded {
        /// Its exit status.
        status: String,
        /// The last lines of its log, joined by `; `.
        output: String,
    },

    /// The server runs, but the database in it could not be created.
    #[error("cannot create the database `{database}`")]
    CreateDatabase {
        /// Its name.
        database: String,
        /// The server's refusal, or the error of the connection.
        source: io::Error,
    },

    /// The thread that runs the server could not be started.
    #[error("cannot start the thread that runs PostgreSQL")]
    StartThread {
        /// The error of the system.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`: adds the action, a verb, and the path that it failed on.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Error::File {
            action,
            path,
            source,
        }
    }
}

fn named(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}
