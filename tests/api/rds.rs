//! `cruddur rds`: the requests to Amazon RDS, against a fake. `bin/test-aws` tests them against an emulator.

mod create;
mod delete;
mod policies;
mod reset_password;
mod status;

use serde_json::{Value, json};

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
