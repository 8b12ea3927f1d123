//! `cruddur sg` against a fake of EC2: it updates, shows and revokes the security-group rule.

use std::process::Output;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::ec2::{Ec2, FOR_EVER, FakeRule, FaultKind, GROUP, RULE};
use crate::support::{Authority, ExternalPostgres, cruddur, default_programs};

const MODIFY: &str = "ModifySecurityGroupRules";
const DESCRIBE: &str = "DescribeSecurityGroupRules";
const OLD_CIDR: &str = "9.9.9.9/32";
const PUBLIC_ADDRESS: &str = "8.8.4.4";

fn sg(ec2: &Ec2, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    cruddur(&["sg"])
        .args(arguments)
        .arg("--json")
        .envs(ec2.settings())
        .env("PUBLIC_IP", PUBLIC_ADDRESS)
        .envs(settings.iter().copied())
        .output()
        .expect("cruddur runs")
}

fn sync(ec2: &Ec2) -> Output {
    sg(ec2, &["sync"], &[])
}

#[track_caller]
fn report(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("a report")
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "no `{word}` in: {stderr}");
    }
}

#[tokio::test]
async fn sg_sync_does_not_change_a_rule_that_is_in_step() {
    let ec2 = Ec2::with_rule("8.8.4.4/32").await;
    let report = report(&sync(&ec2));
    assert_eq!(report["outcome"], json!("in_step"));
    assert_eq!(ec2.requests(DESCRIBE).len(), 1);
    assert_eq!(ec2.requests(MODIFY).len(), 0);
}

#[tokio::test]
async fn sg_sync_replaces_a_rule_out_of_step_once_and_reads_it_again() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let output = sg(&ec2, &["sync"], &[("SG_DESCRIPTION", "my office")]);
    let report = report(&output);
    assert_eq!(report["outcome"], json!("changed"));
    assert_eq!(
        (&report["before"], &report["after"]),
        (&json!(OLD_CIDR), &json!("8.8.4.4/32"))
    );
    assert_eq!(report["proof"], json!({ "result": "not_applicable" }));
    let changes = ec2.requests(MODIFY);
    let [change] = &changes[..] else {
        panic!("{changes:?}")
    };
    let rule =
        |name: &str| change[&format!("SecurityGroupRule.1.SecurityGroupRule.{name}")].as_str();
    assert_eq!(change["GroupId"], GROUP);
    assert_eq!(change["SecurityGroupRule.1.SecurityGroupRuleId"], RULE);
    assert_eq!(
        (rule("IpProtocol"), rule("FromPort"), rule("ToPort")),
        ("tcp", "5432", "5432")
    );
    assert_eq!(
        (rule("CidrIpv4"), rule("Description")),
        ("8.8.4.4/32", "my office")
    );
    assert_eq!(change.keys().filter(|key| key.contains("Cidr")).count(), 1);
    assert_eq!(ec2.requests(DESCRIBE).len(), 2);
}

#[tokio::test]
async fn the_default_description_of_the_security_group_rule_is_gitpod() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    report(&sync(&ec2));
    assert_eq!(ec2.state().rules[0].description, "GITPOD");
}

#[tokio::test]
async fn sg_sync_fails_while_the_rule_admits_an_old_address_because_another_rule_admits_this_one() {
    let other = FakeRule {
        id: "sgr-other".to_owned(),
        ..FakeRule::admitting("8.8.4.4/32")
    };
    let ec2 = Ec2::start(vec![FakeRule::admitting(OLD_CIDR), other]).await;
    let output = sync(&ec2);
    refused(&output, &["sgr-other", RULE, "still admits 9.9.9.9/32"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["outcome"], json!("admitted_by_other"));
    assert_eq!(report["rule"], json!("sgr-other"));
    assert_eq!(
        (&report["in_step"], &report["after"]),
        (&json!(false), &json!(OLD_CIDR))
    );
    assert_eq!(ec2.admitted(), OLD_CIDR);
}

#[tokio::test]
async fn sg_sync_fails_if_ec2_reports_a_duplicate_that_the_group_does_not_show() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(MODIFY, 1, FaultKind::Refuse("InvalidPermission.Duplicate"));
    refused(&sync(&ec2), &["shows no such rule"]);
}

#[tokio::test]
async fn a_dry_run_of_sg_sync_changes_nothing_and_reports_would_change() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let report = report(&sg(&ec2, &["sync", "--dry-run"], &[]));
    assert_eq!(report["outcome"], json!("would_change"));
    assert_eq!(ec2.requests(MODIFY)[0]["DryRun"], "true");
    assert_eq!(ec2.admitted(), OLD_CIDR);
}

#[tokio::test]
async fn a_dry_run_of_sg_sync_reports_a_missing_permission() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(MODIFY, 1, FaultKind::Refuse("UnauthorizedOperation"));
    refused(&sg(&ec2, &["sync", "--dry-run"], &[]), &["does not allow"]);
}

