//! The security-group rule of a running server, which updates it at the start without delaying requests, and when an
//! operator requests it.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::ec2::{Ec2, FOR_EVER, FakeRule, FaultKind, GROUP, RULE};
use crate::support::{
    ADMIN_TOKEN, Database, ExternalPostgres, TestApp, cruddur, default_programs, eventually,
};

const OLD_CIDR: &str = "9.9.9.9/32";
const DESCRIBE: &str = "DescribeSecurityGroupRules";

async fn launch(ec2: &Ec2, settings: &[(&str, &str)]) -> TestApp {
    let ec2_settings = ec2.settings();
    let mut all: Vec<(&str, &str)> = ec2_settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    all.extend([("PUBLIC_IP", "8.8.4.4"), ("ADMIN_TOKEN", ADMIN_TOKEN)]);
    all.extend(settings);
    TestApp::launch(Database::migrated().await, &all, &[])
}

#[tokio::test]
async fn a_server_updates_the_security_group_rule_when_it_starts() {
    let ec2 = Ec2::start(vec![FakeRule::admitting(OLD_CIDR)]).await;
    let app = launch(&ec2, &[]).await;
    let line = app.wait_for_log("the security-group rule");
    assert!(line.contains("\"outcome\":\"changed\""), "{line}");
    assert_eq!(ec2.admitted(), "8.8.4.4/32");
    let metrics = app.get("/metrics").await.ok();
    let metrics = metrics.as_str().expect("a text");
    for line in [
        "cruddur_security_group_in_step 1",
        "cruddur_security_group_attempts_total{outcome=\"changed\"} 1",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let status = app.admin().get("/admin/status").await.ok();
    assert_eq!(status["security_group"], json!("changed"));
}

#[tokio::test]
async fn an_operator_can_read_and_update_the_security_group_rule() {
    let ec2 = Ec2::with_rule("8.8.4.4/32").await;
    let app = launch(&ec2, &[]).await;
    app.wait_for_log("\"outcome\":\"in_step\"");
    ec2.state().rules[0].cidr = OLD_CIDR.to_owned();
    let status = app.admin().get("/admin/security-group").await.ok();
    assert_eq!(
        (&status["group"], &status["rule_id"]),
        (&json!(GROUP), &json!(RULE))
    );
    assert_eq!(
        (&status["in_step"], &status["address"]),
        (&json!(false), &json!("8.8.4.4"))
    );
    assert_eq!(status["last_change"]["outcome"], json!("in_step"));

    let path = "/admin/security-group/sync";
    let rehearsal = app
        .admin()
        .post(path, &json!({ "dry_run": true }))
        .await
        .ok();
    assert_eq!(rehearsal["outcome"], json!("would_change"));
    assert_eq!(ec2.admitted(), OLD_CIDR);
    let change = app.admin().post(path, &json!({})).await.ok();
    assert_eq!(change["outcome"], json!("changed"));
    assert_eq!(ec2.admitted(), "8.8.4.4/32");

    ec2.fail(
        DESCRIBE,
        FOR_EVER,
        FaultKind::Refuse("UnauthorizedOperation"),
    );
    let refusal = app.admin().post(path, &json!({})).await;
    let detail = refusal.problem(422, "operation_failed");
    assert!(
        detail.contains("ec2:DescribeSecurityGroupRules"),
        "{detail}"
    );
    let status = app.admin().get("/admin/security-group").await.ok();
    assert!(status["last_failure"].is_string() && !status["problems"][0].is_null());
}

#[tokio::test]
async fn two_servers_with_one_rule_and_two_addresses_both_report_what_is_true() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let first = launch(&ec2, &[]).await;
    first.wait_for_log("\"outcome\":\"changed\"");
    let second = launch(&ec2, &[("PUBLIC_IP", "1.1.1.1")]).await;
    second.wait_for_log("\"outcome\":\"changed\"");
    let in_step = async |app: &TestApp| {
        let status = app.admin().get("/admin/security-group").await.ok();
        status["in_step"].as_bool().expect("a boolean")
    };
    assert_eq!(ec2.admitted(), "1.1.1.1/32");
    assert!(!in_step(&first).await);
    assert!(in_step(&second).await);

    let path = "/admin/security-group/sync";
    let change = first.admin().post(path, &json!({})).await.ok();
    assert_eq!(
        (&change["overwritten"], &change["before"]),
        (&json!(true), &json!("1.1.1.1/32"))
    );
    first.wait_for_log("do two machines have one DB_SG_RULE_ID?");
    assert!(in_step(&first).await);
    assert!(!in_step(&second).await);
    let metrics = first.get("/metrics").await.ok();
    let metrics = metrics.as_str().expect("a text");
    assert!(
        metrics.contains("cruddur_security_group_overwritten_total 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_server_reads_the_rule_again_and_repairs_it_with_an_address_that_is_set() {
    let ec2 = Ec2::with_rule("8.8.4.4/32").await;
    let app = launch(&ec2, &[("SG_INTERVAL", "1")]).await;
    app.wait_for_log("\"outcome\":\"in_step\"");
    ec2.state().rules[0].cidr = OLD_CIDR.to_owned();
    eventually(async || ec2.admitted() == "8.8.4.4/32").await;
    app.wait_for_log("another program has changed the security-group rule");
}

#[tokio::test]
async fn a_server_does_not_report_the_rule_in_step_while_it_admits_an_old_address() {
    let other = FakeRule {
        id: "sgr-other".to_owned(),
        ..FakeRule::admitting("8.8.4.4/32")
    };
    let ec2 = Ec2::start(vec![FakeRule::admitting(OLD_CIDR), other]).await;
    let app = launch(&ec2, &[]).await;
    let line = app.wait_for_log("could not be synchronised");
    assert!(line.contains("still admits 9.9.9.9/32"), "{line}");
    let metrics = app.get("/metrics").await.ok();
    let metrics = metrics.as_str().expect("a text");
    for line in [
        "cruddur_security_group_in_step 0",
        "cruddur_security_group_attempts_total{outcome=\"admitted_by_other\"} 1",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[tokio::test]
async fn the_security_group_routes_name_the_setting_if_no_rule_is_configured() {
    let app = TestApp::start_operated().await;
    let refusal = app.admin().get("/admin/security-group").await;
    assert!(
        refusal
            .problem(422, "operation_failed")
            .contains("DB_SG_ID")
    );
    let status = app.admin().get("/admin/status").await.ok();
    assert_eq!(status["security_group"], json!(null));
}

#[tokio::test]
async fn a_server_with_an_embedded_database_serves_while_ec2_does_not_respond() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(DESCRIBE, FOR_EVER, FaultKind::Hang);
    let data = tempdir();
    let started = Instant::now();
    let app = launch(
        &ec2,
        &[("CONNECTION_URL", ""), ("CRUDDUR_DATA_DIR", &data.0)],
    )
    .await;
    app.get("/livez").await.ok();
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    app.wait_for_log("loaded the demo data");
    eventually(async || app.get("/readyz").await.status == 200).await;
    let home = app.get("/api/activities/home").await.ok();
    assert!(home.as_array().is_some_and(|feed| !feed.is_empty()));
    let status = app.admin().get("/admin/status").await.ok();
    assert_eq!(status["security_group"], json!("unknown"));
}

#[tokio::test]
async fn a_server_with_sg_required_exits_if_the_rule_cannot_be_updated() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(DESCRIBE, FOR_EVER, FaultKind::Hang);
    let output = cruddur(&["serve", "--port", "0"])
        .envs(ec2.settings())
        .env("CONNECTION_URL", Database::migrated().await.url())
        .env("PUBLIC_IP", "8.8.4.4")
        .env("SG_REQUIRED", "true")
        .output()
        .expect("cruddur runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let last = stderr.lines().last().unwrap_or_default();
    assert!(
        last.contains("SG_REQUIRED") && last.contains("did not answer"),
        "{stderr}"
    );
    assert_eq!(ec2.requests(DESCRIBE).len(), 5);
}

#[tokio::test]
async fn a_server_without_sg_required_serves_if_the_rule_cannot_be_updated() {
    let ec2 = Ec2::start(Vec::new()).await;
    let app = launch(&ec2, &[]).await;
    let line = app.wait_for_log("could not be synchronised");
    assert!(line.contains("DB_SG_RULE_ID"), "{line}");
    app.get("/api/activities/home").await;
    let metrics = app.get("/metrics").await.ok();
    let metrics = metrics.as_str().expect("a text");
    assert!(
        metrics.contains("cruddur_security_group_in_step 0"),
        "{metrics}"
    );
}

#[tokio::test]
async fn the_security_group_rule_is_for_the_port_of_the_servers_database() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let rule = FakeRule {
        port: postgres.port,
        ..FakeRule::admitting(OLD_CIDR)
    };
    let ec2 = Ec2::start(vec![rule]).await;
    let app = launch(&ec2, &[("CONNECTION_URL", &postgres.url("localhost"))]).await;
    app.wait_for_log("\"outcome\":\"changed\"");
    assert_eq!(ec2.state().rules[0].port, postgres.port);
}

#[tokio::test]
async fn the_server_reconnects_to_the_database_at_once_after_a_rule_change() {
    // The listener accepts connections and does not respond: an attempt to connect lasts for three seconds.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let (send, attempts) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in silent.incoming().map_while(Result::ok) {
            open.push(stream);
            if send.send(Instant::now()).is_err() {
                break;
            }
        }
    });
    let rule = FakeRule {
        port,
        ..FakeRule::admitting(OLD_CIDR)
    };
    let ec2 = Ec2::start(vec![rule]).await;
    let url = format!("host=localhost hostaddr=127.0.0.1 port={port} user=x dbname=x");
    let app = launch(&ec2, &[("CONNECTION_URL", &url)]).await;
    app.wait_for_log("\"outcome\":\"changed\"");
    let changed = Instant::now();
    let timeout = Duration::from_secs(30);
    attempts.recv_timeout(timeout).expect("a first attempt");
    let second = attempts.recv_timeout(timeout).expect("a second attempt");
    assert!(second < changed + Duration::from_millis(1_500));
}

struct TempDir(String);

fn tempdir() -> TempDir {
    let path = std::env::temp_dir().join(format!("cruddur-sg-boot-{}", std::process::id()));
    TempDir(path.display().to_string())
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
