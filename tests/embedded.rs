//! The embedded database with the configuration of `cruddur`: the error texts when it cannot start. The tests of the
//! crate embedded-postgres cover how it runs.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests search PATH for PostgreSQL's programs"
)]

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use cruddur::db::embedded::{self, Config, Embedded};
use cruddur::error::{Error, chain};
use tempfile::TempDir;

/// A new directory that the account of the database can enter.
fn temp_dir() -> TempDir {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o711))
        .tempdir_in("/tmp")
        .expect("a new directory")
}

fn config(data_dir: &Path) -> Config {
    Config {
        bin_dir: std::env::var_os("PG_BIN_DIR").map(PathBuf::from),
        search_path: std::env::var_os("PATH"),
        ..embedded::config(data_dir)
    }
}

/// The text of the error that the start returns.
fn start_error(config: Config) -> String {
    chain(&Error::from(
        Embedded::start(config).expect_err("the start fails"),
    ))
}

#[test]
fn a_data_directory_of_another_major_version_is_refused_naming_both_and_the_commands() {
    let temp = temp_dir();
    DirBuilder::new()
        .create(temp.path().join("postgres"))
        .expect("a directory");
    fs::write(temp.path().join("postgres/PG_VERSION"), "12\n").expect("a version");
    let text = start_error(config(temp.path()));
    assert!(
        text.contains("was created by PostgreSQL 12, but the programs in /"),
        "{text}"
    );
    assert!(
        text.contains("cruddur db backup") && text.contains("cruddur db restore"),
        "{text}"
    );
}

#[test]
fn a_pg_bin_dir_without_programs_is_refused_naming_the_setting() {
    let temp = temp_dir();
    let text = start_error(Config {
        bin_dir: Some(temp.path().to_owned()),
        ..config(temp.path())
    });
    assert!(text.contains(": PG_BIN_DIR names /tmp/"), "{text}");
}

#[test]
fn a_data_directory_that_postgresql_cannot_enter_is_refused_naming_the_setting() {
    let temp = temp_dir();
    if fs::metadata(temp.path()).expect("the directory").uid() != 0 {
        return;
    }
    let closed = temp.path().join("closed");
    DirBuilder::new()
        .mode(0o700)
        .create(&closed)
        .expect("a directory");
    let text = start_error(config(&closed.join("data")));
    assert!(text.contains("closed: set CRUDDUR_DATA_DIR"), "{text}");
    assert!(
        !closed.join("data").exists(),
        "the data directory was not created"
    );
}

#[test]
fn a_data_directory_with_a_long_path_gets_a_socket_directory_named_after_cruddur() {
    let data_dir = PathBuf::from(format!("/{}", "x".repeat(100)));
    let socket_dir = embedded::config(&data_dir).socket_dir();
    let text = socket_dir.display();
    assert!(
        socket_dir.to_string_lossy().starts_with("/tmp/cruddur-"),
        "{text}"
    );
}
