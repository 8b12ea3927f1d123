//! Invalid and missing settings of the security-group rule.

use std::path::Path;
use std::process::Output;

use rstest::rstest;

use crate::support::cruddur;
use crate::support::ec2::{Ec2, GROUP, RULE};

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "no `{word}` in: {stderr}");
    }
}

#[rstest]
#[case("PUBLIC_IP", "10.1.2.3", "private")]
#[case("GITPOD_IP", "8.8.4.0/24", "range")]
#[case("PUBLIC_IP", "0.0.0.0/0", "range")]
#[case("PUBLIC_IP", "2001:4860:4860::8888", "IPv6")]
#[case("DB_SG_ID", "sgr-0123", "DB_SG_ID")]
#[case("DB_SG_RULE_ID", "", "DB_SG_RULE_ID must be set")]
#[case("SG_DESCRIPTION", "caf\u{e9}", "SG_DESCRIPTION")]
#[case("SG_REQUIRED", "yes", "SG_REQUIRED")]
#[case("SG_INTERVAL", "0", "from 1 to 300")]
#[tokio::test]
async fn an_invalid_security_group_setting_is_refused_without_a_request_to_ec2(
    #[case] name: &str,
    #[case] value: &str,
    #[case] word: &str,
) {
    let ec2 = Ec2::with_rule("9.9.9.9/32").await;
    let output = cruddur(&["sg", "sync"])
        .envs(ec2.settings())
        .env(name, value)
        .output();
    refused(&output.expect("cruddur runs"), &[name, word]);
    assert_eq!(ec2.state().requests.len(), 0);
}

#[rstest]
#[case("SG_LEASE", "5m", "from 15m to 7d")]
#[case("SG_LEASE", "tomorrow", "from 15m to 7d")]
#[case("SG_OWNER", "caf\u{e9}", "64 characters")]
#[case("PUBLIC_IP", "2001:4860::/32", "range")]
#[case("PUBLIC_IP", "fd00::1", "private")]
#[tokio::test]
async fn an_invalid_setting_of_an_own_rule_is_refused_without_a_request_to_ec2(
    #[case] name: &str,
    #[case] value: &str,
    #[case] word: &str,
) {
    let ec2 = Ec2::start(Vec::new()).await;
    let output = cruddur(&["sg", "grant"])
        .envs(ec2.settings_of("one"))
        .env(name, value)
        .output();
    refused(&output.expect("cruddur runs"), &[name, word]);
    assert_eq!(ec2.state().requests.len(), 0);
}

#[tokio::test]
async fn sg_sync_and_sg_grant_name_each_other_where_the_setting_decides() {
    let ec2 = Ec2::with_rule("9.9.9.9/32").await;
    let run = |command: &str, settings: Vec<(&str, String)>| {
        cruddur(&["sg", command])
            .envs(settings)
            .env("PUBLIC_IP", "8.8.4.4")
            .output()
            .expect("cruddur runs")
    };
    refused(&run("grant", ec2.settings()), &[RULE, "sg sync"]);
    let own = ec2.settings_of("one");
    refused(
        &run("sync", own),
        &["DB_SG_RULE_ID must be set", "sg grant"],
    );
    assert_eq!(ec2.state().requests.len(), 0);
}

#[test]
fn sg_sync_without_credentials_or_region_names_the_missing_setting() {
    let sync = |settings: &[(&str, &str)]| {
        cruddur(&["sg", "sync"])
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", Path::new("/nonexistent"))
            .envs([
                ("DB_SG_ID", GROUP),
                ("DB_SG_RULE_ID", RULE),
                ("PUBLIC_IP", "8.8.4.4"),
            ])
            .envs(settings.iter().copied())
            .output()
            .expect("cruddur runs")
    };
    refused(&sync(&[]), &["AWS_DEFAULT_REGION"]);
    refused(
        &sync(&[("AWS_DEFAULT_REGION", "us-east-1")]),
        &["AWS_ACCESS_KEY_ID"],
    );
}
