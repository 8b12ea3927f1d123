//! What keeps an embedded database from starting, said so that a person can act on it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the embedded database did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Nothing was found in any of the usual places.
    #[error(
        "no PostgreSQL server programs found: install them with `{install}`, \
         name their directory in PG_BIN_DIR, or name another database in CONNECTION_URL"
    )]
    NoPrograms {
        /// The command for this system.
        install: &'static str,
    },

    /// `psql`, `pg_dump` and `pg_restore` of the server's version are nowhere.
    #[error(
        "no psql, pg_dump and pg_restore of PostgreSQL {at_least} or newer found: install them with \
         `{install}`, or name their directory in PG_BIN_DIR"
    )]
    NoClients {
        /// The server's major version.
        at_least: u32,
        /// The command for this system.
        install: &'static str,
    },

    /// The directory named by the setting is not one of a PostgreSQL server.
    #[error("PG_BIN_DIR names {}, which has no program {program}", dir.display())]
    MissingProgram {
        /// The setting's value.
        dir: PathBuf,
        /// The first program that is not there.
        program: &'static str,
    },

    /// `postgres --version` answered something else.
    #[error("{} does not tell its version, but says {said:?}", program.display())]
    UnknownVersion {
        /// The program asked.
        program: PathBuf,
        /// Its answer.
        said: String,
    },

    /// Older than what Cruddur is tried with.
    #[error("PostgreSQL {found} in {} is too old: 14 or newer is needed", dir.display())]
    TooOld {
        /// Its major version.
        found: u32,
        /// Where its programs are.
        dir: PathBuf,
    },

    /// A data directory opens only with the major version that made it.
    #[error(
        "{} was made by PostgreSQL {made_by}, but the programs in {} are of PostgreSQL {found}: \
         to carry the data over, write it to a file with `cruddur db backup FILE` and PG_BIN_DIR \
         set to the programs of PostgreSQL {made_by}, move that directory away, and read the file \
         with `cruddur db restore FILE` and those of PostgreSQL {found}",
        cluster.display(), dir.display()
    )]
    OtherMajor {
        /// The database's directory.
        cluster: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The directory of the programs found.
        dir: PathBuf,
        /// Their major version.
        found: u32,
    },

    /// Something that `initdb` did not make is where the database should be.
    #[error("{} is no PostgreSQL data directory: move it away", cluster.display())]
    NotACluster {
        /// The directory.
        cluster: PathBuf,
    },

    /// PostgreSQL refuses to run as root.
    #[error(
        "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it"
    )]
    NoAccount,

    /// As root, PostgreSQL runs as another account, which has to get to its files.
    #[error(
        "PostgreSQL does not run as root but as the account `{account}`, which cannot enter {}: \
         set CRUDDUR_DATA_DIR to a directory that is not below it", closed.display()
    )]
    Closed {
        /// The first directory on the way that the account cannot enter.
        closed: PathBuf,
        /// The account.
        account: String,
    },

    /// One data directory, one server.
    #[error("the data directory {} is in use by {holder}", data_dir.display())]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// The process that holds its lock, such as `process 1234`.
        holder: String,
    },

    /// With no passwords, whoever can enter this directory is the database's superuser.
    #[error(
        "{} is not a directory that only the database's own account can enter: remove it",
        dir.display()
    )]
    UnsafeSocketDir {
        /// The directory meant for the socket.
        dir: PathBuf,
    },

    /// A file or directory could not be made, read or changed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A program could not be run.
    #[error("cannot run {} as {account}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// The account it was to run as.
        account: String,
        /// What the system said.
        source: io::Error,
    },

    /// The database could not be made.
    #[error("initdb failed: {output}")]
    Initdb {
        /// Its last lines.
        output: String,
    },

    /// The server ended before it accepted connections.
    #[error("PostgreSQL ended while starting ({status}): {output}")]
    Ended {
        /// How it ended.
        status: String,
        /// Its last lines.
        output: String,
    },

    /// The cluster is there, but our database in it could not be made.
    #[error("cannot create the database `{}`", super::DATABASE)]
    CreateDatabase {
        /// What the server said.
        source: io::Error,
    },

    /// The thread that runs the server could not be started.
    #[error("cannot start the thread that runs PostgreSQL")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: what was being done to which path.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| EmbeddedError::File {
            action,
            path,
            source,
        }
    }
}
