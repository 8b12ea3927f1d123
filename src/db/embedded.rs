//! Translates the program's settings into the configuration of the crate `embedded_postgres`, which runs
//! the embedded database, and the crate's errors into advice that names settings and commands.

use std::path::PathBuf;

pub use embedded_postgres::{
    ClientPrograms, Config, Embedded, Error as EmbeddedError, find_client_programs,
};

use crate::config::EmbeddedSettings;
use crate::error::{Cause, Error};

/// The superuser that `initdb` creates; it has no password.
pub const USER: &str = "cruddur";

/// The database, which [`Embedded::start`] creates.
pub const DATABASE: &str = "cruddur";

/// The driver's configuration to connect through the socket of the cluster.
pub(super) fn driver_config(cluster: &Config) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config
        .host_path(cluster.socket_dir())
        .user(USER)
        .dbname(DATABASE);
    config
}

/// The configuration of the embedded database in `data_dir`.
pub fn config(data_dir: impl Into<PathBuf>) -> Config {
    Config {
        user: USER.to_owned(),
        database: DATABASE.to_owned(),
        name: "cruddur".to_owned(),
        ..Config::new(data_dir)
    }
}

impl EmbeddedSettings {
    /// The embedded database's configuration from the program's settings.
    pub fn config(&self) -> Config {
        Config {
            bin_dir: self.bin_dir.clone(),
            search_path: self.search_path.clone(),
            ..config(&self.data_dir)
        }
    }
}

impl From<EmbeddedError> for Error {
    fn from(error: EmbeddedError) -> Self {
        let cause = advice(&error).map_or_else(|| Cause::from(error), Cause::from);
        Self::Operator("the embedded database cannot run".to_owned(), Some(cause))
    }
}

/// Advice for an error that a setting or command of this program resolves; `None` for any other error.
fn advice(error: &EmbeddedError) -> Option<String> {
    Some(match error {
        EmbeddedError::NoServerPrograms { .. } => {
            format!(
                "{error}, name their directory in PG_BIN_DIR, or name another database in CONNECTION_URL"
            )
        }
        EmbeddedError::NoClientPrograms { .. } => {
            format!("{error}, or name their directory in PG_BIN_DIR")
        }
        EmbeddedError::MissingProgram { dir, program } => {
            format!(
                "PG_BIN_DIR names {}, which has no program {program}",
                dir.display()
            )
        }
        EmbeddedError::MajorVersionMismatch { made_by, found, .. } => format!(
            "{error}: to carry the data over, write it to a file with `cruddur db backup FILE` and \
             PG_BIN_DIR set to the programs of PostgreSQL {made_by}, move that directory away, and \
             read the file with `cruddur db restore FILE` and those of PostgreSQL {found}"
        ),
        EmbeddedError::NoAccess { .. } => {
            format!("{error}: set CRUDDUR_DATA_DIR to a directory that is not below it")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::chain;

    fn text(error: EmbeddedError) -> String {
        chain(&Error::from(error))
    }

    #[test]
    fn missing_server_programs_are_reported_with_the_settings_that_help() {
        let error = EmbeddedError::NoServerPrograms {
            install: "apt-get install postgresql",
        };
        assert_eq!(
            text(error),
            "the embedded database cannot run: no PostgreSQL server programs found: install them \
             with `apt-get install postgresql`, name their directory in PG_BIN_DIR, or name \
             another database in CONNECTION_URL"
        );
    }

    #[test]
    fn missing_client_programs_are_reported_with_the_setting_that_helps() {
        let error = EmbeddedError::NoClientPrograms {
            at_least: 17,
            install: "apk add postgresql",
        };
        assert_eq!(
            text(error),
            "the embedded database cannot run: no psql, pg_dump and pg_restore of PostgreSQL 17 \
             or newer found: install them with `apk add postgresql`, or name their directory in \
             PG_BIN_DIR"
        );
    }

    #[test]
    fn a_program_missing_in_pg_bin_dir_is_reported_with_the_setting() {
        let error = EmbeddedError::MissingProgram {
            dir: "/opt".into(),
            program: "initdb",
        };
        assert_eq!(
            text(error),
            "the embedded database cannot run: PG_BIN_DIR names /opt, which has no program initdb"
        );
    }

    #[test]
    fn a_cluster_of_another_major_version_is_reported_with_the_commands_that_carry_it_over() {
        let error = EmbeddedError::MajorVersionMismatch {
            cluster: "/data/postgres".into(),
            made_by: 15,
            dir: "/usr/lib/postgresql/17/bin".into(),
            found: 17,
        };
        assert_eq!(
            text(error),
            "the embedded database cannot run: /data/postgres was created by PostgreSQL 15, but the \
             programs in /usr/lib/postgresql/17/bin are of PostgreSQL 17: to carry the data over, \
             write it to a file with `cruddur db backup FILE` and PG_BIN_DIR set to the programs \
             of PostgreSQL 15, move that directory away, and read the file with `cruddur db \
             restore FILE` and those of PostgreSQL 17"
        );
    }

    #[test]
    fn a_directory_that_the_account_cannot_enter_is_reported_with_the_setting_that_helps() {
        let error = EmbeddedError::NoAccess {
            dir: "/root".into(),
            account: "postgres".to_owned(),
        };
        assert_eq!(
            text(error),
            "the embedded database cannot run: PostgreSQL does not run as root but as the account \
             `postgres`, which cannot enter /root: set CRUDDUR_DATA_DIR to a directory that is \
             not below it"
        );
    }

    #[test]
    fn an_error_without_advice_keeps_the_text_of_the_crate() {
        let error = EmbeddedError::InUse {
            data_dir: "/data".into(),
            pid: Some(4711),
        };
        assert_eq!(
            text(error),
            "the embedded database cannot run: the data directory /data is in use by process 4711"
        );
    }
}