#[rstest]
#[case::throttling(FaultKind::Refuse("RequestLimitExceeded"), 4)]
#[case::a_hang(FaultKind::Hang, 1)]
#[tokio::test]
async fn sg_sync_retries_after_a_temporary_failure(#[case] kind: FaultKind, #[case] times: u32) {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(MODIFY, times, kind);
    assert_eq!(report(&sync(&ec2))["outcome"], json!("changed"));
    assert_eq!(
        ec2.requests(MODIFY).len(),
        usize::try_from(times).unwrap() + 1
    );
}

#[tokio::test]
async fn sg_sync_gives_up_after_five_throttled_requests() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(
        DESCRIBE,
        FOR_EVER,
        FaultKind::Refuse("RequestLimitExceeded"),
    );
    refused(&sync(&ec2), &["throttles", "5 times"]);
    assert_eq!(ec2.requests(DESCRIBE).len(), 5);
}

#[tokio::test]
async fn sg_sync_names_the_missing_policy_when_aws_refuses() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(MODIFY, FOR_EVER, FaultKind::Refuse("UnauthorizedOperation"));
    let words = [
        "\"ec2:ModifySecurityGroupRules\"",
        "\"arn:aws:ec2:us-east-1:*:security-group/sg-0123456789abcdef0\"",
        "\"arn:aws:ec2:us-east-1:*:security-group-rule/sgr-0123456789abcdef0\"",
        "docs/guide/security-group.md",
    ];
    refused(&sync(&ec2), &words);
    assert_eq!(ec2.requests(MODIFY).len(), 1);
}

#[tokio::test]
async fn sg_sync_names_the_setting_of_a_missing_security_group() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(MODIFY, 1, FaultKind::Refuse("InvalidGroup.NotFound"));
    refused(&sync(&ec2), &["no such security group", "DB_SG_ID"]);
}

#[tokio::test]
async fn sg_sync_names_a_missing_rule_and_its_setting() {
    let ec2 = Ec2::start(Vec::new()).await;
    refused(&sync(&ec2), &[RULE, "DB_SG_RULE_ID"]);
    assert_eq!(ec2.requests(MODIFY).len(), 0);
}

#[rstest]
#[case::port(FakeRule { port: 22, ..FakeRule::admitting(OLD_CIDR) }, "tcp port 22")]
#[case::protocol(FakeRule { protocol: "udp".into(), ..FakeRule::admitting(OLD_CIDR) }, "udp")]
#[case::everything(FakeRule { protocol: "-1".into(), ..FakeRule::admitting(OLD_CIDR) }, "every protocol")]
#[case::outbound(FakeRule { outbound: true, ..FakeRule::admitting(OLD_CIDR) }, "an outbound rule")]
#[case::group(FakeRule { group: "sg-other".into(), ..FakeRule::admitting(OLD_CIDR) }, "sg-other")]
#[tokio::test]
async fn sg_sync_does_not_replace_a_rule_for_another_port_protocol_direction_or_group(
    #[case] rule: FakeRule,
    #[case] word: &str,
) {
    let ec2 = Ec2::start(vec![rule]).await;
    refused(&sync(&ec2), &[word]);
    assert_eq!(ec2.requests(MODIFY).len(), 0);
}

#[tokio::test]
async fn sg_sync_fails_if_the_rule_shows_the_old_address_after_the_change() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    ec2.fail(MODIFY, 1, FaultKind::Forget);
    refused(&sync(&ec2), &["still admits 9.9.9.9/32"]);
}

#[tokio::test]
async fn sg_sync_uses_the_port_of_the_database_and_tests_the_connection_to_it() {
    let authority = Authority::new();
    let postgres =
        ExternalPostgres::start(&default_programs(), Some(&authority.sign("db.example")));
    let rule = FakeRule {
        port: postgres.port,
        ..FakeRule::admitting(OLD_CIDR)
    };
    let ec2 = Ec2::start(vec![rule]).await;
    let url = postgres.url("db.example");
    let file = authority.file.display().to_string();
    let settings = [("PROD_CONNECTION_URL", url.as_str()), ("DB_CA_FILE", &file)];
    let report_of = |output: Output| report(&output);
    let change = report_of(sg(&ec2, &["sync"], &settings));
    assert_eq!(change["port"], json!(postgres.port));
    let address = format!("127.0.0.1:{}", postgres.port);
    assert_eq!(
        change["proof"],
        json!({ "result": "reached", "address": address, "tls": true })
    );

    ec2.state().rules[0].cidr = OLD_CIDR.to_owned();
    let change = report_of(sg(&ec2, &["sync"], &settings[..1]));
    assert_eq!(change["outcome"], json!("changed"));
    assert_eq!(change["proof"]["step"], json!("tls"));
    assert!(
        change["proof"]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("authority"))
    );
}

#[tokio::test]
async fn sg_sync_changes_nothing_if_the_database_has_a_private_address() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    for address in ["10.0.0.5", "172.16.3.4", "192.168.1.1", "fd00::1"] {
        let url = format!("host=db.example hostaddr={address} dbname=x");
        let change = report(&sg(&ec2, &["sync"], &[("CONNECTION_URL", &url)]));
        assert_eq!(change["outcome"], json!("not_needed"), "{address}");
    }
    assert_eq!(ec2.state().requests.len(), 0);
}

