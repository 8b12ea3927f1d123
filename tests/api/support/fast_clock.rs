//! A clock that is an hour fast, for one server: a library that the dynamic linker of Linux loads before the C library.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::external_postgres::fresh_directory;
use super::{Database, TestApp};

/// Starts another server on the same database, whose clock is an hour fast, and waits until it is ready.
pub async fn start_with_fast_clock(database: &Database) -> TestApp {
    let database = Database {
        name: database.name.clone(),
    };
    let app = TestApp::launch(database, &[("LD_PRELOAD", library())], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let answer = app.get("/livez").await;
    let date = answer.header("date").expect("a date");
    let date = chrono::DateTime::parse_from_rfc2822(date).expect("a date");
    let ahead = date.to_utc() - chrono::Utc::now();
    assert!(ahead.num_minutes() >= 59, "{ahead}");
    app
}

fn library() -> &'static str {
    static LIBRARY: OnceLock<String> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fast_clock.c");
        let library = fresh_directory().join("fast_clock.so");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        assert!(status.expect("a C compiler").success());
        library.to_str().expect("UTF-8").to_owned()
    })
}
