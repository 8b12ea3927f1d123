//! The IAM policies of the guides: each permits exactly the actions that its commands request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::support::cruddur;
use crate::support::ec2::{Ec2, FakeRule};

/// The policies of a page by the headings above them.
fn policies(page: &str) -> BTreeMap<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs/guide")
        .join(page);
    let text = std::fs::read_to_string(path).expect("the page");
    let sections = text.split("\n### ").skip(1);
    sections
        .map(|section| {
            let (heading, rest) = section.split_once('\n').expect("a heading");
            let (_, block) = rest.split_once("```json\n").expect("a policy");
            let block = block.split("```").next().expect("its end");
            let policy = serde_json::from_str(block).expect(block);
            (heading.replace('`', ""), policy)
        })
        .collect()
}

fn actions(policy: &Value) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().expect("statements");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    statements
        .iter()
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.iter().filter_map(text).collect::<Vec<_>>(),
            action => text(action).into_iter().collect(),
        })
        .collect()
}

/// The resources that the policy permits the action on, without region and account.
fn resources(policy: &Value, action: &str) -> BTreeSet<String> {
    let statements = policy["Statement"].as_array().expect("statements");
    let lists = |value: &Value, text: &str| {
        value == text
            || value
                .as_array()
                .is_some_and(|list| list.iter().any(|one| one == text))
    };
    let permitting = statements
        .iter()
        .filter(|one| lists(&one["Action"], action));
    permitting
        .flat_map(|statement| match &statement["Resource"] {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        })
        .filter_map(|resource| {
            let resource = resource.as_str()?;
            Some(resource.rsplit(':').next().unwrap_or(resource).to_owned())
        })
        .collect()
}

fn run(settings: &[(&'static str, String)], address: &str, arguments: &[&str]) {
    let output = cruddur(arguments)
        .envs(settings.iter().cloned())
        .env("PUBLIC_IP", address)
        .output()
        .expect("cruddur runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
}

#[tokio::test]
async fn each_documented_policy_of_the_rule_permits_the_actions_that_its_commands_request_and_no_others()
 {
    let policies = policies("security-group.md");
    let named = Ec2::with_rule("8.8.4.4/32").await;
    run(&named.settings(), "8.8.4.4", &["sg", "status"]);
    let changed = Ec2::with_rule("9.9.9.9/32").await;
    run(&changed.settings(), "8.8.4.4", &["sg", "sync", "--dry-run"]);
    run(&changed.settings(), "8.8.4.4", &["sg", "sync"]);
    let revoked = Ec2::with_rule("9.9.9.9/32").await;
    run(&revoked.settings(), "8.8.4.4", &["sg", "revoke"]);
    let expired = FakeRule::owned("sgr-expired", "9.9.9.9/32", "x", "2020-01-01T00:00:00Z");
    let own = Ec2::start(vec![expired]).await;
    let settings = own.settings_of("one");
    for (address, command) in [
        ("8.8.4.4", "grant"),
        ("8.8.4.4", "grant"),
        ("1.1.1.1", "grant"),
        ("2001:4860:4860::8888", "grant"),
        ("2001:4860:4860::8888", "status"),
        ("2001:4860:4860::8888", "revoke"),
    ] {
        run(&settings, address, &["sg", command]);
    }
    let recorded = [
        ("sg status, doctor", named),
        ("sg sync and a server, with DB_SG_RULE_ID", changed),
        ("sg revoke, with DB_SG_RULE_ID", revoked),
        (
            "sg grant, sg revoke and a server, with a rule for each workspace",
            own,
        ),
    ];
    assert_eq!(policies.len(), recorded.len(), "{:?}", policies.keys());
    for (heading, ec2) in recorded {
        let policy = policies.get(heading).expect(heading);
        assert_eq!(actions(policy), ec2.actions(), "{heading}");
    }
}

#[test]
fn the_documented_policies_of_the_rule_name_one_group_and_limit_the_rules() {
    for (heading, policy) in policies("security-group.md") {
        for action in actions(&policy) {
            let expected: &[&str] = match action.as_str() {
                "ec2:DescribeSecurityGroupRules" => &["*"],
                "ec2:CreateTags" => &["security-group-rule/*"],
                _ if heading.contains("DB_SG_RULE_ID") => &[
                    "security-group-rule/sgr-0123456789abcdef0",
                    "security-group/sg-0123456789abcdef0",
                ],
                _ => &[
                    "security-group-rule/*",
                    "security-group/sg-0123456789abcdef0",
                ],
            };
            let found = resources(&policy, &action);
            assert!(
                found.iter().eq(expected),
                "{heading}: {action} on {found:?}"
            );
        }
        for statement in policy["Statement"].as_array().expect("statements") {
            let resource = statement["Resource"].as_str().unwrap_or_default();
            let is_any_rule = resource.ends_with("security-group-rule/*");
            assert_eq!(
                is_any_rule,
                statement["Condition"].is_object(),
                "{heading}: a statement on every rule has a condition"
            );
        }
    }
}

#[test]
fn the_documented_policy_of_the_tunnel_permits_one_session_document_on_one_instance() {
    let policies = policies("private-databases.md");
    let policy = &policies["db tunnel and --tunnel"];
    let action = "ssm:StartSession";
    assert!(actions(policy).iter().eq([action]));
    let found = resources(policy, action);
    assert!(found.iter().eq([
        "document/AWS-StartPortForwardingSessionToRemoteHost",
        "instance/i-0123456789abcdef0",
    ]));
}
