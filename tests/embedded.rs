//! The embedded database with the program's configuration: what an operator reads where it cannot
//! start. How it runs is tested in the crate.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests search PATH for PostgreSQL's programs"
)]

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use cruddur::db::embedded::{self, Config, Embedded};
use cruddur::error::{Error, chain};

/// A directory of one test, which the database's account can enter.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("/tmp/cruddur-test-{}-{number}", std::process::id()));
        DirBuilder::new().create(&path).expect("a new directory");
        fs::set_permissions(&path, Permissions::from_mode(0o711)).expect("its mode");
        TempDir(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn config(data_dir: &Path) -> Config {
    Config {
        bin_dir: std::env::var_os("PG_BIN_DIR").map(PathBuf::from),
        search_path: std::env::var_os("PATH"),
        ..embedded::config(data_dir)
    }
}

/// What the operator reads.
fn refusal(config: Config) -> String {
    chain(&Error::from(
        Embedded::start(config).expect_err("a refusal"),
    ))
}

#[test]
fn a_data_directory_of_another_major_version_is_refused_naming_both_and_the_commands() {
    let temp = TempDir::new();
    DirBuilder::new()
        .create(temp.0.join("postgres"))
        .expect("a directory");
    fs::write(temp.0.join("postgres/PG_VERSION"), "12\n").expect("a version");
    let text = refusal(config(&temp.0));
    assert!(
        text.contains("was made by PostgreSQL 12, but the programs in /"),
        "{text}"
    );
    assert!(
        text.contains("cruddur db backup") && text.contains("cruddur db restore"),
        "{text}"
    );
}

#[test]
fn a_pg_bin_dir_without_programs_is_refused_naming_the_setting() {
    let temp = TempDir::new();
    let text = refusal(Config {
        bin_dir: Some(temp.0.clone()),
        ..config(&temp.0)
    });
    assert!(text.contains(": PG_BIN_DIR names /tmp/"), "{text}");
}

#[test]
fn a_data_directory_that_postgresql_cannot_enter_is_refused_naming_the_setting() {
    let temp = TempDir::new();
    if fs::metadata(&temp.0).expect("the directory").uid() != 0 {
        return;
    }
    let closed = temp.0.join("closed");
    DirBuilder::new()
        .mode(0o700)
        .create(&closed)
        .expect("a directory");
    let text = refusal(config(&closed.join("data")));
    assert!(text.contains("closed: set CRUDDUR_DATA_DIR"), "{text}");
    assert!(!closed.join("data").exists(), "nothing is left there");
}

#[test]
fn a_deep_data_directory_keeps_the_programs_name_in_its_socket_directory() {
    let deep = PathBuf::from(format!("/{}", "x".repeat(100)));
    let socket_dir = embedded::config(&deep).socket_dir();
    let text = socket_dir.display();
    assert!(
        socket_dir.to_string_lossy().starts_with("/tmp/cruddur-"),
        "{text}"
    );
}
