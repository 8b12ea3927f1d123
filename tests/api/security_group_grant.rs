//! The rule that each workspace makes for itself: several at once, found again by its tag, renewed while a server runs,
//! and deleted by other workspaces after its lease. `bin/test-aws` tests the same against moto.

use std::process::Output;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::ec2::{Ec2, FOR_EVER, FakeRule, FaultKind};
use crate::support::{ADMIN_TOKEN, CommandOutput, Database, TestApp, cruddur, eventually};

const AUTHORIZE: &str = "AuthorizeSecurityGroupIngress";
const OLD_CIDR: &str = "9.9.9.9/32";
const LONG_AGO: &str = "2020-01-01T00:00:00Z";
const FAR_AWAY: &str = "2999-01-01T00:00:00Z";

fn sg(ec2: &Ec2, workspace: &str, address: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = cruddur(&["sg"]);
    command
        .args(arguments)
        .arg("--json")
        .envs(ec2.settings_of(workspace))
        .env("PUBLIC_IP", address);
    command
}

fn run(ec2: &Ec2, workspace: &str, address: &str, arguments: &[&str]) -> Output {
    sg(ec2, workspace, address, arguments)
        .output()
        .expect("cruddur runs")
}

#[track_caller]
fn report(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("a report")
}

fn grant(ec2: &Ec2, workspace: &str, address: &str) -> Value {
    report(&run(ec2, workspace, address, &["grant"]))
}

