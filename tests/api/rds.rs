//! `cruddur rds`: the requests to Amazon RDS. `bin/test-aws` tests against an emulator that RDS accepts them.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::cruddur;

fn dry_run(arguments: &[&str]) -> Value {
    let output = cruddur(&["rds", "create", "--dry-run"])
        .args(arguments)
        .output()
        .expect("cruddur runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("a request")
}

#[test]
fn rds_create_without_flags_uses_the_safe_defaults() {
    let request = dry_run(&[]);
    for (name, value) in [
        ("PubliclyAccessible", json!(false)),
        ("StorageEncrypted", json!(true)),
        ("BackupRetentionPeriod", json!(7)),
        ("DeletionProtection", json!(true)),
        ("EnableIAMDatabaseAuthentication", json!(true)),
        ("ManageMasterUserPassword", json!(true)),
        ("EngineVersion", json!("17")),
    ] {
        assert_eq!(request[name], value, "{name}");
    }
}

#[test]
fn the_week_4_preset_of_rds_create_sends_the_request_of_the_week_4_command() {
    assert_eq!(
        dry_run(&[
            "--preset",
            "week-4",
            "--master-user-password-file",
            "/etc/hostname"
        ]),
        json!({
            "DBInstanceIdentifier": "cruddur-db-instance",
            "DBInstanceClass": "db.t3.micro",
            "Engine": "postgres",
            "EngineVersion": "14.6",
            "DBName": "cruddur",
            "Port": 5432,
            "MasterUsername": "root",
            "MasterUserPassword": "[not shown]",
            "AllocatedStorage": 20,
            "StorageType": "gp2",
            "StorageEncrypted": true,
            "AvailabilityZone": "us-east-1a",
            "MultiAZ": false,
            "PubliclyAccessible": true,
            "BackupRetentionPeriod": 0,
            "EnablePerformanceInsights": true,
            "PerformanceInsightsRetentionPeriod": 7,
            "DeletionProtection": false,
            "EnableIAMDatabaseAuthentication": false,
        })
    );
}

#[test]
fn rds_create_accepts_every_flag_of_the_week_4_command() {
    let request = dry_run(&[
        "--db-instance-identifier=mine",
        "--db-instance-class=db.t3.small",
        "--engine=postgres",
        "--engine-version=16.1",
        "--master-username=me",
        "--allocated-storage=30",
        "--availability-zone=eu-west-3a",
        "--backup-retention-period=1",
        "--port=6000",
        "--multi-az",
        "--db-name=other",
        "--storage-type=gp3",
        "--publicly-accessible",
        "--no-storage-encrypted",
        "--no-enable-performance-insights",
        "--no-deletion-protection",
        "--no-enable-iam-database-authentication",
        "--vpc-security-group-ids",
        "sg-1",
        "sg-2",
    ]);
    assert_eq!(
        request,
        json!({
            "DBInstanceIdentifier": "mine",
            "DBInstanceClass": "db.t3.small",
            "Engine": "postgres",
            "EngineVersion": "16.1",
            "DBName": "other",
            "Port": 6000,
            "MasterUsername": "me",
            "ManageMasterUserPassword": true,
            "AllocatedStorage": 30,
            "StorageType": "gp3",
            "StorageEncrypted": false,
            "AvailabilityZone": "eu-west-3a",
            "MultiAZ": true,
            "PubliclyAccessible": true,
            "BackupRetentionPeriod": 1,
            "EnablePerformanceInsights": false,
            "DeletionProtection": false,
            "EnableIAMDatabaseAuthentication": false,
            "VpcSecurityGroupIds": ["sg-1", "sg-2"],
        })
    );
}

#[test]
fn rds_create_does_not_accept_a_password_as_an_argument() {
    let output = cruddur(&[
        "rds",
        "create",
        "--dry-run",
        "--master-user-password",
        "s3cret",
    ])
    .output()
    .expect("cruddur runs");
    assert_eq!(output.status.code(), Some(2));
}

/// Runs `rds create` against a fake of RDS, with a password on standard input.
async fn create(server: &MockServer, arguments: &[&str]) -> Output {
    let mut process = cruddur(&["rds", "create", "--master-user-password-file", "-"])
        .args(arguments)
        .envs([
            ("AWS_ENDPOINT_URL", server.uri().as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ])
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

fn instance(action: &str, status: &str) -> ResponseTemplate {
    let instance = format!(
        "<DBInstanceIdentifier>cruddur-db-instance</DBInstanceIdentifier>\
         <DBInstanceStatus>{status}</DBInstanceStatus><Engine>postgres</Engine>\
         <MasterUsername>cruddur</MasterUsername><DBName>cruddur</DBName>\
         <Endpoint><Address>x.rds.example</Address><Port>5432</Port></Endpoint>"
    );
    let result = match action {
        "CreateDBInstance" => format!("<DBInstance>{instance}</DBInstance>"),
        _ => format!("<DBInstances><DBInstance>{instance}</DBInstance></DBInstances>"),
    };
    let body = format!(
        "<{action}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <{action}Result>{result}</{action}Result></{action}Response>"
    );
    ResponseTemplate::new(200).set_body_raw(body, "text/xml")
}

async fn mock_response(server: &MockServer, action: &str, response: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(body_string_contains(format!("Action={action}&")))
        .respond_with(response)
        .mount(server)
        .await;
}

#[tokio::test]
async fn rds_create_with_wait_prints_the_connection_url_without_the_password() {
    let server = MockServer::start().await;
    mock_response(
        &server,
        "CreateDBInstance",
        instance("CreateDBInstance", "creating"),
    )
    .await;
    mock_response(
        &server,
        "DescribeDBInstances",
        instance("DescribeDBInstances", "available"),
    )
    .await;
    let output = create(&server, &["--wait", "--json"]).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(
        stderr.contains("cruddur-db-instance: available"),
        "{stderr}"
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    let url = "postgresql://cruddur@x.rds.example:5432/cruddur";
    assert_eq!(report["connection_url"], json!(url));
    assert!(!stderr.contains("horse"), "{stderr}");
    let requests = server.received_requests().await.expect("requests");
    let body = String::from_utf8_lossy(&requests[0].body).into_owned();
    assert!(
        body.contains("MasterUserPassword=correct%20horse"),
        "{body}"
    );
}

#[tokio::test]
async fn rds_create_names_the_flag_to_change_when_aws_does_not_offer_the_engine_version() {
    let server = MockServer::start().await;
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameterCombination</Code>\
                   <Message>Cannot find version 14.6 for postgres</Message></Error></ErrorResponse>";
    let refusal = ResponseTemplate::new(400).set_body_raw(refusal, "text/xml");
    mock_response(&server, "CreateDBInstance", refusal).await;
    let output = create(&server, &["--preset", "week-4"]).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("does not offer postgres 14.6") && stderr.contains("--engine-version"),
        "{stderr}"
    );
}

#[tokio::test]
async fn rds_create_stops_waiting_when_the_instance_cannot_become_available() {
    let server = MockServer::start().await;
    mock_response(
        &server,
        "CreateDBInstance",
        instance("CreateDBInstance", "creating"),
    )
    .await;
    let failed = instance("DescribeDBInstances", "incompatible-parameters");
    mock_response(&server, "DescribeDBInstances", failed).await;
    let output = create(&server, &["--wait"]).await;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("will not become `available`"), "{stderr}");
}
