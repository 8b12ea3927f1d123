//! `rds status`: a verdict for each property, and what to do.

use serde_json::Value;

use crate::support::rds::{FakeInstance, Rds};

async fn report(rds: &Rds) -> Value {
    rds.run(&["status", "--json"]).await.report()
}

fn finding<'a>(report: &'a Value, property: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .find(|finding| finding["property"] == property)
        .unwrap_or_else(|| panic!("{property} in {findings:?}"))
}

#[tokio::test]
async fn a_safe_instance_is_fine_in_every_property() {
    let rds = Rds::with(FakeInstance::safe()).await;
    let report = report(&rds).await;
    assert_eq!(report["verdict"], "fine");
    for finding in report["findings"].as_array().expect("findings") {
        assert_eq!(finding["verdict"], "fine", "{finding}");
        assert_eq!(finding["command"], Value::Null, "{finding}");
    }
    assert_eq!(
        finding(&report, "certificate authority")["value"],
        "rds-ca-rsa2048-g1 until 2061-05-25"
    );
}

#[tokio::test]
async fn each_careless_property_has_its_verdict_and_a_command_that_changes_it() {
    let rds = Rds::with(FakeInstance::careless()).await;
    let report = report(&rds).await;
    assert_eq!(report["verdict"], "act");
    for (property, verdict, command) in [
        ("status", "look", "cruddur rds start"),
        ("public", "act", "--no-publicly-accessible"),
        ("backups", "act", "--backup-retention-period 7"),
        ("deletion protection", "act", " --deletion-protection"),
        ("minor upgrades", "look", "--auto-minor-version-upgrade"),
        ("multi AZ", "look", "--multi-az"),
        ("storage", "look", "--max-allocated-storage 100"),
        (
            "IAM sign-in",
            "look",
            "--enable-iam-database-authentication",
        ),
        ("password", "look", "cruddur rds reset-password"),
    ] {
        let finding = finding(&report, property);
        assert_eq!(finding["verdict"], verdict, "{finding}");
        let offered = finding["command"].as_str().expect("a command");
        assert!(
            offered.contains(command)
                && offered.contains("--db-instance-identifier cruddur-db-instance"),
            "{offered}"
        );
    }
    let encrypted = finding(&report, "encrypted");
    assert_eq!(encrypted["verdict"], "act");
    assert_eq!(encrypted["command"], Value::Null);
}

#[tokio::test]
async fn the_text_of_a_status_has_the_verdict_before_each_property_and_the_command_below() {
    let rds = Rds::with(FakeInstance::careless()).await;
    let output = rds.run(&["status"]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    let public = "act   public                 yes\n      its port is on the internet, and only the security group protects \
                  it\n      aws rds modify-db-instance --db-instance-identifier cruddur-db-instance \
                  --no-publicly-accessible --apply-immediately\n";
    assert!(output.stdout.contains(public), "{}", output.stdout);
}

#[tokio::test]
async fn a_certificate_authority_near_its_end_has_to_be_replaced() {
    let rds = Rds::with(FakeInstance::safe()).await;
    rds.state().authority_end = "2024-08-22T00:00:00Z";
    let report = report(&rds).await;
    let authority = finding(&report, "certificate authority");
    assert_eq!(authority["verdict"], "act");
    let command = authority["command"].as_str().expect("a command");
    assert!(
        command.contains("--ca-certificate-identifier rds-ca-rsa2048-g1"),
        "{command}"
    );
}

#[tokio::test]
async fn the_rest_of_the_status_does_not_need_the_permission_to_ask_for_the_authority() {
    let rds = Rds::with(FakeInstance::safe()).await;
    rds.refuse("DescribeCertificates", 1, "AccessDenied");
    let report = report(&rds).await;
    let authority = finding(&report, "certificate authority");
    assert_eq!(authority["verdict"], "look");
    let advice = authority["advice"].as_str().expect("advice");
    assert!(advice.contains("rds:DescribeCertificates"), "{advice}");
    assert_eq!(finding(&report, "public")["verdict"], "fine");
}

#[tokio::test]
async fn a_full_storage_and_a_broken_instance_are_to_be_acted_on() {
    for status in ["storage-full", "incompatible-network", "failed"] {
        let rds = Rds::with(FakeInstance {
            status,
            ..FakeInstance::safe()
        })
        .await;
        let report = report(&rds).await;
        assert_eq!(finding(&report, "status")["verdict"], "act", "{status}");
    }
}

#[tokio::test]
async fn rds_status_names_an_instance_that_does_not_exist() {
    let rds = Rds::start().await;
    let output = rds
        .run(&["status", "--db-instance-identifier", "gone"])
        .await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("gone does not exist in us-east-1"),
        "{}",
        output.stderr
    );
}
