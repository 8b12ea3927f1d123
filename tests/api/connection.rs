//! An external database over TCP: which certificates are accepted, the texts of the refusals, and the whole server on
//! every installed version of PostgreSQL.

use std::path::Path;
use std::process::Output;

use rstest::rstest;
use serde_json::json;

use crate::support::{
    Authority, Database, ExternalPostgres, TestApp, cruddur, default_programs, postgres_programs,
};

/// A host name that the server does not treat as local, although it leads to this machine.
const HOST: &str = "db.example";

fn connect(url: &str, settings: &[(&str, &Path)]) -> Output {
    cruddur(&["db", "status", "--json"])
        .env("CONNECTION_URL", url)
        .envs(settings.iter().copied())
        .output()
        .expect("cruddur runs")
}

#[track_caller]
fn accepted(output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}

#[track_caller]
fn refused(output: &Output, reason: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(reason), "{stderr}");
}

#[rstest]
#[case::rsa(&rcgen::PKCS_RSA_SHA256)]
#[case::ecdsa(&rcgen::PKCS_ECDSA_P384_SHA384)]
fn a_database_certificate_of_a_known_authority_is_accepted(
    #[case] kind: &'static rcgen::SignatureAlgorithm,
) {
    let authority = Authority::of_kind(kind);
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign(HOST)));
    let url = postgres.url(HOST);
    accepted(&connect(&url, &[("DB_CA_FILE", &authority.file)]));
    let in_url = format!(
        "{url} sslmode=verify-full sslrootcert={}",
        authority.file.display()
    );
    accepted(&connect(&in_url, &[]));
}

#[test]
fn a_database_certificate_of_an_unknown_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign(HOST)));
    let url = postgres.url(HOST);
    refused(&connect(&url, &[]), "signed by an unknown authority");
    // An authority of the same name with another key.
    let output = connect(&url, &[("DB_CA_FILE", &other.file)]);
    refused(&output, "signed by an unknown authority");
}

#[test]
fn a_database_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign("db.other")));
    let output = connect(&postgres.url(HOST), &[("DB_CA_FILE", &authority.file)]);
    refused(&output, "is for another name");
}

#[test]
fn an_expired_database_certificate_is_refused() {
    let authority = Authority::new();
    let postgres =
        ExternalPostgres::start(&default_programs(), Some(&authority.sign_expired(HOST)));
    let output = connect(&postgres.url(HOST), &[("DB_CA_FILE", &authority.file)]);
    refused(&output, "has expired");
}

#[test]
fn a_database_server_without_tls_is_refused_unless_it_is_local() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    refused(&connect(&postgres.url(HOST), &[]), "does not offer TLS");
    accepted(&connect(&postgres.url("localhost"), &[]));
}

#[tokio::test]
async fn the_server_works_on_every_installed_postgresql_over_tcp() {
    for programs in postgres_programs() {
        let postgres = ExternalPostgres::start(&programs, None);
        migrates_and_serves(&postgres.url("localhost"), &[]).await;
    }
}

#[tokio::test]
async fn the_server_works_with_a_database_over_tls() {
    let authority = Authority::new();
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign(HOST)));
    let file = authority.file.display().to_string();
    migrates_and_serves(&postgres.url(HOST), &[("DB_CA_FILE", &file)]).await;
}

/// Migrates, seeds, posts, replies, reads the thread and deletes.
async fn migrates_and_serves(url: &str, settings: &[(&str, &str)]) {
    let mut settings = settings.to_vec();
    settings.extend([("CONNECTION_URL", url), ("CRUDDUR_ENV", "development")]);
    for command in ["migrate", "seed"] {
        let output = cruddur(&["db", command])
            .envs(settings.iter().copied())
            .output();
        accepted(&output.expect("cruddur runs"));
    }
    let app = TestApp::launch(Database::placeholder(), &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let home = app.get("/api/activities/home?limit=100").await.ok();
    assert!(
        home.as_array().is_some_and(|feed| feed.len() > 20),
        "{home}"
    );
    let alice = app.sign_in("andrewbrown").await;
    let post = alice.create_activity("over the wire").await;
    alice.reply(&post, "and back").await;
    let path = format!("/api/activities/{}", post["uuid"].as_str().unwrap());
    let thread = app.get(&path).await.ok();
    assert_eq!(thread["replies_count"], json!(1));
    assert_eq!(thread["replies"][0]["message"], json!("and back"));
    alice.delete(&path).await.ok();
    app.get(&path).await.refused(404, "activity_not_found");
}
