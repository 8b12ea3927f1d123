//! `rds reset-password`: AWS generates the password, and no process of ours sees it.

use crate::support::rds::{FakeInstance, INSTANCE, Rds, SECRET};

#[tokio::test]
async fn a_lost_password_moves_into_a_secret_that_aws_manages() {
    let rds = Rds::with(FakeInstance::careless()).await;
    rds.state().instance.as_mut().expect("an instance").status = "available";
    let report = rds
        .run(&["reset-password", "--wait", "--json"])
        .await
        .report();
    assert_eq!(report["change"], "managed");
    assert_eq!(report["secret"], SECRET);
    assert_eq!(report["secret_status"], "active");
    let request = &rds.requests("ModifyDBInstance")[0];
    assert_eq!(request["DBInstanceIdentifier"], INSTANCE);
    assert_eq!(request["ManageMasterUserPassword"], "true");
    assert_eq!(request["ApplyImmediately"], "true");
    assert!(!request.contains_key("MasterUserPassword"));
}

#[tokio::test]
async fn a_password_that_aws_manages_already_is_rotated() {
    let rds = Rds::with(FakeInstance::safe()).await;
    let report = rds.run(&["reset-password", "--json"]).await.report();
    assert_eq!(report["change"], "rotated");
    let request = &rds.requests("ModifyDBInstance")[0];
    assert_eq!(request["RotateMasterUserPassword"], "true");
    assert!(!request.contains_key("ManageMasterUserPassword"));
}

#[tokio::test]
async fn the_output_names_the_secret_and_no_request_reads_it() {
    let rds = Rds::with(FakeInstance::safe()).await;
    let output = rds.run(&["reset-password", "--wait"]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains(SECRET), "{}", output.stdout);
    // The fake knows no action of Secrets Manager: a request for the secret's value would have failed the command.
    let state = rds.state();
    let actions = state
        .requests
        .iter()
        .map(|fields| fields["Action"].as_str());
    for action in actions {
        assert!(
            ["DescribeDBInstances", "ModifyDBInstance"].contains(&action),
            "{action}"
        );
    }
}

#[test]
fn rds_reset_password_accepts_no_password() {
    let output = crate::support::cruddur(&["rds", "reset-password", "--master-user-password", "x"])
        .output()
        .expect("cruddur runs");
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn a_secret_that_aws_cannot_use_ends_the_waiting() {
    let rds = Rds::with(FakeInstance::safe()).await;
    rds.state().secret_becomes = "impaired";
    let output = rds.run(&["reset-password", "--wait"]).await;
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("`impaired`"), "{}", output.stderr);
}

#[tokio::test]
async fn a_stopped_instance_keeps_its_password() {
    let rds = Rds::with(FakeInstance::safe()).await;
    rds.refuse("ModifyDBInstance", 1, "InvalidDBInstanceState");
    let output = rds.run(&["reset-password"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output
            .stderr
            .contains("in a state that does not permit this: see `cruddur rds status`"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn rds_reset_password_names_an_instance_that_does_not_exist() {
    let rds = Rds::start().await;
    let output = rds.run(&["reset-password"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("does not exist"),
        "{}",
        output.stderr
    );
    assert_eq!(rds.requests("ModifyDBInstance"), Vec::new());
}
