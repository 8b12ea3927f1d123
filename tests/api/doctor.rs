//! `cruddur doctor` on a healthy and on a broken installation.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Authority, Database, ExternalPostgres, Issuer, default_programs};

fn verdict<'report>(report: &'report Value, name: &str) -> &'report str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name);
    check.unwrap()["verdict"].as_str().unwrap()
}

fn finding<'report>(report: &'report Value, name: &str) -> &'report str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name);
    check.unwrap()["finding"].as_str().unwrap()
}

#[tokio::test]
async fn doctor_is_green_for_a_healthy_installation() {
    let issuer = Issuer::start().await;
    let database = Database::migrated().await;
    let output = database
        .run_with(&issuer.settings(), &["doctor", "--json"])
        .await;
    let report = output.report();
    for name in [
        "postgresql",
        "tls",
        "schema",
        "clock",
        "pool",
        "pooler",
        "disk",
        "extensions",
        "cognito keys",
        "security group",
    ] {
        assert_eq!(verdict(&report, name), "green", "{name}: {report}");
    }
    // An older minor version of the machine is a finding.
    assert_ne!(verdict(&report, "version"), "red", "{report}");
    // The tests' server does without fsync.
    assert_eq!(verdict(&report, "durability"), "yellow", "{report}");
    let finding = finding(&report, "durability");
    assert!(finding.contains("fsync"), "{finding}");
    let output = database.run_with(&issuer.settings(), &["doctor"]).await;
    assert!(
        output.stdout.lines().count() <= 30,
        "the report fits on one screen"
    );
}

#[tokio::test]
async fn doctor_names_the_fix_for_each_problem_of_a_broken_installation() {
    let unused_address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let keys = format!("http://{unused_address}/keys");
    let settings = [
        ("AWS_COGNITO_USER_POOL_ID", "us-east-1_unknown"),
        ("AWS_COGNITO_USER_POOL_CLIENT_ID", "client"),
        ("COGNITO_JWKS_URL", &*keys),
        ("DB_POOL_SIZE", "60000"),
    ];
    let empty = Database::empty().await;
    let output = empty.run_with(&settings, &["doctor"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stdout.contains("cruddur db migrate"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("DB_POOL_SIZE"), "{}", output.stdout);
    let output = empty.run_with(&settings, &["doctor", "--json"]).await;
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    for (name, expected) in [
        ("postgresql", "green"),
        ("schema", "red"),
        ("pool", "red"),
        ("cognito keys", "red"),
    ] {
        assert_eq!(verdict(&report, name), expected, "{name}");
    }
}

#[tokio::test]
async fn doctor_counts_the_connections_of_a_server_that_are_not_in_the_pool() {
    let database = Database::migrated().await;
    let max = "select current_setting('max_connections')::bigint";
    let pool = (database.count(max).await - 10).to_string();
    let output = database
        .run_with(&[("DB_POOL_SIZE", &*pool)], &["doctor", "--json"])
        .await;
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(verdict(&report, "pool"), "red", "{report}");
}

#[tokio::test]
async fn doctor_is_red_for_an_unreachable_database_and_does_not_print_the_password() {
    let unused_address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgresql://cruddur:open-sesame@{unused_address}/cruddur");
    let database = Database::empty().await;
    let output = database
        .run_with(&[("CONNECTION_URL", &*url)], &["doctor"])
        .await;
    assert_eq!(output.code, 1);
    assert!(output.stdout.starts_with("red "), "{}", output.stdout);
    assert!(
        output.stdout.contains("Correct CONNECTION_URL"),
        "{}",
        output.stdout
    );
    assert!(!format!("{output:?}").contains("open-sesame"));
}

#[tokio::test]
async fn doctor_names_the_end_of_the_database_servers_certificate() {
    let authority = Authority::new();
    let identity = authority.sign("db.example");
    let postgres = ExternalPostgres::start(&default_programs(), Some(&identity));
    let url = postgres.url("db.example");
    let settings = [
        ("CONNECTION_URL", &*url),
        ("DB_CA_FILE", authority.file.to_str().unwrap()),
    ];
    let database = Database::placeholder();
    let output = database.run_with(&settings, &["doctor", "--json"]).await;
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(verdict(&report, "tls"), "green", "{report}");
    let found = finding(&report, "certificate");
    assert!(found.starts_with("valid until 2099-01-01"), "{found}");
    // The data are on this machine, but the name says that they are not.
    let disk = finding(&report, "disk");
    assert!(disk.contains("not visible"), "{disk}");
}
