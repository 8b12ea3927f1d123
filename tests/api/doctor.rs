//! `cruddur doctor` on a healthy and on a broken set-up.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Database, Issuer};

fn verdict<'report>(report: &'report Value, name: &str) -> &'report str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name);
    check.unwrap()["verdict"].as_str().unwrap()
}

#[tokio::test]
async fn doctor_is_green_for_a_healthy_installation() {
    let issuer = Issuer::start().await;
    let database = Database::migrated().await;
    let said = database
        .run_with(&issuer.settings(), &["doctor", "--json"])
        .await;
    let report = said.report();
    assert_eq!(report["verdict"], "green", "{report}");
    for name in [
        "postgresql",
        "tls",
        "version",
        "schema",
        "clock",
        "pool",
        "cognito keys",
    ] {
        assert_eq!(verdict(&report, name), "green");
    }
    let said = database.run_with(&issuer.settings(), &["doctor"]).await;
    assert!(said.stdout.lines().count() <= 24, "one screen");
}

#[tokio::test]
async fn doctor_names_the_fix_for_each_problem_of_a_broken_installation() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let keys = format!("http://{nobody}/keys");
    let settings = [
        ("AWS_COGNITO_USER_POOL_ID", "us-east-1_nobody"),
        ("AWS_COGNITO_USER_POOL_CLIENT_ID", "client"),
        ("COGNITO_JWKS_URL", &*keys),
        ("DB_POOL_SIZE", "60000"),
    ];
    let empty = Database::empty().await;
    let said = empty.run_with(&settings, &["doctor"]).await;
    assert_eq!(said.code, 1);
    assert!(
        said.stdout.contains("cruddur db migrate"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("DB_POOL_SIZE"), "{}", said.stdout);
    let said = empty.run_with(&settings, &["doctor", "--json"]).await;
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
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
async fn doctor_is_red_for_an_unreachable_database_and_does_not_print_the_password() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgresql://cruddur:open-sesame@{nobody}/cruddur");
    let database = Database::empty().await;
    let said = database
        .run_with(&[("CONNECTION_URL", &*url)], &["doctor"])
        .await;
    assert_eq!(said.code, 1);
    assert!(said.stdout.starts_with("red "), "{}", said.stdout);
    assert!(
        said.stdout.contains("Correct CONNECTION_URL"),
        "{}",
        said.stdout
    );
    assert!(!format!("{said:?}").contains("open-sesame"));
}