async fn serve(ec2: &Ec2, workspace: &str, address: &str) -> TestApp {
    let own = ec2.settings_of(workspace);
    let mut settings: Vec<(&str, &str)> = own
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    settings.extend([
        ("PUBLIC_IP", address),
        ("ADMIN_TOKEN", ADMIN_TOKEN),
        ("SG_INTERVAL", "1"),
    ]);
    let app = TestApp::launch(Database::migrated().await, &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    app
}

fn lease(rule: &FakeRule) -> DateTime<Utc> {
    let lease = rule.tag("cruddur:lease").expect("a lease");
    lease.parse().expect("an instant")
}

/// The hours from now until the lease of the rule ends.
fn hours_left(rule: &FakeRule) -> i64 {
    let left = lease(rule) - Utc::now() + TimeDelta::minutes(1);
    left.num_hours()
}

#[tokio::test]
async fn sg_grant_makes_a_tagged_rule_for_one_address_with_a_lease_of_eight_hours() {
    let ec2 = Ec2::start(Vec::new()).await;
    let report = grant(&ec2, "one", "8.8.4.4");
    assert_eq!(report["outcome"], json!("granted"));
    assert_eq!(report["in_step"], json!(true));
    let id = report["rule_id"].as_str().expect("an id");
    let rule = ec2.rule(id).expect("the rule");
    assert_eq!(
        (rule.cidr.as_str(), rule.port, rule.protocol.as_str()),
        ("8.8.4.4/32", 5432, "tcp")
    );
    assert_eq!(rule.description, "GITPOD");
    assert_eq!(hours_left(&rule), 8);
    let owner = rule.tag("cruddur:owner").expect("an owner");
    assert!(owner.len() == 16 && !owner.contains("one"), "{owner}");
    let status = self::report(&run(&ec2, "one", "8.8.4.4", &["status"]));
    assert_eq!(
        (&status["in_step"], &status["owner"], &status["rule_id"]),
        (&json!(true), &json!(owner), &json!(id))
    );
}

#[tokio::test]
async fn sg_grant_gives_an_ipv6_address_a_rule_for_that_address_alone() {
    let ec2 = Ec2::start(Vec::new()).await;
    grant(&ec2, "one", "2001:4860:4860:0::8888");
    assert_eq!(ec2.ranges(), ["2001:4860:4860::8888/128"]);
    let again = grant(&ec2, "one", "2001:4860:4860::8888");
    assert_eq!(again["outcome"], json!("in_step"));
    // The family of a rule cannot change, so the rule is replaced.
    let moved = grant(&ec2, "one", "8.8.4.4");
    assert_eq!(moved["before"], json!("2001:4860:4860::8888/128"));
    assert_eq!(ec2.ranges(), ["8.8.4.4/32"]);
}

#[tokio::test]
async fn two_hundred_runs_of_three_workspaces_leave_three_rules() {
    let ec2 = Ec2::start(Vec::new()).await;
    let workspaces = [("one", "8.8.4.4"), ("two", "8.8.8.8"), ("three", "1.1.1.1")];
    // Ten at a time, also of one workspace.
    for _ in 0..20 {
        let runs = (0..10).map(|index| {
            let (workspace, address) = workspaces[index % 3];
            CommandOutput::of(sg(&ec2, workspace, address, &["grant"]))
        });
        for output in join_all(runs).await {
            assert_eq!(output.report()["in_step"], json!(true));
        }
    }
    assert_eq!(ec2.ranges(), ["1.1.1.1/32", "8.8.4.4/32", "8.8.8.8/32"]);
}

#[tokio::test]
async fn a_workspace_repairs_its_own_rule_and_renews_its_lease() {
    let ec2 = Ec2::start(Vec::new()).await;
    let id = grant(&ec2, "one", "8.8.4.4")["rule_id"].clone();
    for (change, range) in [
        ("cidr", "0.0.0.0/0"),
        ("port", "8.8.4.4/32"),
        ("protocol", "8.8.4.4/32"),
    ] {
        {
            let mut state = ec2.state();
            let rule = &mut state.rules[0];
            range.clone_into(&mut rule.cidr);
            match change {
                "port" => rule.port = 22,
                "protocol" => (rule.protocol, rule.ports) = ("-1".to_owned(), Some((-1, -1))),
                _ => {}
            }
            rule.tags[1].1 = LONG_AGO.to_owned();
        }
        let report = grant(&ec2, "one", "8.8.4.4");
        assert_eq!(report["outcome"], json!("changed"), "{change}");
        assert_eq!(
            (&report["rule_id"], &report["before"]),
            (&id, &json!(range))
        );
        let rule = ec2.rule(id.as_str().expect("an id")).expect("the rule");
        assert_eq!(
            (rule.cidr.as_str(), rule.port, rule.protocol.as_str()),
            ("8.8.4.4/32", 5432, "tcp")
        );
        assert_eq!(hours_left(&rule), 8);
    }
}

#[tokio::test]
async fn a_workspace_whose_address_changed_moves_its_rule() {
    let ec2 = Ec2::start(Vec::new()).await;
    let first = grant(&ec2, "one", "8.8.4.4");
    let second = grant(&ec2, "one", "1.1.1.1");
    assert_eq!(second["outcome"], json!("changed"));
    assert_eq!(first["rule_id"], second["rule_id"]);
    assert_eq!(ec2.ranges(), ["1.1.1.1/32"]);
}

#[tokio::test]
async fn expired_rules_with_our_tags_are_deleted_and_no_others() {
    let foreign = |id: &str, cidr: &str| FakeRule {
        id: id.to_owned(),
        ..FakeRule::admitting(cidr)
    };
    let lease_alone = |id: &str, cidr: &str| {
        let mut rule = FakeRule::owned(id, cidr, "", LONG_AGO);
        rule.tags.remove(0);
        rule
    };
    let owner_alone = |id: &str, cidr: &str| {
        let mut rule = FakeRule::owned(id, cidr, "x", "");
        rule.tags.remove(1);
        rule
    };
    let ec2 = Ec2::start(vec![
        FakeRule::owned("sgr-expired", "9.0.0.1/32", "dead", LONG_AGO),
        FakeRule::owned("sgr-expired6", "2001:4860::1/128", "dead6", LONG_AGO),
        FakeRule::owned("sgr-live", "9.0.0.2/32", "alive", FAR_AWAY),
        FakeRule::owned("sgr-odd", "9.0.0.3/32", "odd", "next week"),
        FakeRule {
            outbound: true,
            ..FakeRule::owned("sgr-out", "9.0.0.4/32", "dead", LONG_AGO)
        },
        FakeRule {
            group: "sg-other".to_owned(),
            ..FakeRule::owned("sgr-elsewhere", "9.0.0.5/32", "dead", LONG_AGO)
        },
        foreign("sgr-described", "9.0.0.6/32"),
        lease_alone("sgr-lease", "9.0.0.7/32"),
        owner_alone("sgr-owner", "9.0.0.8/32"),
    ])
    .await;
    let report = grant(&ec2, "one", "8.8.4.4");
    assert_eq!(report["swept"], json!(["sgr-expired", "sgr-expired6"]));
    let left: Vec<String> = ec2.state().rules.iter().map(|r| r.id.clone()).collect();
    assert_eq!(
        left,
        [
            "sgr-live",
            "sgr-odd",
            "sgr-out",
            "sgr-elsewhere",
            "sgr-described",
            "sgr-lease",
            "sgr-owner",
            "sgr-made1",
        ]
    );
}

#[tokio::test]
async fn a_workspace_is_admitted_even_if_it_may_not_delete_expired_rules() {
    let ec2 = Ec2::start(vec![FakeRule::owned("sgr-old", OLD_CIDR, "dead", LONG_AGO)]).await;
    ec2.fail(
        "RevokeSecurityGroupIngress",
        FOR_EVER,
        FaultKind::Refuse("UnauthorizedOperation"),
    );
    let report = grant(&ec2, "one", "8.8.4.4");
    assert_eq!(report["outcome"], json!("granted"));
    let problem = report["problems"][0].as_str().expect("a problem");
    assert!(
        problem.contains("sgr-old") && problem.contains("ec2:RevokeSecurityGroupIngress"),
        "{problem}"
    );
}

#[tokio::test]
async fn workspaces_with_one_address_share_its_rule_until_its_owner_gives_it_up() {
    let ec2 = Ec2::start(Vec::new()).await;
    let first = grant(&ec2, "one", "8.8.4.4");
    let second = grant(&ec2, "two", "8.8.4.4");
    assert_eq!(second["outcome"], json!("admitted_by_other"));
    assert_eq!(second["rule"], first["rule_id"]);
    assert_eq!(second["in_step"], json!(true));
    let status = report(&run(&ec2, "two", "8.8.4.4", &["status"]));
    assert_eq!(
        (&status["in_step"], &status["rule_id"]),
        (&json!(true), &json!(null))
    );

    report(&run(&ec2, "one", "8.8.4.4", &["revoke"]));
    assert_eq!(grant(&ec2, "two", "8.8.4.4")["outcome"], json!("granted"));
}

#[tokio::test]
async fn a_workspace_deletes_its_rule_if_another_one_admits_its_new_address() {
    let ec2 = Ec2::start(Vec::new()).await;
    grant(&ec2, "one", "9.9.9.9");
    grant(&ec2, "two", "8.8.4.4");
    let moved = grant(&ec2, "one", "8.8.4.4");
    assert_eq!(moved["outcome"], json!("admitted_by_other"));
    assert_eq!(
        ec2.ranges(),
        ["8.8.4.4/32"],
        "the old address is not admitted"
    );
}

#[tokio::test]
async fn surplus_rules_of_a_workspace_are_deleted() {
    let ec2 = Ec2::start(Vec::new()).await;
    let report = grant(&ec2, "one", "8.8.4.4");
    let id = report["rule_id"].as_str().expect("an id");
    let owner = ec2.rule(id).expect("the rule");
    let owner = owner.tag("cruddur:owner").expect("an owner").to_owned();
    let surplus = FakeRule::owned("sgr-surplus", OLD_CIDR, &owner, FAR_AWAY);
    ec2.state().rules.insert(0, surplus);
    assert_eq!(grant(&ec2, "one", "8.8.4.4")["rule_id"], json!(id));
    assert_eq!(ec2.ranges(), ["8.8.4.4/32"]);
}

#[tokio::test]
async fn a_dry_run_of_sg_grant_changes_nothing_and_reports_a_missing_permission() {
    let ec2 = Ec2::start(Vec::new()).await;
    let rehearsal = report(&run(&ec2, "one", "8.8.4.4", &["grant", "--dry-run"]));
    assert_eq!(rehearsal["outcome"], json!("would_change"));
    assert_eq!(ec2.ranges().len(), 0);
    ec2.fail(AUTHORIZE, 1, FaultKind::Refuse("UnauthorizedOperation"));
    let refused = run(&ec2, "one", "8.8.4.4", &["grant", "--dry-run"]);
    let stderr = String::from_utf8_lossy(&refused.stderr);
    assert!(
        stderr.contains("ec2:AuthorizeSecurityGroupIngress"),
        "{stderr}"
    );
}

#[rstest]
#[case::throttling(FaultKind::Refuse("RequestLimitExceeded"), 4)]
#[case::a_hang(FaultKind::Hang, 1)]
#[tokio::test]
async fn sg_grant_retries_after_a_temporary_failure(#[case] kind: FaultKind, #[case] times: u32) {
    let ec2 = Ec2::start(Vec::new()).await;
    ec2.fail(AUTHORIZE, times, kind);
    assert_eq!(grant(&ec2, "one", "8.8.4.4")["outcome"], json!("granted"));
}

#[tokio::test]
async fn sg_grant_fails_if_ec2_does_not_show_the_rule_that_it_accepted() {
    let ec2 = Ec2::start(vec![FakeRule::admitting(OLD_CIDR)]).await;
    ec2.fail(AUTHORIZE, 1, FaultKind::Forget);
    let output = run(&ec2, "one", "8.8.4.4", &["grant"]);
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn sg_revoke_deletes_the_rule_of_this_workspace_only() {
    let ec2 = Ec2::start(vec![FakeRule::admitting(OLD_CIDR)]).await;
    let first = grant(&ec2, "one", "8.8.4.4");
    grant(&ec2, "two", "1.1.1.1");
    let revoked = report(&run(&ec2, "one", "8.8.4.4", &["revoke"]));
    assert_eq!(revoked["id"], first["rule_id"]);
    assert_eq!(ec2.ranges(), ["1.1.1.1/32", OLD_CIDR]);
    let again = run(&ec2, "one", "8.8.4.4", &["revoke"]);
    assert_eq!(again.status.code(), Some(1));
}

#[tokio::test]
async fn three_servers_hold_rules_at_once_and_each_renews_its_own() {
    let ec2 = Ec2::start(Vec::new()).await;
    let apps = join_all([
        serve(&ec2, "one", "8.8.4.4"),
        serve(&ec2, "two", "8.8.8.8"),
        serve(&ec2, "three", "1.1.1.1"),
    ])
    .await;
    eventually(async || ec2.ranges() == ["1.1.1.1/32", "8.8.4.4/32", "8.8.8.8/32"]).await;
    // All leases are about to end; a lease that has ended would be swept.
    let soon = (Utc::now() + TimeDelta::minutes(5)).to_rfc3339();
    for rule in &mut ec2.state().rules {
        rule.tags[1].1.clone_from(&soon);
    }
    eventually(async || ec2.state().rules.iter().all(|rule| hours_left(rule) == 8)).await;
    assert_eq!(ec2.requests(AUTHORIZE).len(), 3, "no rule was made again");

    // A killed workspace renews no more: the others delete its rule after its lease.
    apps[0].kill();
    for rule in &mut ec2.state().rules {
        if rule.cidr == "8.8.4.4/32" {
            rule.tags[1].1 = LONG_AGO.to_owned();
        }
    }
    eventually(async || ec2.ranges() == ["1.1.1.1/32", "8.8.8.8/32"]).await;
}

#[tokio::test]
async fn a_server_repairs_its_own_rule_within_one_period_and_its_metrics_show_the_gap() {
    let ec2 = Ec2::start(Vec::new()).await;
    let app = serve(&ec2, "one", "8.8.4.4").await;
    eventually(async || ec2.ranges() == ["8.8.4.4/32"]).await;
    let value = async |name: &str| {
        let text = app.get("/metrics").await.ok();
        let text = text.as_str().expect("a text").to_owned();
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split(' ').next_back());
        value.expect(name).parse::<f64>().expect("a number")
    };
    // The end of the attempt: until then the server may see the next change as a part of it.
    eventually(async || value("cruddur_security_group_in_step").await > 0.5).await;
    assert!(value("cruddur_security_group_overwritten_total").await < 0.5);

    ec2.state().rules[0].cidr = OLD_CIDR.to_owned();
    eventually(async || ec2.ranges() == ["8.8.4.4/32"]).await;
    eventually(async || value("cruddur_security_group_overwritten_total").await > 0.5).await;
    assert!(value("cruddur_security_group_out_of_step_seconds_total").await > 0.0);
    assert!(value("cruddur_security_group_in_step").await > 0.5);
    app.wait_for_log("another program has changed the security-group rule");

    ec2.state().rules.clear();
    eventually(async || ec2.ranges() == ["8.8.4.4/32"]).await;
    eventually(async || value("cruddur_security_group_overwritten_total").await > 1.5).await;

    ec2.fail(
        "DescribeSecurityGroupRules",
        FOR_EVER,
        FaultKind::Refuse("UnauthorizedOperation"),
    );
    eventually(async || value("cruddur_security_group_in_step").await < 0.5).await;
}

#[tokio::test]
async fn an_operator_can_grant_over_http() {
    let ec2 = Ec2::start(Vec::new()).await;
    let app = serve(&ec2, "one", "8.8.4.4").await;
    eventually(async || ec2.ranges() == ["8.8.4.4/32"]).await;
    let path = "/admin/security-group/grant";
    let rehearsal = app.admin().post(path, &json!({ "dry_run": true })).await;
    assert_eq!(rehearsal.ok()["outcome"], json!("in_step"));
    let change = app.admin().post(path, &json!({})).await.ok();
    assert_eq!(change["in_step"], json!(true));
    assert!(change["lease"].is_string());
    let status = app.admin().get("/admin/security-group").await.ok();
    assert_eq!(status["lease"], change["lease"]);
    let refusal = app
        .admin()
        .post("/admin/security-group/sync", &json!({}))
        .await;
    let detail = refusal.problem(422, "operation_failed");
    assert!(detail.contains("DB_SG_RULE_ID"), "{detail}");
    let audit = "select count(*) from admin_audit where path = '/admin/security-group/grant'";
    eventually(async || app.database.count(audit).await == 2).await;
}