#[tokio::test]
async fn sg_status_shows_the_rule_and_the_public_address() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let status = report(&sg(&ec2, &["status"], &[]));
    assert_eq!(status["in_step"], json!(false));
    assert_eq!(status["rule"]["cidr"], json!(OLD_CIDR));
    assert_eq!(status["address"], json!(PUBLIC_ADDRESS));
    ec2.state().rules[0].cidr = "8.8.4.4/32".to_owned();
    assert_eq!(report(&sg(&ec2, &["status"], &[]))["in_step"], json!(true));
    ec2.state().rules.clear();
    refused(&sg(&ec2, &["status"], &[]), &["the status is incomplete"]);
}

#[tokio::test]
async fn sg_status_lists_every_rule_that_reaches_the_port() {
    let rule = |id: &str, source: &str| FakeRule {
        id: id.to_owned(),
        ..FakeRule::admitting(source)
    };
    let wide = |id: &str, protocol: &str, ports: (i32, i32)| FakeRule {
        protocol: protocol.to_owned(),
        ports: Some(ports),
        ..rule(id, "9.9.9.0/24")
    };
    let ec2 = Ec2::start(vec![
        FakeRule::admitting("8.8.4.4/32"),
        wide("sgr-range", "tcp", (1000, 6000)),
        wide("sgr-protocols", "-1", (-1, -1)),
        rule("sgr-list", "pl-0123"),
        rule("sgr-group", "sg-other"),
        rule("sgr-ipv6", "2001:4860:4860::8888/128"),
        wide("sgr-udp", "udp", (0, 65535)),
        wide("sgr-web", "tcp", (443, 443)),
        FakeRule {
            outbound: true,
            ..rule("sgr-outbound", "0.0.0.0/0")
        },
    ])
    .await;
    let status = report(&sg(&ec2, &["status"], &[]));
    let found: Vec<[&str; 3]> = status["admissions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| ["rule", "source", "ports"].map(|key| one[key].as_str().expect("a text")))
        .collect();
    assert_eq!(
        found,
        [
            [RULE, "8.8.4.4/32", "tcp port 5432"],
            ["sgr-range", "9.9.9.0/24", "tcp ports 1000 to 6000"],
            ["sgr-protocols", "9.9.9.0/24", "every protocol every port"],
            ["sgr-list", "prefix list pl-0123", "tcp port 5432"],
            ["sgr-group", "security group sg-other", "tcp port 5432"],
            ["sgr-ipv6", "2001:4860:4860::8888/128", "tcp port 5432"],
        ]
    );
    assert_eq!(status["open_to_everyone"], json!(false));
    assert_eq!(status["admissions"][0]["own"], json!(true));
}

#[rstest]
#[case("0.0.0.0/0", true)]
#[case("::/0", true)]
#[case("128.0.0.0/1", true)]
#[case("2000::/3", true)]
#[case("9.0.0.0/8", false)]
#[case("2001:4860::/32", false)]
#[tokio::test]
async fn sg_status_and_doctor_are_red_if_everyone_reaches_the_port(
    #[case] source: &str,
    #[case] is_red: bool,
) {
    let other = FakeRule {
        id: "sgr-open".to_owned(),
        protocol: "-1".to_owned(),
        ports: Some((-1, -1)),
        ..FakeRule::admitting(source)
    };
    let ec2 = Ec2::start(vec![FakeRule::admitting("8.8.4.4/32"), other]).await;
    let output = sg(&ec2, &["status"], &[]);
    let status: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(status["open_to_everyone"], json!(is_red));
    match is_red {
        true => refused(&output, &["open to everyone", "sgr-open", source]),
        false => assert!(output.status.success()),
    }

    let doctor = cruddur(&["doctor", "--json"])
        .envs(ec2.settings())
        .env("PUBLIC_IP", PUBLIC_ADDRESS)
        .env("CONNECTION_URL", "postgresql://localhost:1/x")
        .output()
        .expect("cruddur runs");
    let report: Value = serde_json::from_slice(&doctor.stdout).expect("a report");
    let checks = report["checks"].as_array().expect("a list");
    let check = checks.iter().find(|check| check["name"] == "who gets in");
    let verdict = if is_red { "red" } else { "green" };
    // The port of the database is 1, which only the rule for every port opens.
    let check = check.expect("a check");
    assert_eq!(check["verdict"], json!(verdict));
    assert!(
        check["finding"]
            .as_str()
            .is_some_and(|text| text.contains("sgr-open"))
    );
}

#[tokio::test]
async fn sg_revoke_deletes_the_rule() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    assert_eq!(report(&sg(&ec2, &["revoke"], &[]))["id"], json!(RULE));
    assert_eq!(ec2.state().rules.len(), 0);
    refused(&sg(&ec2, &["revoke"], &[]), &["no security-group rule"]);
}
