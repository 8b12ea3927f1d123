//! `rds delete`: the guard, the final snapshot, and deletion protection.

use serde_json::Value;

use crate::support::rds::{FakeInstance, INSTANCE, Rds};

/// An instance that is not protected.
async fn unprotected() -> Rds {
    Rds::with(FakeInstance {
        protected: false,
        ..FakeInstance::safe()
    })
    .await
}

#[tokio::test]
async fn rds_delete_without_the_confirmation_sends_no_request() {
    let rds = unprotected().await;
    let refused = rds.run(&["delete"]).await;
    assert!(
        refused
            .refused()
            .contains("confirm with the instance's name (--confirm cruddur-db-instance)")
    );
    assert_eq!(rds.state().requests, Vec::new());
}

#[tokio::test]
async fn rds_delete_refuses_the_name_of_another_instance() {
    let rds = unprotected().await;
    let refused = rds.run(&["delete", "--confirm", "other"]).await;
    assert!(
        refused
            .refused()
            .contains("the instance is cruddur-db-instance, but other was confirmed")
    );
    assert_eq!(rds.requests("DeleteDBInstance"), Vec::new());
}

#[tokio::test]
async fn rds_delete_keeps_an_instance_that_is_protected_and_tells_how_to_remove_the_protection() {
    let rds = Rds::with(FakeInstance::safe()).await;
    let refused = rds.run(&["delete", "--confirm", INSTANCE]).await;
    assert!(
        refused
            .refused()
            .contains("aws rds modify-db-instance --db-instance-identifier cruddur-db-instance --no-deletion-protection")
    );
    assert_eq!(rds.requests("DeleteDBInstance"), Vec::new());
}

#[tokio::test]
async fn rds_delete_takes_a_final_snapshot_unless_told_otherwise() {
    let rds = unprotected().await;
    let report = rds
        .run(&["delete", "--confirm", INSTANCE, "--wait", "--json"])
        .await
        .report();
    let request = &rds.requests("DeleteDBInstance")[0];
    assert_eq!(request["SkipFinalSnapshot"], "false");
    let snapshot = &request["FinalDBSnapshotIdentifier"];
    assert!(
        snapshot.starts_with("cruddur-db-instance-final-20"),
        "{snapshot}"
    );
    assert_eq!(report["final_snapshot"], Value::String(snapshot.clone()));
    assert_eq!(report["status"], "deleted");
}

#[tokio::test]
async fn the_final_snapshot_has_the_name_that_the_operator_gives() {
    let rds = unprotected().await;
    let name = ["--final-db-snapshot-identifier", "last"];
    let arguments = [&["delete", "--confirm", INSTANCE], &name[..]].concat();
    assert_eq!(rds.run(&arguments).await.code, 0);
    assert_eq!(
        rds.requests("DeleteDBInstance")[0]["FinalDBSnapshotIdentifier"],
        "last"
    );
}

#[tokio::test]
async fn rds_delete_takes_no_snapshot_only_where_a_flag_says_so() {
    let rds = unprotected().await;
    let report = rds
        .run(&[
            "delete",
            "--confirm",
            INSTANCE,
            "--skip-final-snapshot",
            "--json",
        ])
        .await
        .report();
    let request = &rds.requests("DeleteDBInstance")[0];
    assert_eq!(request["SkipFinalSnapshot"], "true");
    assert!(!request.contains_key("FinalDBSnapshotIdentifier"));
    assert_eq!(report["final_snapshot"], Value::Null);
    assert_eq!(report["status"], "deleting");
}

#[tokio::test]
async fn rds_delete_names_an_instance_that_does_not_exist() {
    let rds = Rds::start().await;
    let output = rds.run(&["delete", "--confirm", INSTANCE]).await;
    assert_eq!(output.code, 1);
    assert!(
        output
            .stderr
            .contains("cruddur-db-instance does not exist in us-east-1"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn rds_delete_names_the_permission_that_is_missing() {
    let rds = unprotected().await;
    rds.refuse("DeleteDBInstance", 1, "AccessDenied");
    let output = rds.run(&["delete", "--confirm", INSTANCE]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains(
            "\"rds:DeleteDBInstance\" on \"arn:aws:rds:us-east-1:*:db:cruddur-db-instance\""
        ),
        "{}",
        output.stderr
    );
    assert!(rds.state().instance.is_some());
}
