//! The public address of this machine: how many address providers must agree, and that no response of theirs makes the
//! security group admit more than one address.

use cruddur::aws::SecurityGroups;
use cruddur::config::{AddressSource, AwsConfig, ManagedRule, SecurityGroupConfig};
use cruddur::operations::security_group::SecurityGroup;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rstest::rstest;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::support::address_provider::{AddressProvider, BROKEN, SILENT, urls};
use crate::support::ec2::{Ec2, GROUP, RULE};
use crate::support::{cruddur, eventually};

const OLD_CIDR: &str = "9.9.9.9/32";
const A: &str = "8.8.4.4";
const B: &str = "1.1.1.1";

async fn providers(answers: &[&str]) -> Vec<AddressProvider> {
    let mut providers = Vec::new();
    for answer in answers {
        providers.push(AddressProvider::responding(answer).await);
    }
    providers
}

#[rstest]
#[case::one_alone(&[A])]
#[case::white_space(&[" 8.8.4.4\r\n"])]
#[case::two_agree(&[A, A])]
#[case::two_against_one(&[B, A, A])]
#[case::one_returns_html(&[A, "<html>8.8.4.4</html>", A])]
#[case::one_is_down(&[A, A, BROKEN])]
#[case::one_hangs(&[SILENT, A, A])]
#[case::one_speaks_ipv6(&[A, A, "2001:4860:4860::8888"])]
#[tokio::test]
async fn the_security_group_rule_admits_an_address_that_the_providers_agree_on(
    #[case] answers: &[&str],
) {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let providers = providers(answers).await;
    let output = sync(&ec2, &urls(&providers));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(ec2.admitted(), "8.8.4.4/32");
}

#[rstest]
#[case::two_differ(&[A, B], "1.1.1.1")]
#[case::three_differ(&[A, B, "1.0.0.1"], "1.0.0.1")]
#[case::two_against_two(&[A, A, B, B], "1.1.1.1")]
#[case::html(&["<html><body>8.8.4.4</body></html>"], "no address")]
#[case::ipv6(&["2001:4860:4860::8888"], "only IPv4")]
#[case::longer_than_64_bytes(&["8.8.4.4                                                            "], "64 bytes")]
#[case::a_range(&["8.8.4.0/24"], "no address")]
#[case::every_address(&["0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0"], "no address")]
#[case::private(&["10.0.0.1", "10.0.0.1"], "private")]
#[case::carrier_grade_nat(&["100.64.0.1"], "carrier")]
#[case::empty(&[""], "which is not an IP address")]
#[case::all_down(&[BROKEN, BROKEN, BROKEN], "status 500")]
#[case::only_one_left(&[A, BROKEN, SILENT], "timed out")]
#[tokio::test]
async fn the_security_group_rule_is_unchanged_without_agreement_of_the_address_providers(
    #[case] answers: &[&str],
    #[case] word: &str,
) {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let providers = providers(answers).await;
    let output = sync(&ec2, &urls(&providers));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains(word) && stderr.contains("PUBLIC_IP"),
        "{stderr}"
    );
    assert_eq!(ec2.requests("ModifySecurityGroupRules").len(), 0);
}

#[tokio::test]
async fn an_address_provider_without_https_is_refused() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let output = sync(&ec2, "http://checkip.example");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("PUBLIC_IP_URLS must hold https://"),
        "{stderr}"
    );
}

fn sync(ec2: &Ec2, urls: &str) -> std::process::Output {
    cruddur(&["sg", "sync"])
        .envs(ec2.settings())
        .env("PUBLIC_IP_URLS", urls)
        .output()
        .expect("cruddur runs")
}

/// A security group with the fake EC2 and these providers.
fn group(ec2: &Ec2, providers: &[AddressProvider]) -> SecurityGroup {
    let config = SecurityGroupConfig {
        group: GROUP.to_owned(),
        rule: ManagedRule::Named(RULE.to_owned()),
        description: "GITPOD".to_owned(),
        address: AddressSource::Asked(providers.iter().map(AddressProvider::url).collect()),
        required: false,
        interval: Duration::from_millis(20),
        database: None,
        aws: AwsConfig::default(),
    };
    let credentials = aws_credential_types::Credentials::new("key", "secret", None, None, "test");
    let aws = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("us-east-1"))
        .endpoint_url(ec2.url())
        .credentials_provider(
            aws_credential_types::provider::SharedCredentialsProvider::new(credentials),
        )
        .build();
    SecurityGroup::new(config, |_| {}).with_groups(SecurityGroups::new(&aws))
}

#[tokio::test]
async fn the_security_group_rule_follows_a_changed_public_address() {
    let ec2 = Ec2::with_rule(OLD_CIDR).await;
    let providers = providers(&[A, A]).await;
    let group = Arc::new(group(&ec2, &providers));
    let watcher = group.clone();
    let watching = tokio::spawn(async move { watcher.watch().await });
    eventually(async || ec2.admitted() == "8.8.4.4/32").await;
    // One provider alone changes nothing.
    providers[0].set_response(B);
    providers[1].set_response(B);
    eventually(async || ec2.admitted() == "1.1.1.1/32").await;
    assert_eq!(ec2.requests("ModifySecurityGroupRules").len(), 2);
    watching.abort();
}

#[test]
fn no_response_of_address_providers_admits_more_than_one_address() {
    let answer = prop_oneof![
        3 => Just(A.to_owned()),
        2 => any::<[u8; 4]>().prop_map(|bytes| Ipv4Addr::from(bytes).to_string()),
        2 => (any::<[u8; 4]>(), 0..=33_u8).prop_map(|(b, n)| format!("{}/{n}", Ipv4Addr::from(b))),
        1 => Just("0.0.0.0/0".to_owned()),
        1 => "[0-9a-f:./ ]{0,20}",
        1 => "\\PC{0,80}",
    ];
    // Often all providers give the same response, so that they agree on an invalid one.
    let answers = prop_oneof![
        answer
            .clone()
            .prop_map(|same| [same.clone(), same.clone(), same]),
        [answer.clone(), answer.clone(), answer],
    ];
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (ec2, providers) =
        runtime.block_on(async { (Ec2::with_rule(OLD_CIDR).await, providers(&[A, A, A]).await) });
    let group = group(&ec2, &providers);
    let config = Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&answers, |answers| {
        for (provider, answer) in providers.iter().zip(&answers) {
            provider.set_response(answer);
        }
        let _ = runtime.block_on(group.sync());
        for request in ec2.requests("ModifySecurityGroupRules") {
            let cidr = &request["SecurityGroupRule.1.SecurityGroupRule.CidrIpv4"];
            let (address, length) = cidr.split_once('/').expect("a range");
            prop_assert_eq!(length, "32");
            let address: Ipv4Addr = address.parse().expect("an address");
            prop_assert!(!address.is_private() && !address.is_unspecified());
            prop_assert!(
                !request
                    .keys()
                    .any(|key| key.contains("Ipv6") || key.contains("PrefixList"))
            );
        }
        Ok(())
    });
    result.expect("no request admits more than one address");
    assert!(
        !ec2.requests("ModifySecurityGroupRules").is_empty(),
        "no case changed the rule"
    );
}
