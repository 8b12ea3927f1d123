//! Starts that fail, and what their errors name.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink};

use embedded_postgres::{Config, Embedded, Error};

use crate::support::{config, temp_dir};

#[test]
fn a_socket_directory_that_other_users_can_enter_is_refused() {
    let temp = temp_dir();
    let socket_dir = config(temp.path()).socket_dir();
    DirBuilder::new()
        .mode(0o755)
        .create(&socket_dir)
        .expect("a directory");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    assert!(matches!(error, Error::UnsafeSocketDir { .. }), "{error}");
}

#[test]
fn a_data_directory_that_other_users_can_write_is_refused_with_the_chmod_to_run() {
    for mode in [0o731, 0o713, 0o1777] {
        let temp = temp_dir();
        let dir = temp.path().display();
        fs::set_permissions(temp.path(), Permissions::from_mode(mode)).expect("a mode");
        let error = Embedded::start(config(temp.path())).expect_err("a refusal");
        assert_eq!(
            error.to_string(),
            format!("other users can change the files in {dir}: run `chmod go-w {dir}`")
        );
        assert!(!temp.path().join("lock").exists(), "nothing is written");
    }
}

#[test]
fn root_refuses_a_data_directory_of_another_user_with_the_chown_to_run() {
    let temp = temp_dir();
    if fs::metadata(temp.path()).expect("the directory").uid() != 0 {
        return;
    }
    chown(temp.path(), Some(3_999_999_999), None).expect("another owner");
    let dir = temp.path().display();
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    assert_eq!(
        error.to_string(),
        format!("other users can change the files in {dir}: run `chown root {dir}`")
    );
}

#[test]
fn a_lock_file_that_is_a_symbolic_link_is_refused_and_its_target_unchanged() {
    let temp = temp_dir();
    let target = temp.path().join("letter.txt");
    fs::write(&target, "mine").expect("a file");
    symlink(&target, temp.path().join("lock")).expect("a link");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    let lock = temp.path().join("lock");
    assert!(
        matches!(&error, Error::File { path, .. } if *path == lock),
        "{error:?}"
    );
    assert_eq!(fs::read_to_string(&target).expect("the file"), "mine");
}

#[test]
fn a_data_directory_of_another_major_version_is_refused_naming_both() {
    let temp = temp_dir();
    DirBuilder::new()
        .create(temp.path().join("postgres"))
        .expect("a directory");
    fs::write(temp.path().join("postgres/PG_VERSION"), "12\n").expect("a version");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    let text = error.to_string();
    assert!(
        text.contains("was created by PostgreSQL 12, but the programs in /"),
        "{text}"
    );
    let versions =
        matches!(error, Error::MajorVersionMismatch { made_by: 12, found, .. } if found >= 14);
    assert!(versions, "{error:?}");
}

#[test]
fn a_directory_with_other_files_is_not_taken_for_a_cluster() {
    let temp = temp_dir();
    DirBuilder::new()
        .create(temp.path().join("postgres"))
        .expect("a directory");
    fs::write(temp.path().join("postgres/letter.txt"), "mine").expect("a file");
    let error = Embedded::start(config(temp.path())).expect_err("a refusal");
    assert!(matches!(error, Error::NotACluster { .. }), "{error}");
}

#[test]
fn a_configured_program_directory_without_programs_is_refused() {
    let temp = temp_dir();
    let config = Config {
        bin_dir: Some(temp.path().to_owned()),
        ..config(temp.path())
    };
    let error = Embedded::start(config).expect_err("a refusal");
    assert!(
        matches!(&error, Error::MissingProgram { dir, program: "postgres" } if dir == temp.path()),
        "{error:?}"
    );
}

#[test]
fn the_error_of_a_server_that_cannot_start_holds_its_log() {
    let temp = temp_dir();
    let mut config = config(temp.path());
    config
        .server_settings
        .push(("max_connections".to_owned(), "many".to_owned()));
    let error = Embedded::start(config).expect_err("a refusal");
    assert!(
        error.to_string().contains("invalid value for parameter"),
        "{error}"
    );
}

#[test]
fn a_data_directory_that_the_servers_account_cannot_enter_is_refused() {
    let temp = temp_dir();
    if fs::metadata(temp.path()).expect("the directory").uid() != 0 {
        return;
    }
    let closed = temp.path().join("closed");
    DirBuilder::new()
        .mode(0o700)
        .create(&closed)
        .expect("a directory");
    let error = Embedded::start(config(closed.join("data"))).expect_err("a refusal");
    assert!(
        matches!(&error, Error::NoAccess { dir, .. } if *dir == closed),
        "{error:?}"
    );
    assert!(!closed.join("data").exists(), "nothing is left there");
}
