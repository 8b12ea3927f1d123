//! Every statement of the program, prepared against the schema that its migrations make.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps nothing fails loudly, as it should"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the tests need the way to PostgreSQL's programs"
)]

use std::path::{Path, PathBuf};

#[expect(
    dead_code,
    unused_imports,
    reason = "of the API tests' support this needs the database"
)]
#[path = "api/support/mod.rs"]
mod support;

use support::Database;

fn statements(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_statement_is_good_on_the_migrated_schema() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    let mut paths = Vec::new();
    statements(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut paths,
    );
    assert!(paths.len() > 10, "the statements were not found");
    // Only there after a prototype was taken over.
    client
        .batch_execute("create table prototype_takeover (outcome text, rows bigint)")
        .await
        .unwrap();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(error) = client.prepare(&text).await {
            panic!("{}: {:?}", path.display(), error.as_db_error());
        }
    }
}
