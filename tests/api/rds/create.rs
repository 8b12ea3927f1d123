//! `rds create` asks AWS what it offers, and creates an instance.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::support::rds::Rds;

/// Runs `rds create` with a password on standard input.
fn create(rds: &Rds, arguments: &[&str]) -> Output {
    let mut process = rds
        .command(&["create", "--master-user-password-file", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cruddur runs");
    let mut stdin = process.stdin.take().expect("a pipe");
    stdin
        .write_all(b"correct horse\n")
        .expect("the password is read");
    drop(stdin);
    process.wait_with_output().expect("cruddur ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn rds_create_with_wait_prints_the_connection_url_without_the_password() {
    let rds = Rds::start().await;
    let output = create(&rds, &["--wait", "--json"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("cruddur-db-instance: available"),
        "{stderr}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let url = "postgresql://cruddur@x.rds.example:5432/cruddur";
    assert_eq!(report["connection_url"], json!(url));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(!format!("{stdout}{stderr}").contains("horse"));
    assert_eq!(
        rds.requests("CreateDBInstance")[0]["MasterUserPassword"],
        "correct horse"
    );
}

#[tokio::test]
async fn the_week_4_preset_takes_the_oldest_minor_version_of_14_on_offer_and_says_so() {
    let rds = Rds::start().await;
    let output = rds.run(&["create", "--preset", "week-4"]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    let created = &rds.requests("CreateDBInstance")[0];
    assert_eq!(created["EngineVersion"], "14.9");
    assert_eq!(created["AvailabilityZone"], "us-east-1a");
    assert!(
        output.stderr.contains(
            "AWS no longer offers postgres 14.6: the preset takes 14.9, the oldest 14.x on offer"
        ),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn the_week_4_preset_keeps_its_version_where_aws_offers_it() {
    let rds = Rds::start().await;
    rds.state().offers.push(("14.6", &["us-east-1a"]));
    let output = rds.run(&["create", "--preset", "week-4"]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(rds.requests("CreateDBInstance")[0]["EngineVersion"], "14.6");
}

#[tokio::test]
async fn the_week_4_preset_leaves_the_zone_to_aws_where_its_zone_does_not_exist() {
    let rds = Rds::start().await;
    rds.state().offers = vec![("14.9", &["us-east-1f"])];
    let output = rds.run(&["create", "--preset", "week-4"]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(!rds.requests("CreateDBInstance")[0].contains_key("AvailabilityZone"));
    assert!(
        output.stderr.contains("zone us-east-1a"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn a_preset_whose_major_version_is_gone_is_refused_with_the_ones_on_offer() {
    let rds = Rds::start().await;
    rds.state().offers = vec![
        ("9.6.24", &["us-east-1a"]),
        ("17.6", &["us-east-1a"]),
        ("15.8", &["us-east-1a"]),
    ];
    let output = rds.run(&["create", "--preset", "week-4"]).await;
    assert_eq!(output.code, 1);
    let expected = "choose one of 9, 15, 17 with --engine-version";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert_eq!(rds.requests("CreateDBInstance"), Vec::new());
}

#[tokio::test]
async fn a_version_that_the_operator_names_is_never_replaced() {
    let rds = Rds::start().await;
    let output = rds.run(&["create", "--engine-version", "14.6"]).await;
    assert_eq!(output.code, 1);
    let expected = "choose one of 14.9, 14.20 with --engine-version";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert_eq!(rds.requests("CreateDBInstance"), Vec::new());
}

#[tokio::test]
async fn a_zone_that_the_operator_names_is_never_replaced() {
    let rds = Rds::start().await;
    let output = rds
        .run(&["create", "--availability-zone", "us-east-1b"])
        .await;
    assert_eq!(output.code, 1);
    let expected = "choose one of us-east-1a, us-east-1c with --availability-zone";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert_eq!(rds.requests("CreateDBInstance"), Vec::new());
}

#[tokio::test]
async fn a_class_that_aws_does_not_offer_is_refused_by_name() {
    let rds = Rds::start().await;
    rds.state().offers.clear();
    let output = rds
        .run(&["create", "--db-instance-class", "db.x9.huge"])
        .await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("no postgres on db.x9.huge")
            && output.stderr.contains("--db-instance-class"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn rds_create_names_the_flag_when_aws_withdraws_the_version_between_two_requests() {
    let rds = Rds::start().await;
    rds.refuse_saying(
        "CreateDBInstance",
        1,
        "InvalidParameterCombination",
        "Cannot find version 17.6 for postgres",
    );
    let output = rds.run(&["create", "--engine-version", "17.6"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("does not offer postgres 17.6")
            && output.stderr.contains("--engine-version"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn rds_create_names_the_permission_to_ask_for_offers() {
    let rds = Rds::start().await;
    rds.refuse("DescribeOrderableDBInstanceOptions", 1, "AccessDenied");
    let output = rds.run(&["create"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output
            .stderr
            .contains("\"rds:DescribeOrderableDBInstanceOptions\" on \"*\""),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn a_request_that_aws_throttles_is_sent_again() {
    let rds = Rds::start().await;
    rds.refuse("DescribeOrderableDBInstanceOptions", 1, "Throttling");
    rds.refuse("CreateDBInstance", 1, "Throttling");
    let output = rds.run(&["create"]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(rds.requests("CreateDBInstance").len(), 2);
}

#[tokio::test]
async fn rds_create_stops_waiting_when_the_instance_cannot_become_available() {
    let rds = Rds::start().await;
    rds.state().becomes = "incompatible-parameters";
    let output = rds.run(&["create", "--wait"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("will not become `available`"),
        "{}",
        output.stderr
    );
}
